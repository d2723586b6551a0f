"""Every distinct cell of NAS-Bench-101, found through orbits of labellings instead of hashing 2^21 x 3^5 graphs.

Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search", https://arxiv.org/abs/1902.09635,
section 2.1 and appendix: 423,624 cells. Two steps: the unlabelled graphs up to the order of their interior vertices;
then, for each, one labelling out of every orbit of its automorphisms.
"""

from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from nasray.core.errors import require
from nasray.spaces.nasbench101_genes import MAX_EDGES, MAX_VERTICES, N_INTERIOR, N_PAIRS, OUTPUT, PAIRS, codes, decode

_CHUNK = 1 << 16
"""Rows at a time: 65,536 x 120 codes are 63 MB."""


def enumerate_cells(max_vertices: int) -> NDArray[np.int8]:
    """``(M, 26)`` canonical genes of all cells of at most ``max_vertices`` vertices, none twice.

    91 cells for 4 vertices, 2,532 for 5, 64,542 for 6, 423,624 for 7. Sorted by number of vertices, then by genes, the
    greatest first.

    Raises:
        ConfigError: The limit is not between 2 and 7.
    """
    require(
        2 <= max_vertices <= MAX_VERTICES,
        f"enumerate_cells max_vertices ({max_vertices}) must be between 2 and {MAX_VERTICES}",
    )
    return np.concatenate([_cells(vertices) for vertices in range(2, max_vertices + 1)])


def _cells(vertices: int) -> NDArray[np.int8]:
    """All cells of exactly so many vertices."""
    graphs = _unlabelled(vertices)
    labels = np.array([*product((1, 2, 3), repeat=vertices - 2)], np.int8).reshape(3 ** (vertices - 2), vertices - 2)
    labelled = np.zeros((len(labels), N_PAIRS + N_INTERIOR), np.int8)
    labelled[:, N_PAIRS : N_PAIRS + vertices - 2] = labels
    label_codes = codes(labelled)
    graph_codes = codes(graphs)
    # A canonical graph has its greatest code unmoved, so an order of the same code is an automorphism. The orders that
    # also move absent vertices among themselves change nothing and do no harm.
    automorphisms, group = np.unique(graph_codes == graph_codes[:, :1], axis=0, return_inverse=True)
    found: list[NDArray[np.float64]] = []
    for number, automorphism in enumerate(automorphisms):
        greatest = label_codes[:, automorphism].max(1) == label_codes[:, 0]
        members = graph_codes[group.reshape(-1) == number, 0]
        found.append((members[:, None] + label_codes[greatest, 0]).reshape(-1))
    return decode(np.sort(np.concatenate(found))[::-1])


def _unlabelled(vertices: int) -> NDArray[np.int8]:
    """``(K, 26)`` canonical genes, operators 0, of the graphs of so many vertices and no operators."""
    pairs = [*combinations(range(vertices), 2)]
    column = {pair: PAIRS.index((pair[0], OUTPUT if pair[1] == vertices - 1 else pair[1])) for pair in pairs}
    found: list[NDArray[np.float64]] = []
    for start in range(0, 2 ** len(pairs), _CHUNK):
        numbers = np.arange(start, min(start + _CHUNK, 2 ** len(pairs)), dtype=np.int64)
        bits = (numbers[:, None] >> np.arange(len(pairs)) & 1).astype(bool)
        bits = bits[bits.sum(1) <= MAX_EDGES]
        bits = bits[_is_full(bits, pairs, vertices)]
        genes = np.zeros((len(bits), N_PAIRS + N_INTERIOR), np.int8)
        genes[:, [column[pair] for pair in pairs]] = bits
        found.append(np.unique(codes(genes).max(1)))
    return decode(np.unique(np.concatenate(found)))


def _is_full(bits: NDArray[np.bool_], pairs: list[tuple[int, int]], vertices: int) -> NDArray[np.bool_]:
    """``(M,)``: whether every vertex but the output is left, and every vertex but the input is entered.

    In an upper triangle this is the same as: every vertex is on a path from input to output.
    """
    full = np.ones(len(bits), bool)
    for vertex in range(vertices):
        leaving = [index for index, pair in enumerate(pairs) if pair[0] == vertex]
        entering = [index for index, pair in enumerate(pairs) if pair[1] == vertex]
        for edges in (leaving, entering):
            if edges:
                full &= bits[:, edges].any(1)
    return full
