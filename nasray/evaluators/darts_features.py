"""DARTS genotypes as numbers: what is where, and what kind of cell that makes."""

import math

import numpy as np
from numpy.typing import NDArray

N_CELLS, N_NODES, N_INPUTS, N_OPERATORS = 2, 4, 2, 7
N_SOURCES = N_INPUTS + N_NODES - 1
N_GENES = N_CELLS * N_NODES * 4


def darts_features(genes: NDArray[np.integer]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two descriptions of A genotypes; neither knows the order of a node's two inputs.

    Args:
        genes: ``(A, 32)``: for the normal and then the reduction cell, for nodes 2 to 5, two pairs (source, operator).

    Returns:
        ``(A, 370)`` all there is: one-hot (cell, node, source, operator), and the second description; and
        ``(A, 34)`` what kind of cells: counts of the operators, of those that read the cell's inputs, and depths.
    """
    pairs = genes.reshape(len(genes), N_CELLS, N_NODES, 2, 2)
    placed = np.zeros((len(genes), N_CELLS, N_NODES, N_SOURCES, N_OPERATORS))
    at = np.indices(pairs.shape[:-1])
    np.add.at(placed, (at[0], at[1], at[2], pairs[..., 0], pairs[..., 1]), 1.0)
    counts = placed.sum((2, 3))
    on_inputs = placed[:, :, :, :N_INPUTS].sum((2, 3))
    by_node = placed.sum(3)
    kind = np.concatenate([_flat(counts), _flat(on_inputs), _flat(_depths(pairs))], 1)
    return np.concatenate([_flat(placed), _flat(by_node), kind], 1), kind


def _depths(pairs: NDArray[np.integer]) -> NDArray[np.float64]:
    """``(A, 2, 3)``: per cell the depth of the last node, of the deepest, and the sum over nodes."""
    rows, cells = np.indices(pairs.shape[:2])
    depth = np.zeros((*pairs.shape[:2], N_INPUTS + N_NODES))
    for node in range(N_NODES):
        first, second = (depth[rows, cells, pairs[:, :, node, way, 0]] for way in (0, 1))
        depth[:, :, N_INPUTS + node] = 1 + np.maximum(first, second)
    return np.stack([depth[:, :, -1], depth.max(2), depth.sum(2)], 2)


def _flat(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(A, …)`` as ``(A, F)``."""
    return values.reshape(len(values), math.prod(values.shape[1:]))
