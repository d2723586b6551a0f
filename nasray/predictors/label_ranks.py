"""Labels as ranks: what is fitted, so that a few broken architectures do not bend the fit."""

import numpy as np
from numpy.typing import NDArray


def label_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(A,)`` ranks from 0 for the worst to 1 for the best; equal values share the middle of their ranks."""
    _, group, n = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(n) - (n + 1) / 2)[group] / max(1, len(values) - 1)
