"""Mean TEST accuracy of the best VALID cell on NAS-Bench-201, against reference figures.

Origin: two independent implementations of Algorithm 1 of Real et al. 2019 and of random search, width 1, 500 seeds, on
the same table; they agree within the tolerances below. The standard errors over 500 seeds are 0.01 to 0.03 points on
CIFAR-10, 0.02 to 0.07 on the other two.
"""

from functools import partial

import numpy as np
import pytest

from nasray.core.budget import Budget
from nasray.core.event_log import NoLog
from nasray.core.seeds import Streams
from nasray.data.catalog import Catalog
from nasray.evaluators.table import TableEvaluator
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution

pytestmark = pytest.mark.golden
SPACE = NasBench201(channels=16, cells_per_stage=5)
N_SEEDS, AFTER = 500, (20, 50, 200)
FIGURES = {
    ("evolution", "cifar10"): (93.48, 93.96, 94.27),
    ("evolution", "cifar100"): (70.74, 72.08, 73.29),
    ("evolution", "imagenet16_120"): (44.58, 45.75, 46.38),
    ("random", "cifar10"): (93.32, 93.62, 93.90),
    ("random", "cifar100"): (70.36, 70.99, 71.92),
    ("random", "imagenet16_120"): (44.18, 44.96, 45.63),
}
TOLERANCE = {"cifar10": 0.1, "cifar100": 0.25, "imagenet16_120": 0.25}


@pytest.fixture(scope="module")
def table(mirror, tmp_path_factory):
    return Catalog(folder=tmp_path_factory.mktemp("tables"), mirror=mirror).open("nasbench201", SPACE)


def searched(table, strategy, dataset):
    """``(seeds, slots)`` rows of the table in the order in which each seed's search evaluated them."""
    evaluator = TableEvaluator(table=table, dataset=dataset, epochs=200, chunk_size=512, columns=(), columns_table=None)
    rows = np.empty((N_SEEDS, AFTER[-1]), dtype=np.int64)
    for seed in range(N_SEEDS):
        budget = Budget(evaluations=AFTER[-1])
        search = Search(space=SPACE, strategy=strategy(), budget=budget, width=1, seed=seed, log=NoLog())
        Simulator(workers=1).run(search, lambda: evaluator, Streams(seed, "evaluator"))
        rows[seed] = [table.index[one.proposal.architecture.genes] for one in search.outcomes]
    return rows


def check(table, rows, name, dataset):
    valid = table.column(f"{dataset}_valid_200")[rows]
    test = table.column(f"{dataset}_test_200")[rows]
    found = [test[range(N_SEEDS), valid[:, :n].argmax(axis=1)].mean() for n in AFTER]
    assert found == pytest.approx(FIGURES[name, dataset], abs=TOLERANCE[dataset])


@pytest.mark.parametrize("dataset", TOLERANCE)
def test_regularized_evolution(table, dataset):
    strategy = partial(RegularizedEvolution, space=SPACE, population_size=10, tournament_size=5)
    check(table, searched(table, strategy, dataset), "evolution", dataset)


def test_random_search(table):
    rows = searched(table, partial(RandomSearch, space=SPACE), "cifar10")  # it looks at no value: one walk for all
    for dataset in TOLERANCE:
        check(table, rows, "random", dataset)
