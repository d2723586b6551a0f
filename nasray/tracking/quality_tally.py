"""How good the scores are that a search uses, by the truths that arrive."""

from collections.abc import Sequence

import numpy as np

from nasray.analysis.score_figures import FIGURES, LEAST, score_figures
from nasray.analysis.scored import Scored, scored
from nasray.core.measurement import Outcome

QUALITY_METRICS = tuple(f"{part}/{name}" for part in ("predictor", "predictor_reserved") for name in FIGURES)


class QualityTally:
    """Keeps the score that each proposal was chosen by, and what was measured.

    Selection narrows the range of what is measured, and so lowers every correlation (number of weights on
    NAS-Bench-201: tau 0.54 on all cells, 0.34 on visited ones). The reserved slots are free of the selection by score:
    their figures are those of what the inner strategy proposes, and of the space only where that draws at random.

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
    return {f"{name}/{figure}": value for figure, value in score_figures(found, np.random.default_rng(n)).items()}
