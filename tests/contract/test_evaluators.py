"""Every evaluator of conf/evaluator keeps the contract, at settings that take no time."""

import numpy as np
import pytest

from nasray.app.parts import evaluator_factory, table_names
from nasray.core.proposal import Proposal
from nasray.data.catalog import Catalog
from nasray.testing.evaluator_contract import EvaluatorContract

TINY = {
    "nasray.evaluators.delayed.Delayed": {"seconds": 0.002, "jitter": 0.001},
    "nasray.evaluators.training.Training": {"report_every_epochs": 1},
}
"""By class, so that further YAML files of a class are small too."""

TINY_RECIPE = {"epochs": 2, "augmentation": ["shift"]}


@pytest.fixture(scope="module")
def settings(composed, name):
    settings = composed("evaluator", name, "dataset.n_train=40", "dataset.n_valid=40")
    if "recipe" in settings:
        settings["recipe"] |= TINY_RECIPE
    return settings | TINY.get(settings["_target_"], {})


@pytest.fixture(scope="module")
def make_evaluator(settings, small_space, request):
    live = {"space": small_space, "store": None, "checkpoint_folder": None}
    for table in table_names(settings):
        catalog = Catalog(
            folder=request.getfixturevalue("tmp_path_factory").mktemp("tables"),
            mirror=request.getfixturevalue("mirror"),
        )
        live["table"] = catalog.open(table, small_space)
    return evaluator_factory(settings, **live)


@pytest.fixture(scope="module")
def proposals(settings, small_space):
    rng = np.random.default_rng(0)
    n = 4 if "recipe" in settings else 30
    return [Proposal(slot, small_space.sample(rng)) for slot in range(n)]


class TestEvaluators(EvaluatorContract):
    group = "evaluator"
