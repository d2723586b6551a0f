"""Many graphs as arrays, in which a node may carry a mixture of operators: how a supernet is scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import DataError, require
from nasray.core.space import Graph

_MULTIPLE = 8
"""Numbers of nodes are rounded up to it, so that the last bits of a score do not hang on the batch's largest graph."""

_INPUTS = {"input", "cell_input"}


@dataclass(frozen=True, slots=True)
class GraphBatch:
    """A graphs of at most N nodes over K operators.

    A row of ``mixture`` says how much of each operator a node carries: one 1 for a plain node, shares that add up to 1
    for the node of a supernet, less than 1 for one that is partly removed, zeros for padding.

    Attributes:
        operators: ``(K,)`` names.
        mixture: ``(A, N, K)`` shares, float32, none negative, none of a node's sums above 1.
        adjacency: ``(A, N, N)`` how strongly node i feeds node j, float32, above 0 only where i < j; 1 for an edge.
    """

    operators: tuple[str, ...]
    mixture: NDArray[np.float32]
    adjacency: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Refuse arrays that are no graphs.

        Raises:
            DataError: Shapes differ, a number is impossible, or an edge leads backwards.
        """
        a, n, k = self.mixture.shape if self.mixture.ndim == 3 else (-1, -1, -1)
        require(
            k == len(self.operators) and self.adjacency.shape == (a, n, n),
            f"GraphBatch got a mixture of shape {self.mixture.shape} and an adjacency of shape {self.adjacency.shape} "
            f"for {len(self.operators)} operators; they must be (A, N, K) and (A, N, N)",
            DataError,
        )
        require(
            bool((self.mixture >= 0).all() and (self.mixture.sum(axis=-1) <= 1 + 1e-4).all()),
            "GraphBatch got shares that are negative, NaN, or add up to more than 1 in a node: divide by their sum",
            DataError,
        )
        require(
            bool((self.adjacency >= 0).all() and np.isfinite(self.adjacency).all()),
            "GraphBatch got an edge that is negative or not finite; it must be 0 or above",
            DataError,
        )
        backwards = np.tril(np.ones((max(n, 0), max(n, 0)), bool))
        require(
            not self.adjacency[:, backwards].any(),
            "GraphBatch got an edge to the same or an earlier node, which makes a cycle: number nodes in the order of "
            "the data flow",
            DataError,
        )

    def __len__(self) -> int:
        """A."""
        return len(self.mixture)

    @classmethod
    def of(cls, graphs: Sequence[Graph], operators: Sequence[str]) -> Self:
        """The batch of plain graphs.

        Args:
            graphs: A graphs; N is their greatest number of nodes, rounded up to a multiple of 8.
            operators: ``(K,)`` names that a node may have.

        Raises:
            DataError: An operator is unknown, an edge leads backwards or outside, or a node dangles.
        """
        most = max([1, *(len(graph.operators) for graph in graphs)])
        n = -(-most // _MULTIPLE) * _MULTIPLE
        ids = {name: index for index, name in enumerate(operators)}
        adjacency = np.zeros((len(graphs), n, n), np.float32)
        mixture = np.zeros((len(graphs), n, len(ids)), np.float32)
        shapes: dict[tuple[tuple[tuple[int, int], ...], int], list[int]] = {}
        try:
            for index, graph in enumerate(graphs):
                shapes.setdefault((graph.edges, len(graph.operators)), []).append(index)
            for (edges, nodes), rows in shapes.items():
                adjacency[rows], loose = _adjacency(edges, nodes, n)
                for node in loose:
                    _check_input({graphs[row].operators[node] for row in rows}, node)
                codes = [[ids[name] for name in graphs[row].operators] for row in rows]
                mixture[np.array(rows)[:, None], np.arange(nodes), codes] = 1.0
        except KeyError as error:
            raise DataError(
                f"a graph has the operator {error}, which is unknown here; known are {', '.join(operators)}: use a "
                "graph of the same space"
            ) from error
        return cls(tuple(operators), mixture, adjacency)


@lru_cache(maxsize=4096)
def _adjacency(edges: tuple[tuple[int, int], ...], nodes: int, n: int) -> tuple[NDArray[np.float32], list[int]]:
    """``(N, N)`` of one shape of graph, and the nodes but first and last that nothing enters or nothing leaves.

    Raises:
        DataError: An edge leads backwards or outside.
    """
    bad = [edge for edge in edges if not 0 <= edge[0] < edge[1] < nodes]
    require(
        not bad,
        f"a graph of {nodes} nodes has the edges {bad}, which lead outside, or backwards and so make a cycle; every "
        "edge must lead to a later node",
        DataError,
    )
    entered, left = {target for _, target in edges}, {source for source, _ in edges}
    loose = [node for node in range(1, nodes - 1) if node not in entered or node not in left]
    matrix = np.zeros((n, n), np.float32)
    for source, target in edges:
        matrix[source, target] = 1.0
    matrix.setflags(write=False)
    return matrix, loose


def _check_input(names: set[str], node: int) -> None:
    """Only an input of a cell may be unused, or come from outside.

    Raises:
        DataError: Another node dangles.
    """
    require(
        names <= _INPUTS,
        f"node {node} ({', '.join(sorted(names - _INPUTS))}) of a graph dangles: nothing leads to it, or nothing away "
        "from it; connect it, or remove it",
        DataError,
    )
