"""All DARTS cell pairs at once: every node reads every node before it, by every operator."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.graph_batch import GraphBatch
from nasray.core.space import Graph
from nasray.core.supernet_view import Live
from nasray.spaces.four_node_supernet import several_on_an_edge

N_INPUTS, N_NODES, KEPT = 2, 4, 2
EDGES = tuple((source, node) for node in range(N_INPUTS, N_INPUTS + N_NODES) for source in range(node))
"""``(14,)`` (source, node) of one cell."""

N_EDGES = len(EDGES)
_TARGETS = np.array([node for _, node in EDGES])
_CELL_NODES = N_INPUTS + N_EDGES + 1


class DartsSupernet(ABC):
    """The supernet of DARTS: 14 edges in each of two cells. First edges lose operators, then nodes lose edges.

    A member keeps two edges a node, so a node of n edges that carry one operator each has one too many while n > 2. In
    a soft graph each edge of a node that reads n others is there by 2 / n: the mean over the members that are left.
    """

    @property
    @abstractmethod
    def operators(self) -> Sequence[str]:
        """The operators, by gene."""

    def supernet(self) -> Live:
        """All operators on all edges, normal cell first."""
        return np.ones((2 * N_EDGES, len(self.operators)), bool)

    def edge_cells(self) -> Sequence[int]:
        """0 for the normal cell, 1 for the reduction cell."""
        return (0,) * N_EDGES + (1,) * N_EDGES

    def removals(self, live: Live) -> Sequence[Sequence[tuple[int, int]]]:
        """One group an edge with several operators; when there is none, one group a node with more than two edges."""
        return several_on_an_edge(live) or [group for group in _by_node(live) if len(group) > KEPT]

    def soft_graphs(self, live: NDArray[np.bool_]) -> GraphBatch:
        """The graphs of A supernets, ``(A, 28, K)``: the normal cell, whose output feeds the reduction cell."""
        names = ("input", "cell_input", *self.operators, "cell_output", "output")
        plain = GraphBatch.of([_whole_graph(self.operators[0])], names)
        counts = np.count_nonzero(live, axis=2)
        share = live * (_presence(counts > 0) / np.maximum(counts, 1))[:, :, None]
        mixture = plain.mixture.repeat(len(live), axis=0)
        for cell in range(2):
            first = cell * _CELL_NODES + N_INPUTS
            mixture[:, first : first + N_EDGES, 2:-2] = share[:, cell * N_EDGES : (cell + 1) * N_EDGES]
        there = np.sign(mixture.sum(axis=2))
        adjacency = plain.adjacency * there[:, :, None] * there[:, None, :]
        return GraphBatch(names, mixture, adjacency)

    def member(self, live: Live) -> Architecture:
        """The two edges that are left of each node, sorted by source."""
        genes: list[int] = []
        for group in _by_node(live):
            for edge, operator in group:
                genes += (EDGES[edge % N_EDGES][0], operator)
        return Architecture(tuple(genes))


def _by_node(live: Live) -> list[list[tuple[int, int]]]:
    """The live (edge, operator) of each node of both cells."""
    groups: list[list[tuple[int, int]]] = [[] for _ in range(2 * N_NODES)]
    for edge, operator in np.argwhere(live).tolist():
        cell, within = divmod(edge, N_EDGES)
        groups[cell * N_NODES + EDGES[within][1] - N_INPUTS].append((edge, operator))
    return groups


def _presence(there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """``(A, 28)`` share of the members in which each edge is kept, of ``(A, 28)`` whether it is there at all."""
    shares = np.zeros(there.shape)
    for cell in range(2):
        for node in range(N_INPUTS, N_INPUTS + N_NODES):
            edges = cell * N_EDGES + np.flatnonzero(node == _TARGETS)
            n = there[:, edges].sum(axis=1, keepdims=True)
            shares[:, edges] = there[:, edges] * np.minimum(1.0, KEPT / np.maximum(n, 1))
    return shares


@lru_cache(maxsize=2)
def _whole_graph(operator: str) -> Graph:
    """Both cells with ``operator`` on all edges, connected as the graph of a member is."""
    cell: list[tuple[int, int]] = []
    for at, (source, _) in enumerate(EDGES, N_INPUTS):
        readers = [source] if source < N_INPUTS else [N_INPUTS + int(one) for one in np.flatnonzero(source == _TARGETS)]
        cell += [(reader, at) for reader in readers]
    last = _CELL_NODES - 1
    cell += [(at, last) for at in range(N_INPUTS, last)]
    moved = [(source + _CELL_NODES, target + _CELL_NODES) for source, target in cell]
    between = [(last, _CELL_NODES + entry) for entry in range(N_INPUTS)]
    normal = ("input", "cell_input", *(operator,) * N_EDGES, "cell_output")
    reduction = ("cell_input", "cell_input", *(operator,) * N_EDGES, "output")
    return Graph((*normal, *reduction), (*cell, *between, *moved))
