"""The curves a search is judged by."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasray.core.errors import ConfigError, require


def best_so_far(values: ArrayLike) -> NDArray[np.float64]:
    """The best value after each evaluation.

    Args:
        values: ``(T,)`` values in slot order, higher is better; minus infinity for a failure.

    Returns:
        ``(T,)`` non-decreasing values, minus infinity until something was measured.
    """
    return np.maximum.accumulate(np.asarray(values, dtype=np.float64))


def regret(values: ArrayLike, optimum: float) -> NDArray[np.float64]:
    """How far the best so far is below the best there is.

    Args:
        values: ``(T,)`` values in slot order; minus infinity for a failure.
        optimum: The best value of the whole space, on the same split.

    Returns:
        ``(T,)`` non-increasing distances, infinity until something was measured.

    Raises:
        ConfigError: A value is above ``optimum``, which therefore belongs to something else.
    """
    best = best_so_far(values)
    highest = float(best[-1]) if len(best) else -np.inf
    require(
        highest <= optimum,
        f"regret: a value ({highest}) is above the optimum ({optimum}); give the optimum of the same table, split and "
        "schedule",
    )
    return optimum - best


def stack_curves(curves: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Curves of several seeds as one array, cut to the shortest, so that every column has all seeds.

    Args:
        curves: S curves of lengths T_s.

    Returns:
        ``(S, min T_s)`` values.

    Raises:
        ConfigError: There is no curve.
    """
    require(len(curves) > 0, "stack_curves got no curve; give at least one", ConfigError)
    rows = [np.asarray(curve, dtype=np.float64) for curve in curves]
    shortest = min(len(row) for row in rows)
    return np.stack([row[:shortest] for row in rows])
