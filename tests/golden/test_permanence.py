"""Trajectories that must not change by accident: no data needed, one hash a strategy and width.

When a test here fails, a seed no longer finds what it found: every published figure and every run that somebody wants
to resume or replay is touched. If you did not mean that, find the change that did it. If you did, put the new hash
here, the reason into CHANGELOG.md under Changed, and a comparison over at least 20 seeds beside it; the reference
figures (test_reference_figures.py) must still hold.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasray.core.budget import Budget
from nasray.core.event_log import NoLog
from nasray.core.objective import Constraint, Objective
from nasray.core.seeds import Streams
from nasray.evaluators.failing import Failing
from nasray.evaluators.noisy import Noisy
from nasray.evaluators.synthetic import Synthetic
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.constrained import Constrained
from nasray.strategies.local_search import LocalSearch
from nasray.strategies.nsga2 import Nsga2
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.strategies.screened import Screened

pytestmark = pytest.mark.golden
SPACE = NasBench201(channels=16, cells_per_stage=5)
STRATEGIES = {
    "random": partial(RandomSearch, space=SPACE),
    "evolution": partial(RegularizedEvolution, space=SPACE, population_size=10, tournament_size=5),
    "local_search": partial(LocalSearch, space=SPACE, query_until="first", starts=1),
    "local_search_all": partial(LocalSearch, space=SPACE, query_until="all", starts=3),
    "nsga2": lambda: Nsga2(
        space=SPACE,
        population_size=10,
        objectives=[BEST, FEWEST],
        constraints=[BOUND],
        crossover_probability=0.9,
        mutation_probability=1.0,
        reference=None,
    ),
    "constrained": lambda: Constrained(inner=STRATEGIES["evolution"](), constraints=[BOUND]),
    "screened": lambda: Screened(
        inner=STRATEGIES["evolution"](),
        predictor=Alike(),
        candidates=5,
        warm_up=20,
        refit_every=5,
        reserved=0.1,
    ),
}
BEST = Objective(column="value", direction="maximize")
FEWEST = Objective(column="weights", direction="minimize")
BOUND = Constraint(column="weights", at_most=30.0)


class Alike:
    """A learner in whole numbers, whose ranking no processor rounds otherwise: genes shared with the best measured."""

    higher_is_better = True

    def fit(self, architectures, values):
        self.best = architectures[int(np.argmax(values))].genes

    def predict(self, architectures):
        return np.array(
            [sum(a == b for a, b in zip(one.genes, self.best, strict=True)) for one in architectures], float
        )

    def state(self):
        return bytes(self.best)

    def load(self, state):
        self.best = tuple(state)


class Weighed:
    """Adds a column that is a formula: 9 for each 3x3 convolution, 1 for each 1x1."""

    def __init__(self, inner):
        self.inner, self.metric, self.chunk_size = inner, inner.metric, inner.chunk_size

    def evaluate(self, proposals, streams):
        found = zip(proposals, self.inner.evaluate(proposals, streams), strict=True)
        return [replace(result, columns={"weights": self.weights(one.architecture.genes)}) for one, result in found]

    def weights(self, genes):
        return 9.0 * genes.count(3) + genes.count(2)


def evaluator():
    noisy = Noisy(inner=Synthetic(n_choices=5, chunk_size=512), std=0.5)
    return Weighed(Failing(inner=noisy, share=0.1, kind="exception"))


def trajectory(name, width):
    """The hash of 200 slots on the synthetic landscape, with noise and with failures."""
    search = Search(
        space=SPACE, strategy=STRATEGIES[name](), budget=Budget(evaluations=200), width=width, seed=0, log=NoLog()
    )
    Simulator(workers=2).run(search, evaluator, Streams(0, "evaluator"))
    return archive_hash(search.outcomes)


@pytest.mark.parametrize(
    ("name", "width", "frozen"),
    [
        ("random", 1, "6a7f7abac0be3465f192ab59af6ff9b6b6e7f02c8a50fee93f64f95b262fe110"),
        ("random", 16, "6a7f7abac0be3465f192ab59af6ff9b6b6e7f02c8a50fee93f64f95b262fe110"),
        ("evolution", 1, "24bc57489d477b1fa530c95a9e860f2b015e6786c504cf8d29b13400c613b384"),
        ("local_search", 1, "2225da85ceb0bb241d4c0f1052d43869e199cb1fa0934fcda58d2a1cc6dfc84e"),
        ("local_search_all", 16, "bce224426a064d61d2087b7c2f3b15876ffe817bf98a57fff29a173227541496"),
        ("nsga2", 1, "5c00b579d09ad887fc56f92cc1362a812eeddd3fb7da14fadb672b5a5790f927"),
        ("constrained", 4, "fa2fbb4496eb76578334e5dc964eefc943dcd44c70fc6a123270ac28bc7eab2f"),
        ("screened", 1, "44325b188a063342c4802367a0a87537b73d23a74be3842e7e0f33f068d34178"),
        ("evolution", 16, "1600eb5487101d5d7cd0863ef727dc8ecea6b28ec902dbc14ad67b92f68c43e2"),
    ],
)
def test_a_seed_finds_what_it_always_found(name, width, frozen):
    assert trajectory(name, width) == frozen
