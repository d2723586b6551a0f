"""An outcome whose score was known before it was measured."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome

NOTE = "screened"
"""Key of the screening strategy's facts among a proposal's notes."""

PARAMETERS = "parameters"
"""The measured column that is a size."""


class Scored(NamedTuple):
    """A score, and the truth that came after it.

    Attributes:
        architecture: What was scored and measured.
        score: Higher is better.
        value: As measured.
        reserved: Whether it was measured whatever its score was.
        size: Number of weights, where it was measured.
        in_unit: Whether the score is a guess of the value itself.
        interval: Where the value was said to lie, at ``INTERVAL_LEVEL``; None where nothing was said.
    """

    architecture: Architecture
    score: float
    value: float
    reserved: bool
    size: float | None
    in_unit: bool = False
    interval: tuple[float, float] | None = None


def scored(outcome: Outcome, higher_is_better: bool) -> Scored | None:
    """The score of an outcome, from its proposal's notes; None for a failure, and where there is no score.

    A strategy that screens notes ``{"screened": {"candidate": index, "scores": [...]}}``, and ``"reserved": true``
    where the candidate was not chosen by its score; ``"in_unit": true`` and ``"interval": [low, high]`` where the
    predictor made these claims. Whoever else chooses by predictions notes ``"score": number``, in
    which higher is better whatever the predictor's direction.

    Args:
        outcome: What was told.
        higher_is_better: Direction of the screening predictor's scores.
    """
    notes, result = outcome.proposal.notes, outcome.result
    if not notes or not isinstance(result, Measurement):
        return None
    fact: Mapping[str, Any] = notes.get(NOTE) or {}
    if "scores" in fact:
        score, sign = fact["scores"][fact["candidate"]], 1 if higher_is_better else -1
    else:
        score, sign = next((one["score"] for one in (notes, *notes.values()) if _has_score(one)), None), 1
    if not isinstance(score, int | float) or not math.isfinite(score):
        return None
    return Scored(
        architecture=outcome.proposal.architecture,
        score=sign * float(score),
        value=result.value,
        reserved=bool(fact.get("reserved", False)),
        size=result.columns.get(PARAMETERS),
        in_unit=sign == 1 and bool(fact.get("in_unit", False)),
        interval=tuple(fact["interval"]) if "interval" in fact else None,
    )


def _has_score(fact: Any) -> bool:
    return isinstance(fact, Mapping) and "score" in fact
