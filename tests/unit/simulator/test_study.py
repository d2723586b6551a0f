"""Seeds side by side, and that the stronger methods are stronger."""

from functools import partial

import numpy as np
import pytest

from nasray.analysis.hypervolume import hypervolume_curve
from nasray.analysis.paired_test import sign_flip_test
from nasray.analysis.trade_off import TradeOff
from nasray.core.measurement import Measurement
from nasray.core.objective import Objective
from nasray.core.seeds import Streams
from nasray.evaluators.synthetic import Synthetic
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.local_search import LocalSearch
from nasray.strategies.nsga2 import Nsga2
from nasray.strategies.random_search import RandomSearch

SPACE = NasBench201(channels=4, cells_per_stage=1)
SCORE = Synthetic(n_choices=5, chunk_size=64)
SEEDS = range(12)  # the smallest p of a sign-flip test on them is 2 / 2**12 = 0.0005


class Costly(Synthetic):
    """The score beside a cost that grows with the sum of the genes, which the best score does not keep small."""

    def evaluate(self, proposals, streams):
        return [
            Measurement(one.value, columns={"ms": float(sum(proposal.architecture.genes))})
            for one, proposal in zip(super().evaluate(proposals, streams), proposals, strict=True)
        ]


def test_a_study_is_one_search_a_seed():
    found = study(partial(RandomSearch, space=SPACE), SPACE, SCORE, seeds=[3, 4], evaluations=5, width=2)
    assert [[one.proposal.slot for one in outcomes] for outcomes in found] == [[0, 1, 2, 3, 4]] * 2
    drawn = [SPACE.sample(Streams(4, "strategy").at(slot)) for slot in range(5)]
    assert [one.proposal.architecture for one in found[1]] == drawn


def p_of(first, second):
    test = sign_flip_test(np.array(first) - np.array(second), np.random.default_rng(0))
    assert test.mean > 0
    return test.p_value


@pytest.mark.parametrize(("query_until", "evaluations"), [("first", 60), ("all", 150)])  # a step costs 24 with all
def test_local_search_beats_random(query_until, evaluations):
    def bests(make):
        runs = study(make, SPACE, SCORE, seeds=SEEDS, evaluations=evaluations, width=1)
        return [max(one.value for one in run) for run in runs]

    climbed = bests(partial(LocalSearch, space=SPACE, query_until=query_until, starts=1))
    assert p_of(climbed, bests(partial(RandomSearch, space=SPACE))) < 0.01


def test_nsga2_beats_random():
    objectives = Objective(column="value", direction="maximize"), Objective(column="ms", direction="minimize")
    trade_off, evaluator = TradeOff(objectives=objectives), Costly(n_choices=5, chunk_size=64)
    evolution = partial(
        Nsga2,
        space=SPACE,
        population_size=20,
        objectives=objectives,
        constraints=[],
        crossover_probability=0.9,
        mutation_probability=1.0,
        reference=None,
    )

    def volumes(make):
        runs = study(make, SPACE, evaluator, seeds=SEEDS, evaluations=200, width=1)
        return [hypervolume_curve([trade_off.loss(one) for one in run], [0.0, 24.0])[-1] for run in runs]

    assert p_of(volumes(evolution), volumes(partial(RandomSearch, space=SPACE))) < 0.01
