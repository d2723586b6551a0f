"""Scores as ranks, so that those of different units can be joined."""

import numpy as np
from numpy.typing import NDArray


def relative_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(A,)`` ranks between 0 and 1; equal values share the middle of their ranks, NaN is 0."""
    known = np.isfinite(values)
    _, group, n = np.unique(values[known], return_inverse=True, return_counts=True)
    found = np.zeros(len(values))
    found[known] = ((np.cumsum(n) - (n - 1) / 2) / max(1, n.sum()))[group]
    return found
