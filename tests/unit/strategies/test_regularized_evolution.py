"""Aging evolution, followed by hand with dice that are given."""

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution


class Dice:
    """Streams whose tournament draws are given; every slot has the same."""

    def __init__(self, *draws):
        self.draws = draws

    def at(self, slot):
        return self

    def random(self, n=None):
        assert n == len(self.draws), "as many draws as the tournament is large"
        return np.array(self.draws)


class Steps:
    """Genes count up: a sample is 0, a mutant is its parent plus 100."""

    def sample(self, rng):
        return Architecture((0,))

    def mutate(self, architecture, rng):
        return Architecture((architecture.genes[0] + 100,))


def told(strategy, values):
    for slot, value in enumerate(values, start=strategy._told):
        result = Failure("exception", "x") if value is None else Measurement(value)
        strategy.tell(Outcome(Proposal(slot, Architecture((slot,))), result))


@pytest.fixture
def evolution():
    return RegularizedEvolution(space=Steps(), population_size=4, tournament_size=2)


def parent(strategy, *draws):
    (child,) = strategy.ask(range(50, 51), Dice(*draws))
    assert (child.slot, child.operation) == (50, "mutation")
    assert child.architecture.genes[0] == child.parents[0] + 100
    return child.parents[0]


def test_it_samples_until_the_population_is_full(evolution):
    told(evolution, [1.0, 2.0, 3.0])
    asked = evolution.ask(range(7, 9), Dice())
    assert [(one.slot, one.architecture.genes, one.operation, one.parents) for one in asked] == [
        (7, (0,), "random", ()),
        (8, (0,), "random", ()),
    ]


@pytest.mark.parametrize(
    ("draws", "expected"),
    # Draws are quarters of the population of slots 0, 1, 2, 3 with values 5, 7, 6, 7.
    [((0.0, 0.3), 1), ((0.0, 0.1), 0), ((0.6, 0.1), 2), ((0.99, 0.25), 3), ((0.25, 0.99), 1)],
)
def test_the_best_of_the_tournament_is_the_parent_the_first_drawn_of_equals(evolution, draws, expected):
    told(evolution, [5.0, 7.0, 6.0, 7.0])
    assert parent(evolution, *draws) == expected


def test_the_oldest_dies_however_good_it_is(evolution):
    told(evolution, [9.0, 1.0, 1.0, 1.0])
    assert parent(evolution, 0.0, 0.5) == 0
    told(evolution, [2.0])  # slot 4 takes the place of slot 0
    assert parent(evolution, 0.0, 0.5) == 4
    told(evolution, [0.0, 0.0, 0.0, 3.0])  # slots 5 to 8: only these four are left
    assert {parent(evolution, draw, draw) for draw in (0.0, 0.25, 0.5, 0.75)} == {5, 6, 7, 8}


def test_a_failure_ages_like_any_other_and_loses(evolution):
    told(evolution, [None, -1e9, None, None])
    assert parent(evolution, 0.0, 0.25) == 1
    assert parent(evolution, 0.5, 0.0) == 2  # among failures the first drawn
    told(evolution, [1.0, 1.0])
    assert parent(evolution, 0.5, 0.75) == 2


def test_it_is_algorithm_1_at_width_1():
    """Against a second implementation, with numpy's own generator a slot."""
    space, streams = NasBench201(channels=8, cells_per_stage=1), Streams(4, "strategy")
    evolution = RegularizedEvolution(space=space, population_size=5, tournament_size=3)
    queue = []
    for slot in range(60):
        (asked,) = evolution.ask(range(slot, slot + 1), streams)
        rng = streams.fresh(slot)
        if len(queue) < 5:
            expected = space.sample(rng)
        else:
            # Positions are those of a ring buffer: slot t stands at t mod P.
            ring = sorted(queue, key=lambda one: one[0] % 5)
            drawn = [ring[int(u * 5)] for u in rng.random(3)]
            best = max(drawn, key=lambda one: one[2])
            expected = space.mutate(best[1], rng)
        assert asked.architecture == expected
        value = float(sum(asked.architecture.genes))
        queue = [*queue, (slot, expected, value)][-5:]
        evolution.tell(Outcome(asked, Measurement(value)))


def test_it_is_restored_from_what_was_told(evolution):
    told(evolution, [5.0, 7.0, 6.0, 7.0, 1.0, 2.0])
    again = RegularizedEvolution(space=evolution.space, population_size=4, tournament_size=2)
    history = [Outcome(Proposal(slot, Architecture((slot,))), Measurement(5.0)) for slot in range(2)]
    again.restore([history[0].proposal, history[0]])
    told(again, [7.0, 6.0, 7.0, 1.0, 2.0])
    assert [parent(again, a, b) for a in (0.0, 0.3, 0.6) for b in (0.1, 0.9)] == [
        parent(evolution, a, b) for a in (0.0, 0.3, 0.6) for b in (0.1, 0.9)
    ]


@pytest.mark.parametrize(
    ("population", "tournament", "message"),
    [
        (1, 1, r"population_size \(1\) must be at least 2: one architecture leaves nothing to select"),
        (10, 12, r"tournament_size \(12\) must be between 1 and population_size \(10\)"),
        (10, 0, r"tournament_size \(0\) must be between 1 and population_size \(10\)"),
    ],
)
def test_a_population_that_cannot_evolve(population, tournament, message):
    with pytest.raises(ConfigError, match=message):
        RegularizedEvolution(space=Steps(), population_size=population, tournament_size=tournament)
