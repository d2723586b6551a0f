"""How well one ordering of architectures predicts another."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nasray.core.errors import DataError, require


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Two correlations of ranks, and what is needed to read them.

    Attributes:
        kendall: tau-b, which corrects for ties.
        spearman: rho, on average ranks.
        n: Number of architectures.
        distinct_scores: Number of distinct scores; far fewer than n means that ties decide much.
        distinct_values: Number of distinct measured values.
    """

    kendall: float
    spearman: float
    n: int
    distinct_scores: int
    distinct_values: int


def rank_correlation(scores: ArrayLike, values: ArrayLike) -> RankCorrelation:
    """Kendall's tau-b and Spearman's rho between scores and measured values.

    Args:
        scores: ``(A,)`` predictions for A architectures.
        values: ``(A,)`` measurements of the same.

    Raises:
        DataError: Shapes differ, something is not finite, or one side is constant, so that nothing is ordered.
    """
    first, second = np.asarray(scores, dtype=np.float64), np.asarray(values, dtype=np.float64)
    require(
        first.ndim == 1 and first.shape == second.shape,
        f"rank_correlation needs two lists of one length, got shapes {first.shape} and {second.shape}",
        DataError,
    )
    require(
        bool(np.isfinite(first).all() and np.isfinite(second).all()),
        "rank_correlation got a value that is not finite; leave failed architectures out and say how many",
        DataError,
    )
    distinct = len(np.unique(first)), len(np.unique(second))
    require(
        min(distinct) >= 2,
        f"rank_correlation got {distinct[0]} distinct scores and {distinct[1]} distinct values; each needs at least 2",
        DataError,
    )
    from scipy import stats  # a second and a half, which a run without a predictor need not wait for

    kendall: Any = stats.kendalltau(first, second)
    spearman: Any = stats.spearmanr(first, second)
    return RankCorrelation(float(kendall.statistic), float(spearman.statistic), len(first), *distinct)
