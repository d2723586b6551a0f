import numpy as np
import pytest

from nasray.app.generator import generator_of
from nasray.core.errors import ConfigError
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=4, cells_per_stage=1)
UNIFORM = {"_target_": "nasray.generators.uniform.Uniform", "share": 0.5}
EVOLUTION = {"_target_": "nasray.strategies.gpt_evolution.GptEvolution"}


def test_none_is_built_where_none_is_named():
    assert generator_of(None, SPACE, EVOLUTION) is None


def test_it_is_handed_the_space():
    generator = generator_of(UNIFORM, SPACE, EVOLUTION)
    assert len(generator.propose([], 2, np.random.default_rng(0))) == 2


def test_one_that_nobody_asks_for_is_refused():
    strategy = {"_target_": "nasray.strategies.random_search.RandomSearch"}
    with pytest.raises(ConfigError, match="generator Uniform is chosen, but the strategy does not ask for one"):
        generator_of(UNIFORM, SPACE, strategy)
