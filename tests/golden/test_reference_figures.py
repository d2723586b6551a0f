"""Mean TEST accuracy of the best VALID cell on NAS-Bench-201, against reference figures.

Origin: two independent implementations of Algorithm 1 of Real et al. 2019 and of random search, width 1, 500 seeds, on
the same table; they agree within the tolerances below. Standard errors over 500 seeds are at most 0.03 points on
CIFAR-10, 0.07 on CIFAR-100 and 0.06 on ImageNet16-120.
"""

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


def searched(name, evaluator, seed):
    """The outcomes of one search."""
    if name == "evolution":
        strategy = RegularizedEvolution(space=SPACE, population_size=10, tournament_size=5)
    else:
        strategy = RandomSearch(space=SPACE)
    budget = Budget(evaluations=AFTER[-1])
    search = Search(space=SPACE, strategy=strategy, budget=budget, width=1, seed=seed, log=NoLog())
    Simulator(workers=1).run(search, lambda: evaluator, Streams(seed, "evaluator"))
    return search.outcomes


@pytest.mark.parametrize(("name", "dataset"), FIGURES)
def test_the_reference_figures(table, name, dataset):
    evaluator = TableEvaluator(table=table, dataset=dataset, epochs=200, chunk_size=512)
    test, index = table.column(f"{dataset}_test_200"), table.index
    found = np.empty((N_SEEDS, len(AFTER)))
    for seed in range(N_SEEDS):
        outcomes = searched(name, evaluator, seed)
        valid = np.array([one.value for one in outcomes])
        for column, n in enumerate(AFTER):
            best = outcomes[int(valid[:n].argmax())]
            found[seed, column] = test[index[best.proposal.architecture.genes]]
    assert found.mean(axis=0) == pytest.approx(FIGURES[name, dataset], abs=TOLERANCE[dataset])
