"""How good a predictor is at what it is used for: finding the best."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nasray.analysis.rank_correlation import RankCorrelation, rank_correlation
from nasray.analysis.threshold import top_share_threshold
from nasray.core.errors import ConfigError, DataError, require


@dataclass(frozen=True, slots=True)
class RankingQuality:
    """Scores of A architectures against their measured values.

    Attributes:
        correlation: tau-b and Spearman's rho, with the numbers of distinct scores and values.
        precision: Share of the K best by score that are among the K best by value.
        k: K.
        ndcg: Normalised discounted cumulative gain of the K best by score (Järvelin and Kekäläinen 2002,
            https://doi.org/10.1145/582415.582418); the gain of an architecture is its value's relative rank, 0 to 1.
        size_bias: Spearman's rho of score and size, minus that of value and size; above 0: size is overrated. None
            where no sizes were given, or one side is constant.
        size: Of size and value: what the number of weights alone would have come to. None as for ``size_bias``.
    """

    correlation: RankCorrelation
    precision: float
    k: int
    ndcg: float
    size_bias: float | None
    size: RankCorrelation | None


def ranking_quality(
    scores: ArrayLike, values: ArrayLike, k: int, rng: np.random.Generator, sizes: ArrayLike | None = None
) -> RankingQuality:
    """Judge scores by measured values, higher being better in both.

    Equal scores are put in random order before the best K are taken, so that the order in which architectures came
    helps nobody.

    Args:
        scores: ``(A,)`` predictions.
        values: ``(A,)`` measurements.
        k: K, 1 to A.
        rng: Breaks ties.
        sizes: ``(A,)`` numbers of weights, None for no size bias.

    Raises:
        ConfigError: K is out of range.
        DataError: As ``rank_correlation``.
    """
    first, second = np.asarray(scores, dtype=np.float64), np.asarray(values, dtype=np.float64)
    correlation = rank_correlation(first, second)
    n = correlation.n
    require(1 <= k <= n, f"ranking_quality k ({k}) must be between 1 and the {n} architectures")
    shuffled = rng.permutation(n)
    chosen = shuffled[np.argsort(-first[shuffled], kind="stable")[:k]]
    worst_of_best = np.sort(second)[-k]
    gains = relative_ranks(second)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    biased, alone = (None, None) if sizes is None else _by_size(first, second, np.asarray(sizes, dtype=np.float64))
    return RankingQuality(
        correlation=correlation,
        precision=float((second[chosen] >= worst_of_best).mean()),
        k=k,
        ndcg=float((gains[chosen] * discounts).sum() / (np.sort(gains)[::-1][:k] * discounts).sum()),
        size_bias=biased,
        size=alone,
    )


def top_share(values: ArrayLike, share: float) -> NDArray[np.bool_]:
    """``(A,)`` whether a value is at least as good as the ceil(share * A)-th best; ties are kept.

    Raises:
        ConfigError: The share is not above 0 and at most 1.
        DataError: There is no value.
    """
    found = np.asarray(values, dtype=np.float64)
    require(0 < share <= 1, f"top_share share ({share}) must be above 0 and at most 1", ConfigError)
    require(len(found) > 0, "top_share got no value", DataError)
    return found >= top_share_threshold(found, share)


def relative_ranks(values: ArrayLike) -> NDArray[np.float64]:
    """``(A,)`` ranks between 0 for the worst and 1 for the best; equal values share the middle of their ranks."""
    found = np.asarray(values, dtype=np.float64)
    _, group, n = np.unique(found, return_inverse=True, return_counts=True)
    return ((np.cumsum(n) - (n + 1) / 2) / max(1, len(found) - 1))[group]


def _by_size(
    scores: NDArray[np.float64], values: NDArray[np.float64], sizes: NDArray[np.float64]
) -> tuple[float, RankCorrelation] | tuple[None, None]:
    """The bias, and how well sizes order values."""
    if len(np.unique(sizes)) < 2:
        return None, None
    alone = rank_correlation(sizes, values)
    return rank_correlation(scores, sizes).spearman - alone.spearman, alone
