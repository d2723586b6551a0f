"""How good scores were, by the truths that came after them."""

from collections.abc import Sequence

import numpy as np

from nasray.analysis.ranking_quality import ranking_quality
from nasray.analysis.scored import Scored
from nasray.core.errors import DataError

LEAST = 10
"""Truths before a figure is worth showing."""

BEST = 10
"""Most that count as the best, for precision and gain; with ten scores, ten of ten would be no finding."""

FIGURES = (
    "n",
    "distinct",
    "tau",
    "spearman",
    "k",
    "precision",
    "ndcg",
    "size_bias",
    "size_tau",
    "size_spearman",
    "calibration_slope",
    "bias",
    "coverage",
)


def score_figures(found: Sequence[Scored], rng: np.random.Generator) -> dict[str, float]:
    """Figures of A scores by their names in ``FIGURES``, without those that cannot be said.

    - ``n``, ``distinct``: A, and how many scores differ.
    - ``tau``, ``spearman``, ``k``, ``precision``, ``ndcg``, ``size_bias``: see ``RankingQuality``; K is a quarter of
      A, at most ten.
    - ``size_tau``, ``size_spearman``: the same correlations of the number of weights, as a control.
    - ``calibration_slope``, ``bias``: of at least ten scores that are guesses of the value: the slope of the value's
      regression on the score (Cox 1958, https://doi.org/10.1093/biomet/45.3-4.562), 1 where a score that is higher by
      1 is worth 1; and the mean of score minus value.
    - ``coverage``: of at least ten intervals the share that held.
    """
    numbers = {"n": len(found), "distinct": len({one.score for one in found})}
    return {**numbers, **_order(found, rng), **_calibration(found), **_coverage(found)}


def _order(found: Sequence[Scored], rng: np.random.Generator) -> dict[str, float]:
    k = min(BEST, max(1, len(found) // 4))
    sizes = [one.size for one in found if one.size is not None]
    scores, values = [one.score for one in found], [one.value for one in found]
    try:
        quality = ranking_quality(scores, values, k, rng, sizes if len(sizes) == len(found) else None)
    except DataError:  # a constant: nothing is ordered, which the number of distinct scores says
        return {}
    figures: dict[str, float] = {"tau": quality.correlation.kendall, "spearman": quality.correlation.spearman}
    figures |= {"k": k, "precision": quality.precision, "ndcg": quality.ndcg}
    if quality.size is not None and quality.size_bias is not None:
        figures["size_bias"] = quality.size_bias
        figures |= {"size_tau": quality.size.kendall, "size_spearman": quality.size.spearman}
    return figures


def _calibration(found: Sequence[Scored]) -> dict[str, float]:
    guesses = np.array([(one.score, one.value) for one in found if one.in_unit])
    if len(guesses) < LEAST:
        return {}
    (score, value), bias = guesses.mean(axis=0), float((guesses[:, 0] - guesses[:, 1]).mean())
    off = guesses[:, 0] - score
    square = float((off**2).sum())
    slope = {"calibration_slope": float((off * (guesses[:, 1] - value)).sum()) / square} if square > 0 else {}
    return {**slope, "bias": bias}


def _coverage(found: Sequence[Scored]) -> dict[str, float]:
    held = [one.interval[0] <= one.value <= one.interval[1] for one in found if one.interval is not None]
    return {"coverage": sum(held) / len(held)} if len(held) >= LEAST else {}
