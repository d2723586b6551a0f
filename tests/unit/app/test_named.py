import pytest

from nasray.app.named import part_named
from nasray.core.errors import ConfigError
from nasray.spaces.nasbench201 import NasBench201

LIVE = {"space": NasBench201(channels=4, cells_per_stage=1), "generator": None}


def test_it_is_what_the_file_says_but_for_what_is_said():
    strategy = part_named("strategy", "gpt_evolution", LIVE, generations=3, elimination={"rate": 0.0})
    assert (strategy.population_size, strategy.generations) == (30, 3)
    assert (type(strategy.elimination).__name__, strategy.elimination.rate) == ("LinearDecay", 0.0)
    assert strategy.space is LIVE["space"]


def test_a_setting_that_it_does_not_take():
    with pytest.raises(ConfigError, match="no setting is called seed"):
        part_named("generator", "uniform", LIVE, seed=1)
