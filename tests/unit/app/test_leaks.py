"""Whether trained parts are found wherever they are, and refused or named."""

from dataclasses import dataclass, field

import pytest

from nasray.app.leaks import leaks_of
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
