"""Trajectories that must not change by accident: no data needed, one hash a strategy and width.

When a test here fails, a seed no longer finds what it found: every published figure and every run that somebody wants
to resume or replay is touched. If you did not mean that, find the change that did it. If you did, put the new hash
here, the reason into CHANGELOG.md under Changed, and a comparison over at least 20 seeds beside it; the reference
figures (test_reference_figures.py) must still hold.
"""

from functools import partial

import pytest

from nasray.core.budget import Budget
from nasray.core.event_log import NoLog
from nasray.core.seeds import Streams
from nasray.evaluators.failing import Failing
from nasray.evaluators.noisy import Noisy
from nasray.evaluators.synthetic import Synthetic
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution

pytestmark = pytest.mark.golden
SPACE = NasBench201(channels=16, cells_per_stage=5)
STRATEGIES = {
    "random": partial(RandomSearch, space=SPACE),
    "evolution": partial(RegularizedEvolution, space=SPACE, population_size=10, tournament_size=5),
}


def evaluator():
    noisy = Noisy(inner=Synthetic(n_choices=5, chunk_size=512), std=0.5)
    return Failing(inner=noisy, share=0.1, kind="exception")


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
        ("evolution", 1, "f3bf6e18a69e07d80a555aa028f0467b2939109c6b152cadde0bae42ff142616"),
        ("evolution", 16, "140ff1794a1f05cae1cace4c97bf07b3aad2adf222d526bed90eb6753f7c9429"),
    ],
)
def test_a_seed_finds_what_it_always_found(name, width, frozen):
    assert trajectory(name, width) == frozen
