"""How soon a search finds something good, when some searches never do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nasray.core.errors import DataError, require


@dataclass(frozen=True, slots=True)
class Reach:
    """How soon several runs reached a threshold; a run that did not is censored, not left out.

    Attributes:
        median: Median number of evaluations over all runs, censored ones counted as above every budget; None when
            the median run is censored.
        censored: Share of the runs that did not reach it, 0 to 1.
        n: Number of runs.
    """

    median: float | None
    censored: float
    n: int


def evaluations_to(values: ArrayLike, threshold: float) -> int | None:
    """Number of evaluations until a value is at least ``threshold``; None when none is.

    Args:
        values: ``(T,)`` values in slot order.
        threshold: What counts as reached, ties included.
    """
    reached = np.flatnonzero(np.asarray(values, dtype=np.float64) >= threshold)
    return int(reached[0]) + 1 if len(reached) else None


def reach(evaluations: Sequence[int | None]) -> Reach:
    """Summarise ``evaluations_to`` of several runs.

    Raises:
        DataError: There is no run.
    """
    require(len(evaluations) > 0, "reach got no run; give at least one", DataError)
    counts = [math.inf if count is None else float(count) for count in evaluations]
    median = float(np.median(counts)) if math.isfinite(sorted(counts)[len(counts) // 2]) else math.inf
    censored = sum(count is None for count in evaluations) / len(evaluations)
    return Reach(median if math.isfinite(median) else None, censored, len(evaluations))


def top_share_threshold(values: ArrayLike, share: float) -> float:
    """The value of the ceil(share * n)-th best of n; with ties, more than that share is at least as good.

    Args:
        values: ``(n,)`` values of a whole space, higher is better.
        share: 0 < share <= 1, e.g. 0.001 for the top 0.1 %.

    Raises:
        DataError: There are no values.
        ConfigError: ``share`` is outside (0, 1].
    """
    everything = np.asarray(values, dtype=np.float64)
    require(len(everything) > 0, "top_share_threshold got no values; give those of the whole space", DataError)
    require(0 < share <= 1, f"share ({share}) must be above 0 and at most 1, e.g. 0.001 for the top 0.1 %")
    # NOTE: 0.1 * 30 is 3.0000000000000004, of which the ceiling is 4.
    rank = max(1, math.ceil(round(share * len(everything), 9)))
    return float(np.partition(everything, len(everything) - rank)[len(everything) - rank])
