"""The cheap rungs of e16: predictors whose scores of all cells are known, so that asking for one costs nothing."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from nasray.app.catalogs import default_catalog, space_named
from nasray.app.parts import build
from nasray.core.architecture import Architecture
from nasray.core.predictor import Predictor
from nasray.core.seeds import Streams
from nasray.spaces.nasbench201 import NasBench201

Scores = dict[Architecture, float]
DEMONSTRATIONS = 10
"""Cells that a predictor which learns is shown, as LLM-PP is; they are measured, so they count."""

FURTHER = ("gcn+scenes", "gcn+scenes and size", "gcn+scenes, nwot and jacov", "zero-cost ranks")
"""Rungs besides those of the question; none has seen an accuracy of NAS-Bench-201."""

LOOK_UP = "scenes look-up"
"""The control of a network that has seen scenes: what the same cell reached there, pooling read as no edge."""

SMALL = {"pool_size": 500, "width": 64, "depth": 2, "steps": 400}
"""Half a second in place of three: there are hundreds of networks to be trained."""


class Known:
    """Scores of all cells, higher is better."""

    higher_is_better = True

    def __init__(self, scores: Scores) -> None:
        self.scores = scores

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        return np.array([self.scores[one] for one in architectures])


class Taught(Known):
    """A predictor that learns: what the same demonstrations taught once is remembered for all policies."""

    def __init__(self, make: Callable[[], Any], cells: Sequence[Architecture], lessons: dict[Any, Scores]) -> None:
        super().__init__({})
        self.make, self.cells, self.lessons = make, cells, lessons

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        key = (*architectures, *values.tolist())
        if key not in self.lessons:
            pupil = self.make()
            pupil.fit(architectures, values)
            self.lessons[key] = dict(zip(self.cells, pupil.predict(self.cells).tolist(), strict=True))
        self.scores = self.lessons[key]

    def state(self) -> bytes:
        raise NotImplementedError("nothing of a study outlives its process")

    def load(self, state: bytes) -> None:
        raise NotImplementedError("nothing of a study outlives its process")


def configured(name: str, space: NasBench201, **settings: Any) -> Any:
    """The predictor of conf/predictor/NAME.yaml."""
    text = (files("nasray.conf") / "predictor" / f"{name}.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    found.pop("defaults", None)
    return build(found | settings, space=space)


def _sorted(cell: Architecture) -> Architecture:
    return Architecture(tuple(sorted(cell.genes)))


def cheap_rungs(space: NasBench201, cells: Sequence[Architecture]) -> dict[str, Callable[[int], Predictor]]:
    """Name -> what makes the predictor of a seed."""
    counted = configured("parameters", space)
    # A cell's number of weights does not hang on where its operators stand.
    sizes = dict.fromkeys(dict.fromkeys(_sorted(cell) for cell in cells), 0.0)
    sizes = dict(zip(sizes, counted.predict([*sizes]).tolist(), strict=True))
    graphs = configured("gcn_nasbench101", space).predict(cells)

    def random(seed: int) -> Known:
        drawn = Streams(seed, "e16/random").at(0).random(len(cells))
        return Known(dict(zip(cells, drawn.tolist(), strict=True)))

    fixed = {
        "#params": Known({cell: sizes[_sorted(cell)] for cell in cells}),
        "gcn": Known(dict(zip(cells, graphs.tolist(), strict=True))),
    }
    lessons: dict[Any, Scores] = {}

    def distilled(_: int) -> Taught:
        teacher = {"_target_": "nasray.predictors.ols.Ols", "features": "genes"}
        return Taught(lambda: configured("distilled", space, teacher=teacher, **SMALL), cells, lessons)

    scenes = default_catalog().open("transnas_micro", space_named("transnas_micro"))
    at_hand = {LOOK_UP: configured("table_lookup", space, table=scenes), **_further(space)}
    fixed |= {name: Known(dict(zip(cells, one.predict(cells).tolist(), strict=True))) for name, one in at_hand.items()}
    return {
        "random": random,
        **{name: lambda _, one=one: one for name, one in fixed.items()},
        "distilled(ols)": distilled,
    }


def _further(space: NasBench201) -> dict[str, Predictor]:
    """A network that has seen other spaces' accuracies, alone and beside what is known of an untrained cell."""
    table = default_catalog().open("nasbench201_features", space)
    scenes = configured("gcn_nasbench101_transnas", space)
    made = (
        scenes,
        configured("rank_sum", space, table=table, columns=["zc_c10_params"], predictors=[scenes]),
        configured("rank_sum", space, table=table, columns=["zc_c10_nwot", "zc_c10_jacov"], predictors=[scenes]),
        configured("rank_sum", space, table=table),
    )
    return dict(zip(FURTHER, made, strict=True))
