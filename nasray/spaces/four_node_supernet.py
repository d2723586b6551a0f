"""All cells of four nodes at once, for spaces with an operator on each of six edges."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.graph_batch import GraphBatch
from nasray.core.supernet_view import Live
from nasray.spaces.edge_cell import operator_graph
from nasray.spaces.four_node_cell import EDGES, N_EDGES
from nasray.spaces.paths import edges_on_paths


def several_on_an_edge(live: Live) -> Sequence[Sequence[tuple[int, int]]]:
    """One group an edge with several live operators: these."""
    groups = ([(edge, int(operator)) for operator in np.flatnonzero(row)] for edge, row in enumerate(live))
    return [group for group in groups if len(group) > 1]


class FourNodeSupernet(ABC):
    """The supernet of such a space; its genes are operator ids in the order of the edges, 0 is ``none``."""

    @abstractmethod
    def vocabulary(self) -> Sequence[str]:
        """The operators, by gene."""

    def supernet(self) -> Live:
        """All operators on all edges."""
        return np.ones((N_EDGES, len(self.vocabulary())), bool)

    def edge_cells(self) -> Sequence[int]:
        """There is one cell."""
        return (0,) * N_EDGES

    def removals(self, live: Live) -> Sequence[Sequence[tuple[int, int]]]:
        """One group an edge: its live operators, while there are several."""
        return several_on_an_edge(live)

    def soft_graphs(self, live: NDArray[np.bool_]) -> GraphBatch:
        """The graphs of A supernets, ``(A, 6, K)``: input, the mean of each edge's live operators, output."""
        names = ("input", *self.vocabulary(), "output")
        plain = GraphBatch.of([operator_graph(EDGES, (names[1],) * N_EDGES)], names)
        mixture = plain.mixture.repeat(len(live), axis=0)
        mixture[:, 1 : N_EDGES + 1, 1:-1] = live / live.sum(axis=2, keepdims=True)
        return GraphBatch(names, mixture, plain.adjacency.repeat(len(live), axis=0))

    def member(self, live: Live) -> Architecture:
        """The operator that is left on each edge."""
        return Architecture(tuple(live.argmax(axis=1).tolist()))

    def pruned(self, architecture: Architecture) -> Architecture:
        """The same cell with ``none`` on every edge that is on no path from input to output."""
        pairs = list(zip(architecture.genes, EDGES, strict=True))
        on_paths = edges_on_paths([edge for gene, edge in pairs if gene], EDGES[-1][1])
        return Architecture(tuple(gene if edge in on_paths else 0 for gene, edge in pairs))
