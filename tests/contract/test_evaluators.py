"""Every evaluator of conf/evaluator keeps the contract, at settings that take no time."""

import numpy as np
import pytest

from nasray.app.parts import build, columns_table_name, evaluator_factory, table_names
from nasray.core.architecture import Architecture
from nasray.core.proposal import Proposal
from nasray.data.catalog import Catalog
from nasray.testing.evaluator_contract import EvaluatorContract

TINY = {
    "nasray.evaluators.delayed.Delayed": {"seconds": 0.002, "jitter": 0.001},
    "nasray.evaluators.training.Training": {"report_every_epochs": 1},
}
"""By class, so that further YAML files of a class are small too."""

TINY_RECIPE = {"epochs": 2, "warmup_epochs": 0, "augmentation": ["shift"]}


@pytest.fixture(scope="module")
def settings(composed, name):
    settings = composed("evaluator", name, "dataset.n_train=40", "dataset.n_valid=40")
    if "recipe" in settings:
        settings["recipe"] |= TINY_RECIPE
    if settings.get("acceleration"):
        settings["acceleration"]["retraining"] |= TINY_RECIPE
    return settings | TINY.get(settings["_target_"], {})


@pytest.fixture(scope="module")
def live(settings, small_space, composed, request):
    """What the evaluator is handed: the tables it names and the space they belong to, or any small space."""
    handed = {"space": small_space, "store": None, "checkpoint_folder": None}
    further = columns_table_name(settings)
    names = [*table_names(settings), *([further] if further else [])]
    if names:
        folder = request.getfixturevalue("tmp_path_factory").mktemp("tables")
        catalog = Catalog(folder=folder, mirror=request.getfixturevalue("mirror"))
        handed["space"] = build(composed("space", catalog.entry(names[0]).space))
        tables = [catalog.open(table, handed["space"]) for table in names]
        handed |= {"table": tables[0], "columns_table": tables[-1] if further else None}
    return handed


@pytest.fixture(scope="module")
def make_evaluator(settings, live):
    return evaluator_factory(settings, **live)


@pytest.fixture(scope="module")
def proposals(settings, live):
    """Rows of its table where it has one, since some know a part of their space only."""
    n = 4 if "recipe" in settings else 30
    if "table" in live:
        known = [Architecture(tuple(genes)) for genes in live["table"].index]
        return [Proposal(slot, known[slot * (len(known) // n)]) for slot in range(n)]
    rng = np.random.default_rng(0)
    return [Proposal(slot, live["space"].sample(rng)) for slot in range(n)]


class TestEvaluators(EvaluatorContract):
    group = "evaluator"
