"""How good the scores are that a search uses, by the truths that arrive."""

from collections.abc import Sequence

import numpy as np

from nasray.analysis.ranking_quality import ranking_quality
from nasray.analysis.scored import Scored, scored
from nasray.core.errors import DataError
from nasray.core.measurement import Outcome

LEAST = 10
"""Truths before a correlation is worth showing."""

BEST = 10
"""K, for precision and gain."""

FIGURES = ("n", "distinct", "tau", "spearman", f"precision_at_{BEST}", f"ndcg_at_{BEST}", "size_bias")
QUALITY_METRICS = tuple(f"{part}/{name}" for part in ("predictor", "predictor_reserved") for name in FIGURES)


class QualityTally:
    """Keeps the score that each proposal was chosen by, and what was measured.

    Selection narrows the range of what is measured, and so lowers every correlation: figures of the reserved slots are
    those of the space (number of weights on NAS-Bench-201: tau 0.54 on all cells, 0.34 on visited ones).

    Args:
        higher_is_better: Direction of the scores.
    """

    def __init__(self, higher_is_better: bool) -> None:
        self._higher_is_better = higher_is_better
        self._found: list[Scored] = []

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """See the next outcomes; failures, and proposals without a score, are left out."""
        self._found += [one for outcome in outcomes if (one := scored(outcome, self._higher_is_better)) is not None]

    def row(self) -> dict[str, float]:
        """Figures of all slots, ``predictor/…``, and of the reserved ones, ``predictor_reserved/…``; none at first."""
        return {
            **_figures("predictor", self._found),
            **_figures("predictor_reserved", [one for one in self._found if one.reserved]),
        }


def _figures(name: str, found: Sequence[Scored]) -> dict[str, float]:
    n = len(found)
    if n < LEAST:
        return {}
    scores = [one.score for one in found]
    sizes = [one.size for one in found if one.size is not None]
    rng = np.random.default_rng(n)
    try:
        quality = ranking_quality(scores, [one.value for one in found], BEST, rng, sizes if len(sizes) == n else None)
    except DataError:  # a constant: nothing is ordered, which the number of distinct scores says
        return {f"{name}/n": n, f"{name}/distinct": len(set(scores))}
    correlation = quality.correlation
    row = dict(
        zip(
            FIGURES,
            (
                n,
                correlation.distinct_scores,
                correlation.kendall,
                correlation.spearman,
                quality.precision,
                quality.ndcg,
            ),
            strict=False,
        )
    )
    if quality.size_bias is not None:
        row["size_bias"] = quality.size_bias
    return {f"{name}/{figure}": value for figure, value in row.items()}
