"""How a NAS-Bench-101 cell is written as 26 integers, and which cells are the same.

Genes: the 21 entries of the upper triangle of a 7 x 7 adjacency matrix, row by row (0->1, 0->2, ..., 0->6, 1->2, ...,
5->6), then the operators of vertices 1 to 5: 0 absent, 1 conv3x3, 2 conv1x1, 3 maxpool3x3. Vertex 0 is the input,
vertex 6 the output. A cell of fewer vertices leaves some absent; an absent vertex takes its edges with it.
"""

from collections.abc import Sequence
from functools import cache
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from nasray.core.space import Graph
from nasray.spaces.paths import edges_on_paths

OPERATORS = ("absent", "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
MAX_VERTICES, MAX_EDGES = 7, 9
PAIRS = tuple(combinations(range(MAX_VERTICES), 2))
"""(from, to) of each edge gene."""

N_PAIRS, N_INTERIOR = len(PAIRS), MAX_VERTICES - 2
N_GENES = N_PAIRS + N_INTERIOR
OUTPUT = MAX_VERTICES - 1


def live_edges(genes: Sequence[int]) -> list[tuple[int, int]]:
    """The edges on a path of present vertices from input to output; empty when there is no path."""
    present = (True, *map(bool, genes[N_PAIRS:]), True)
    edges = [(i, j) for (i, j), bit in zip(PAIRS, genes[:N_PAIRS], strict=True) if bit and present[i] and present[j]]
    return edges_on_paths(edges, OUTPUT)


def pruned_graph(genes: Sequence[int]) -> Graph:
    """The cell that the benchmark trains: what is on a path from input to output, numbered without gaps."""
    edges = live_edges(genes)
    live = sorted({vertex for edge in edges for vertex in edge})
    number = {vertex: index for index, vertex in enumerate(live)}
    names = [OPERATORS[genes[N_PAIRS + vertex - 1]] for vertex in live[1:-1]]
    return Graph(("input", *names, "output"), tuple((number[source], number[target]) for source, target in edges))


def genes_of(graph: Graph) -> tuple[int, ...]:
    """The genes of a cell of at most 7 vertices; its interior vertices come first, the absent ones after them."""
    last = len(graph.operators) - 1
    edges = {(source, OUTPUT if target == last else target) for source, target in graph.edges}
    operators = [OPERATORS.index(name) for name in graph.operators[1:-1]]
    return (*(int(pair in edges) for pair in PAIRS), *operators, *[0] * (N_INTERIOR - len(operators)))


@cache
def _weights() -> NDArray[np.float64]:
    """``(26, 120)``: genes times this is the code of the cell under each of the 120 orders of its interior vertices.

    A code reads the genes as one number, edges first, operators in base 4. An order that points an edge backwards
    costs 2^40, more than all other terms together, so that the greatest code belongs to an upper triangle. All
    numbers stay below 2^45: float64 is exact and the product runs in BLAS.
    """
    place = {pair: 2.0 ** (2 * N_INTERIOR + N_PAIRS - 1 - index) for index, pair in enumerate(PAIRS)}
    columns: list[list[float]] = []
    for order in permutations(range(1, OUTPUT)):
        moved = (0, *order, OUTPUT)
        edges = [place.get((moved[source], moved[target]), -(2.0**40)) for source, target in PAIRS]
        columns.append([*edges, *(4.0 ** (N_INTERIOR - moved[vertex]) for vertex in range(1, OUTPUT))])
    return np.array(columns).T


def codes(genes: NDArray[np.int8]) -> NDArray[np.float64]:
    """``(M, 120)`` codes of M cells under every order of their interior vertices; the first column is no reordering.

    Args:
        genes: ``(M, 26)`` without dangling parts.
    """
    return genes.astype(np.float64) @ _weights()


def decode(code: NDArray[np.float64]) -> NDArray[np.int8]:
    """``(M, 26)`` genes of M codes."""
    whole = code.astype(np.int64)[:, None]
    bits = whole >> np.arange(2 * N_INTERIOR + N_PAIRS - 1, 2 * N_INTERIOR - 1, -1) & 1
    operators = whole >> np.arange(2 * N_INTERIOR - 2, -1, -2) & 3
    return np.concatenate([bits, operators], 1).astype(np.int8)


def canonical_genes(genes: Sequence[int]) -> tuple[int, ...]:
    """The one form of all cells that are isomorphic after pruning: the greatest code.

    Vertices that the input feeds come first and absent vertices last, since every other order has a smaller code.
    """
    pruned = np.array([genes_of(pruned_graph(genes))], np.int8)
    return tuple(decode(codes(pruned).max(1))[0].tolist())
