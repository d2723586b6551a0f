"""Which of several trade-offs no other one beats."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasray.core.errors import DataError, require


def pareto_front(losses: ArrayLike) -> NDArray[np.int64]:
    """The points that no other point dominates: at most as large in every objective and smaller in one.

    Args:
        losses: ``(N, M)`` N points in M objectives, lower is better.

    Returns:
        ``(K,)`` indices of the front, ascending; equal points are all in it or all out of it.

    Raises:
        DataError: Not a matrix, or a number is not finite.
    """
    points = as_points(losses)
    if not len(points):
        return np.empty(0, dtype=np.int64)
    import moocore  # a compiled library: loaded where it is used

    return np.flatnonzero(moocore.is_nondominated(points, keep_weakly=True))


def as_points(losses: ArrayLike) -> NDArray[np.float64]:
    """``(N, M)`` finite numbers.

    Raises:
        DataError: They are not.
    """
    points = np.asarray(losses, dtype=np.float64)
    if points.size == 0:
        return points.reshape(0, points.shape[-1] if points.ndim == 2 else 0)
    require(points.ndim == 2, f"a front needs N points of M objectives, got the shape {points.shape}", DataError)
    require(
        bool(np.isfinite(points).all()),
        "a front got a number that is not finite; leave failed candidates out and say how many",
        DataError,
    )
    return points
