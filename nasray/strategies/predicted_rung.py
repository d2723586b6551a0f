"""A rung of a ladder on which fitness is predicted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.predictor import Predictor


@dataclass(frozen=True, kw_only=True)
class PredictedRung:
    """Scores of a predictor: they are asked for inside an ask, and take no slot.

    Args:
        predictor: Who scores: the run's, unless the section brings its own; None is refused.
        seconds_per_score: What one score counts for a switch that goes by cost.

    Raises:
        CapabilityError: There is no predictor.
        ConfigError: A negative cost.
    """

    predictor: Predictor | None
    seconds_per_score: float

    def __post_init__(self) -> None:
        """Refuse to predict without a predictor."""
        require(
            self.predictor is not None,
            "a PredictedRung needs a predictor and got none; choose one, e.g. predictor=parameters",
            CapabilityError,
        )
        require(
            self.seconds_per_score >= 0,
            f"PredictedRung seconds_per_score ({self.seconds_per_score}) must not be negative",
        )

    def scores(self, architectures: Sequence[Architecture]) -> list[float | None]:
        """``(A,)`` scores, higher is better whatever the predictor's direction; None for what is no finite number."""
        assert self.predictor is not None, "refused above"
        sign = 1.0 if self.predictor.higher_is_better else -1.0
        found = [sign * score for score in self.predictor.predict(architectures).tolist()]
        return [score if math.isfinite(score) else None for score in found]
