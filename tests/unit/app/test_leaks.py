"""Whether trained parts are found wherever they are, and refused or named."""

from dataclasses import dataclass, field

import pytest

from nasray.app.leaks import fitted_columns, leaks_of
from nasray.core.card import Card, Leak, Seen
from nasray.core.errors import ConfigError
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

HERE, ELSEWHERE = NasBench201(channels=4, cells_per_stage=1), TransNasMicro(channels=4, stem_halvings=1)
SEEN = Seen("nasray.spaces.transnas_micro.TransNasMicro", "transnas_micro", "class_scene_valid_25", 4096)


@dataclass
class Taught:
    leak: Leak
    card: Card = field(default=Card("taught", "make it", (SEEN,), {}), init=False)


@dataclass
class Sum:
    predictors: list


def test_what_has_seen_neither_cells_nor_table_passes():
    assert leaks_of(Sum([Taught("refuse"), 3]), HERE, ["nasbench201"]) == ()
    assert leaks_of(None, HERE, []) == ()


@pytest.mark.parametrize(("space", "tables"), [(ELSEWHERE, []), (HERE, ["transnas_micro"])])
def test_the_cells_or_the_table_are_refused_or_named(space, tables):
    with pytest.raises(ConfigError, match=r"taught was trained on transnas_micro\.class_scene_valid_25"):
        leaks_of(Sum([Taught("refuse")]), space, tables)
    found = leaks_of(Sum([Taught("allow"), Taught("allow")]), space, tables)
    assert found == ("taught was trained on transnas_micro.class_scene_valid_25",)


FITTED = {"_target_": "nasray.evaluators.darts_fitted.DartsFitted", "table": "darts_pool"}
SOURCES = [
    {"table": "darts_pool", "column": "cifar10_valid_100"},
    {"table": "nasbench201", "column": "cifar10_valid_200"},
]


def test_what_the_evaluator_was_fitted_on_is_named():
    said = "evaluator DartsFitted was fitted on darts_pool, of which the run reads cifar10_valid_100"
    assert fitted_columns([{"sources": SOURCES}, None], {"inner": FITTED}) == (said,)
    predictor = {"table": "darts_pool", "columns": ["cifar10_valid_100"]}
    assert fitted_columns([{"sources": SOURCES}, predictor], FITTED) == (said,)


@pytest.mark.parametrize("evaluator", [{**FITTED, "dataset": "cifar10"}, {**FITTED, "table": "other"}, {"images": {}}])
def test_an_evaluator_that_reads_or_has_another_table_is_not(evaluator):
    assert fitted_columns([{"sources": SOURCES}], evaluator) == ()
