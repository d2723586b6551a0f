"""What design principles did to the space of a run: how much they left, and whether the best survived."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.app.composition import Composition
from nasray.core.errors import ConfigError
from nasray.core.known_optimum import KnownOptimum
from nasray.core.measurement import Outcome
from nasray.core.principles import Principles
from nasray.core.proposal import Proposal
from nasray.core.restrictable import Restrictable
from nasray.core.seeds import Streams
from nasray.core.space import Enumerable, SearchSpace
from nasray.strategies.principle_transfer import NOTE

TOP_SHARE = 0.001
MOST_COUNTED = 20_000
"""Members of the largest space whose members are looked up one by one."""


def principles_facts(composed: Composition, outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    """Layers of the space, and every stage with what its principles left; None where there were no principles.

    Whether the best survived is known where the evaluator knows every value and the space can be listed.
    """
    space = composed.space
    notes: list[tuple[int, Mapping[str, Any] | None]]
    notes = [(one.proposal.slot, (one.proposal.notes or {}).get(NOTE)) for one in outcomes]
    if not any(note for _, note in notes) or not isinstance(space, Restrictable):
        return None
    values, refined = _values(composed, composed.space), composed.space
    stages: list[dict[str, Any]] = []
    for slot, note in notes:
        if note:
            refined = _refined(space, note, refined)
            stages.append({"slot": slot, **note, **_survivors(composed, values, refined)})
    size = composed.space.size() if isinstance(composed.space, Enumerable) else None
    layers = [asdict(layer) for layer in space.layer_choices()]
    return {"layers": layers, "whole_size": size, "stages": stages, **_reached(composed, outcomes, values)}


def _refined(whole: Restrictable, note: Mapping[str, Any], before: SearchSpace) -> SearchSpace:
    """The space of a stage; that of the stage before where its principles cannot be kept to."""
    try:
        return whole.restrict(Principles.from_json(dict(note["principles"])))
    except ConfigError:
        return before


def _values(composed: Composition, space: SearchSpace) -> NDArray[np.float64] | None:
    """The VALID values of all members; None where they are not known, or are too many."""
    if not isinstance(composed.evaluator, KnownOptimum) or not isinstance(space, Enumerable):
        return None
    if space.size() > MOST_COUNTED:
        return None
    members = [Proposal(at, one) for at, one in enumerate(space.enumerate())]
    try:
        found = composed.evaluator.evaluate(members, Streams(composed.config.seed, "principles"))
    except LookupError:  # an incomplete table
        return None
    return np.array([one.value for one in found])


def _survivors(composed: Composition, whole: NDArray[np.float64] | None, space: SearchSpace) -> dict[str, Any]:
    inside = None if whole is None else _values(composed, space)
    if whole is None or inside is None or not isinstance(composed.evaluator, KnownOptimum):
        return {}
    goal = composed.evaluator.threshold(TOP_SHARE)
    return {
        "optimum_kept": bool(inside.max() >= composed.evaluator.optimum()),
        "top_kept": int((inside >= goal).sum()),
        "top": int((whole >= goal).sum()),
    }


def _reached(
    composed: Composition, outcomes: Sequence[Outcome], values: NDArray[np.float64] | None
) -> dict[str, int | None]:
    """Evaluations to the top 0.1 %, None where it was not reached."""
    if values is None or not isinstance(composed.evaluator, KnownOptimum):
        return {}
    goal = composed.evaluator.threshold(TOP_SHARE)
    slots = (number for number, one in enumerate(outcomes, 1) if one.value >= goal)
    return {"evaluations_to_top": next(slots, None)}
