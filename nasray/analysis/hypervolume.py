"""How much of the objective space a front covers: the one number for several objectives."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasray.analysis.front import as_points
from nasray.core.errors import DataError, require


def hypervolume(losses: ArrayLike, reference: ArrayLike) -> float:
    """The volume that the points dominate, bounded by a reference corner (Zitzler and Thiele 1998).

    A point that is not better than the reference in every objective adds nothing. Numbers of different references, or
    in different units, cannot be compared.

    Args:
        losses: ``(N, M)`` N points in M objectives, lower is better.
        reference: ``(M,)`` a corner that is worse than what counts.

    Raises:
        DataError: The reference is of another length, or a number is not finite.
    """
    points = as_points(losses)
    corner = _corner(points, reference)
    inside = points[(points < corner).all(axis=1)] if len(points) else points
    if not len(inside):
        return 0.0
    import moocore  # a compiled library: loaded where it is used

    return float(moocore.hypervolume(inside, ref=corner))


def hypervolume_curve(losses: Sequence[Sequence[float] | None], reference: ArrayLike) -> NDArray[np.float64]:
    """The hypervolume after each evaluation.

    Args:
        losses: T points of M objectives in slot order, lower is better; None where nothing feasible was measured.
        reference: ``(M,)`` a corner that is worse than what counts.

    Returns:
        ``(T,)`` non-decreasing volumes, 0 until a point is inside.

    Raises:
        DataError: As ``hypervolume``.
    """
    corner = np.asarray(reference, dtype=np.float64)
    front = np.empty((0, len(corner)))
    volumes, volume = np.empty(len(losses)), 0.0
    for slot, point in enumerate(losses):
        if point is not None:
            new = as_points([point])
            _corner(new, corner)
            # NOTE: most candidates are dominated; only a new point of the front is worth a computation.
            if (new[0] < corner).all() and not (front <= new[0]).all(axis=1).any():
                front = np.vstack([front[~(new[0] <= front).all(axis=1)], new])
                volume = hypervolume(front, corner)
        volumes[slot] = volume
    return volumes


def worst_corner(losses: ArrayLike) -> NDArray[np.float64]:
    """``(M,)`` the largest loss in each objective: a reference for what was measured together.

    Args:
        losses: ``(N, M)`` points, at least one.

    Raises:
        DataError: There is no point, or a number is not finite.
    """
    points = as_points(losses)
    require(len(points) > 0, "a reference corner needs at least one measured point; there is none", DataError)
    return points.max(axis=0)


def _corner(points: NDArray[np.float64], reference: ArrayLike) -> NDArray[np.float64]:
    corner = np.asarray(reference, dtype=np.float64)
    require(
        corner.ndim == 1 and bool(np.isfinite(corner).all()) and (not len(points) or len(corner) == points.shape[1]),
        f"a hypervolume's reference ({corner.tolist()}) needs one finite number an objective",
        DataError,
    )
    return corner
