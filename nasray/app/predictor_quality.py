"""What the measurements of a search say of the scores that it was guided by."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasray.analysis.ranking_quality import ranking_quality
from nasray.analysis.scored import Scored, scored
from nasray.app.composition import Composition
from nasray.app.parts import asking
from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, NasrayError
from nasray.core.measurement import Outcome
from nasray.core.seeds import Streams
from nasray.core.space import ModuleView, SearchSpace
from nasray.tracking.quality_tally import BEST, LEAST

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
    sizes = [one.size for one in chosen if one.size is not None]
    if "parameters" in controls:
        sizes = [controls["parameters"][one.architecture] for one in chosen]
    compared = {predictor: [one.score for one in chosen]}
    compared |= {name: [known[one.architecture] for one in chosen] for name, known in controls.items()}
    values = [one.value for one in chosen]
    return [
        {"part": part, "scores": name, "n": len(chosen)}
        | _figures(scores, values, sizes if len(sizes) == len(chosen) else None)
        for name, scores in compared.items()
    ]


def _figures(scores: Sequence[float], values: Sequence[float], sizes: Sequence[float] | None) -> dict[str, Any]:
    k = min(BEST, max(1, len(scores) // 4))  # with ten scores, ten of ten would be no finding
    try:
        found = ranking_quality(scores, values, k, Streams(0, "predictor_quality").at(0), sizes)
    except DataError:  # a constant: nothing is ordered
        return {"distinct": len(np.unique(scores))}
    return {
        "distinct": found.correlation.distinct_scores,
        "tau": found.correlation.kendall,
        "spearman": found.correlation.spearman,
        "k": k,
        "precision": found.precision,
        "ndcg": found.ndcg,
        "size_bias": found.size_bias,
    }
