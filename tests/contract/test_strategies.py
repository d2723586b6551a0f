"""Every strategy of conf/strategy keeps the contract; its hyper-parameters are the numbers of its YAML."""

import pickle
from functools import partial

import pytest

from nasray.app.parts import build
from nasray.app.predictor import predictor_tables, with_tables
from nasray.generators.uniform import Uniform
from nasray.refiners.frequency import Frequency
from nasray.testing.drawn_table import DrawnTable
from nasray.testing.linear_graph_learner import LinearGraphLearner
from nasray.testing.strategy_contract import StrategyContract

SMALL = {
    "hat_evolution": {
        "parents": 4,
        "mutations": 6,
        "crossovers": 4,
        "iterations": 3,
        "switch": {"_target_": "nasray.strategies.switch_by_iteration.SwitchByIteration", "start": 1, "end": 3},
    }
}
"""Instead of what ships, where the budget of the suite would not see the second half of the search."""


def changed(value):
    """Another value of a hyper-parameter, possible wherever the first one is."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value - 1 if value > 1 else value + 1
    return value / 2 if value else 0.5


@pytest.fixture(scope="module")
def space(small_space):
    return small_space


@pytest.fixture(scope="module")
def make(composed, space):
    """Settings -> a factory of strategies that share nothing and that pickles."""
    ridge = pickle.dumps(build(composed("predictor", "ridge"), space=space))
    of_graphs = pickle.dumps(LinearGraphLearner(space=space))
    generator = Uniform(space=space, share=0.5)
    refiner = Frequency(space=space, most_operators=3, most_sources=1)
    table = DrawnTable(space, ["imagenet16_120_valid_200", "jigsaw_valid_10"])

    def factory(settings):
        settings = with_tables(settings, dict.fromkeys(predictor_tables(settings), table))
        predictor = of_graphs if settings["_target_"].endswith(".PruneEvolve") else ridge
        live = {"predictor": pickle.loads(predictor), "generator": generator, "refiner": refiner}
        strategy = build(settings, space=space, **live)
        return partial(pickle.loads, pickle.dumps(strategy))

    return factory


@pytest.fixture(scope="module")
def settings(composed, name):
    return composed("strategy", name) | SMALL.get(name, {})


@pytest.fixture(scope="module")
def make_strategy(make, settings):
    return make(settings)


@pytest.fixture(scope="module")
def variants(make, settings):
    numbers = {key: value for key, value in settings.items() if isinstance(value, int | float)}
    return {key: make({**settings, key: changed(value)}) for key, value in numbers.items()}


class TestStrategies(StrategyContract):
    group = "strategy"
