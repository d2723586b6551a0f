"""Each rule on a handful of candidates, computed by hand. A candidate's value is its gene times its epochs."""

import re

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.schedulers.evolution import Evolution
from nasray.schedulers.median import Median
from nasray.schedulers.never_stop import NeverStop
from nasray.schedulers.successive_halving import SuccessiveHalving

STREAMS = Streams(0, "strategy")


class Scripted:
    """Proposes the genes it was given; a pair also names its parents."""

    def __init__(self, *script):
        self.script = [one if isinstance(one, tuple) else (one, ()) for one in script]
        self.told = []

    def ask(self, slots, streams):
        return [
            Proposal(slot, Architecture((self.script[slot][0],)), parents=self.script[slot][1])
            for slot in slots
            if slot < len(self.script)
        ]

    def tell(self, outcome):
        self.told.append((outcome.proposal.slot, outcome.value))

    def restore(self, history):
        raise AssertionError("not restored here")


def run(policy, n, width=1):
    """(slot, gene, epochs, continues, inherits) of the first ``n`` slots; negative genes fail."""
    asked, told = [], 0
    while told < n:
        first, last = len(asked), min(told + width, n)
        if first < last:
            asked += policy.ask(range(first, last), STREAMS)
        if told == len(asked):
            break
        one = asked[told]
        gene, epochs = one.architecture.genes[0], one.fidelity.epochs if one.fidelity else 1
        result = Failure("exception", "negative") if gene < 0 else Measurement(float(gene * epochs))
        policy.tell(Outcome(one, result))
        told += 1
    return [
        (one.slot, one.architecture.genes[0], one.fidelity and one.fidelity.epochs, one.continues, one.inherits)
        for one in asked
    ]


def test_never_stop_passes_everything_on():
    inner = Scripted(5, 3)
    policy = NeverStop(strategy=inner)
    assert run(policy, 2) == [(0, 5, None, None, None), (1, 3, None, None, None)]
    assert inner.told == [(0, 5.0), (1, 3.0)]
    assert policy.live() == set()


def halving(inner, **changes):
    return SuccessiveHalving(**{"strategy": inner, "rungs": [1, 2, 4], "eta": 2, "bracket_size": 4, **changes})


def test_successive_halving_promotes_the_best_half_of_each_rung():
    inner = Scripted(3, 9, 7, 5, 1, 1, 1, 1)
    # bracket of four: 9 and 7 go on (best first), then 9; then the next bracket begins
    assert run(halving(inner), 8) == [
        (0, 3, 1, None, None),
        (1, 9, 1, None, None),
        (2, 7, 1, None, None),
        (3, 5, 1, None, None),
        (4, 9, 2, 1, None),
        (5, 7, 2, 2, None),
        (6, 9, 4, 1, None),
        (7, 1, 1, None, None),
    ]
    # 3 ends on rung 1, 9 on rung 3 with 9 * 4, 7 on rung 2 with 7 * 2, 5 on rung 1
    assert inner.told == [(0, 3.0), (1, 36.0), (2, 14.0), (3, 5.0)]


def test_the_next_bracket_fills_the_window_while_a_rung_is_completed():
    # width 2: slot 4 is asked when slot 2 is told, one before the rung is complete
    asked = run(halving(Scripted(3, 9, 7, 5, 2, 8, 1, 1, 1)), 8, width=2)
    assert [(slot, gene, epochs) for slot, gene, epochs, *_ in asked] == [
        (0, 3, 1),
        (1, 9, 1),
        (2, 7, 1),
        (3, 5, 1),
        (4, 2, 1),
        (5, 9, 2),
        (6, 7, 2),
        (7, 8, 1),
    ]


def test_ties_go_to_the_lower_slot_and_a_failure_never_goes_on():
    assert [one[3] for one in run(halving(Scripted(6, 6, 6, 6)), 6)[4:]] == [0, 1]
    inner = Scripted(-1, -1, -1, 2)
    policy = halving(inner)
    assert [one[3] for one in run(policy, 6)[4:]] == [3, 3], "one of two places stays empty"
    assert inner.told == [(0, -np.inf), (1, -np.inf), (2, -np.inf), (3, 8.0)]


def test_a_bracket_of_failures_is_over():
    inner = Scripted(-1, -1, -1, -1, 7)
    assert run(halving(inner), 5)[4] == (4, 7, 1, None, None)
    assert [slot for slot, _ in inner.told] == [0, 1, 2, 3]


def test_a_bracket_that_gets_no_more_candidates_is_settled_with_those_it_has():
    inner = Scripted(4, 6, 5)
    # three candidates: floor(3 / 2) = 1 goes on, and of one at least one
    assert run(halving(inner), 10)[3:] == [(3, 6, 2, 1, None), (4, 6, 4, 1, None)]
    assert inner.told == [(0, 4.0), (1, 24.0), (2, 5.0)]


def test_live_are_the_last_slots_of_those_that_may_go_on():
    policy = halving(Scripted(3, 9, 7, 5, 1, 1, 1))
    run(policy, 3)
    assert policy.live() == {0, 1, 2}
    policy = halving(Scripted(3, 9, 7, 5, 1, 1, 1))
    run(policy, 4)
    assert policy.live() == {1, 2}
    policy = halving(Scripted(3, 9, 7, 5, 1, 1, 1))
    run(policy, 5)
    assert policy.live() == {4, 2}, "9 is at slot 4 now"
    policy = halving(Scripted(3, 9, 7, 5, 1, 1, 1))
    run(policy, 7)
    assert policy.live() == set()


def test_median_compares_with_those_before_on_the_same_rung():
    inner = Scripted(4, 8, 5, 7, 6)
    asked = run(Median(strategy=inner, rungs=[1, 3], grace=2), 9)
    # 4 and 8: grace. 5 < median(4, 8) = 6: stops. 7 >= median(4, 5, 8) = 5: goes on. 6 >= median(4, 5, 7, 8) = 6: too
    assert asked == [
        (0, 4, 1, None, None),
        (1, 4, 3, 0, None),
        (2, 8, 1, None, None),
        (3, 8, 3, 2, None),
        (4, 5, 1, None, None),
        (5, 7, 1, None, None),
        (6, 7, 3, 5, None),
        (7, 6, 1, None, None),
        (8, 6, 3, 7, None),
    ]
    assert inner.told == [(0, 12.0), (1, 24.0), (2, 5.0), (3, 21.0), (4, 18.0)]


def test_median_takes_no_failure_for_a_value():
    inner = Scripted(-1, -1, 4, 3, 9)
    asked = run(Median(strategy=inner, rungs=[1, 2], grace=1), 7)
    assert [(gene, epochs) for _, gene, epochs, *_ in asked] == [
        (-1, 1),
        (-1, 1),
        (4, 1),
        (4, 2),
        (3, 1),
        (9, 1),
        (9, 2),
    ]


def evolution(inner, **changes):
    settings = {"generation_size": 3, "survivors": 1, "short_epochs": 1, "long_epochs": 5, "remembered_generations": 1}
    return Evolution(strategy=inner, **{**settings, **changes})


def test_survivors_train_on_and_their_offspring_inherit():
    inner = Scripted(2, 6, 4, (7, (1,)), (3, (0,)), (1, (2, 1)), (5, (3,)), (5, (1,)), (5, (4,)))
    policy = evolution(inner)
    # generation 1: 6 survives, at slot 3. Offspring of candidate 1 inherit slot 3; those of 0 (a loser) begin afresh
    assert run(policy, 11, width=4) == [
        (0, 2, 1, None, None),
        (1, 6, 1, None, None),
        (2, 4, 1, None, None),
        (3, 6, 5, 1, None),
        (4, 7, 1, None, 3),
        (5, 3, 1, None, None),
        (6, 1, 1, None, 3),
        (7, 7, 5, 4, 3),
        (8, 5, 1, None, 7),
        (9, 5, 1, None, None),
        (10, 5, 1, None, None),
    ]
    assert inner.told[:6] == [(0, 2.0), (1, 30.0), (2, 4.0), (3, 35.0), (4, 3.0), (5, 1.0)]
    # 5 at slot 8 goes on (the first among equals) and inherits slot 7, which is the remembered survivor as well
    assert policy.live() == {8, 7}


def test_parents_are_named_by_the_last_slot_they_reached():
    asked = evolution(Scripted(2, 6, 4, (7, (1, 0))))
    run(asked, 4)
    (child,) = asked.ask(range(4, 5), STREAMS)
    assert child.parents == (3, 0)


def test_older_survivors_may_be_remembered():
    script = (2, 6, 4, (7, (1,)), (3, (0,)), (1, (2, 1)), (5, (3,)), (5, (1,)), (5, (4,)))
    asked = run(evolution(Scripted(*script), remembered_generations=2), 11)
    assert [one[4] for one in asked[8:]] == [7, 3, None]


def test_a_generation_that_gets_no_more_candidates_is_settled_with_those_it_has():
    inner = Scripted(2, 6)
    assert run(evolution(inner), 9) == [(0, 2, 1, None, None), (1, 6, 1, None, None), (2, 6, 5, 1, None)]
    assert inner.told == [(0, 2.0), (1, 30.0)]


INNER = Scripted()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: halving(INNER, rungs=[4]), "successive_halving rungs ([4]) must be at least two numbers of epochs"),
        (lambda: halving(INNER, rungs=[2, 2]), "each above the one before"),
        (lambda: halving(INNER, rungs=[0, 2]), "successive_halving rungs ([0, 2])"),
        (lambda: halving(INNER, eta=1), "successive_halving eta (1) must be at least 2"),
        (
            lambda: halving(INNER, bracket_size=3),
            "bracket_size (3) must be at least 4 (eta to the",
        ),
        (lambda: Median(strategy=INNER, rungs=[3, 1], grace=1), "median rungs ([3, 1])"),
        (lambda: Median(strategy=INNER, rungs=[1, 3], grace=0), "median grace (0) must be at least 1"),
        (lambda: evolution(INNER, long_epochs=1), "evolution (short_epochs, long_epochs as) rungs ([1, 1])"),
        (lambda: evolution(INNER, survivors=0), "survivors (0) must be at least 1 and below generation_size (3)"),
        (lambda: evolution(INNER, survivors=3), "survivors (3) must be at least 1 and below generation_size (3)"),
        (lambda: evolution(INNER, remembered_generations=0), "remembered_generations (0) must be at least 1"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        make()
