"""What the measurements of a search say of the scores that it was guided by."""

from collections.abc import Mapping, Sequence
from typing import Any

from nasray.analysis.score_figures import LEAST, score_figures
from nasray.analysis.scored import Scored, scored
from nasray.app.composition import Composition
from nasray.app.parts import asking
from nasray.core.architecture import Architecture
from nasray.core.errors import NasrayError
from nasray.core.measurement import Outcome
from nasray.core.seeds import Streams
from nasray.core.space import ModuleView, SearchSpace

MOST_COUNTED = 500
"""Distinct architectures whose weights are counted for the controls, a few milliseconds each."""


def predictor_quality(composed: Composition, outcomes: Sequence[Outcome]) -> list[dict[str, Any]] | None:
    """Rows of figures: of the predictor and its controls, on reserved slots and on all; None where nothing was scored.

    Controls are the numbers of weights, all and live ones, of a network for 32x32 colour images and ten classes; they
    are left out where a space has no networks, or where there would be too many to count.
    """
    if composed.predictor is None or composed.config.predictor is None:
        return None
    name = _named(composed.config.predictor)
    if composed.language_model is not None and asking(composed.config.predictor, "language_model"):
        name = f"{name} ({composed.language_model.model})"
    higher = composed.predictor.higher_is_better
    found = [one for outcome in outcomes if (one := scored(outcome, higher)) is not None]
    controls = _controls(composed.space, list(dict.fromkeys(one.architecture for one in found)))
    rows: list[dict[str, Any]] = []
    for part, chosen in (("reserved", [one for one in found if one.reserved]), ("all", found)):
        if len(chosen) >= LEAST:
            rows += _rows(part, name, chosen, controls)
    return rows or None


def _named(section: Mapping[str, Any]) -> str:
    """The class of a predictor, never without its teacher: what a distilled one is worth is its teacher's doing."""
    own = str(section["_target_"]).rpartition(".")[2]
    return f"{own}({_named(section['teacher'])})" if "teacher" in section else own


def _controls(space: SearchSpace, architectures: Sequence[Architecture]) -> Mapping[str, Mapping[Architecture, float]]:
    if not isinstance(space, ModuleView) or len(architectures) > MOST_COUNTED:
        return {}
    from nasray.predictors.live_parameters import LiveParameters  # torch, which few runs over a table need
    from nasray.predictors.parameters import Parameters

    counted = {
        "parameters": Parameters(space=space, input_shape=(3, 32, 32), n_classes=10),
        "live parameters": LiveParameters(space=space, input_shape=(3, 32, 32), n_classes=10),
    }
    try:
        return {
            name: dict(zip(architectures, one.predict(architectures).tolist(), strict=True))
            for name, one in counted.items()
        }
    except NasrayError:  # networks that cannot see such images: a finished search does not fail for want of a control
        return {}


def _rows(
    part: str, predictor: str, chosen: Sequence[Scored], controls: Mapping[str, Mapping[Architecture, float]]
) -> list[dict[str, Any]]:
    counted = controls.get("parameters")
    known = [one if counted is None else one._replace(size=counted[one.architecture]) for one in chosen]
    compared = {predictor: known}
    for name, control in controls.items():
        compared[name] = [one._replace(score=control[one.architecture], in_unit=False, interval=None) for one in known]
    rng = Streams(0, "predictor_quality")
    return [{"part": part, "scores": name, **score_figures(found, rng.at(0))} for name, found in compared.items()]
