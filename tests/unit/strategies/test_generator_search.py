"""A generator that is shown the best so far."""

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.generator_search import GeneratorSearch

SPACE = NasBench201(channels=2, cells_per_stage=1)
STREAMS = Streams(0, "strategy")


class Recording:
    """Proposes one cell, and keeps what it was shown."""

    def __init__(self):
        self.shown = []

    def propose(self, context, n, rng):
        self.shown.append([one.genes[0] for one in context])
        return [cell(4)] * n


def cell(first):
    return Architecture((first, 0, 0, 0, 0, 0))


def outcome(slot, first, value):
    result = Measurement(value) if value is not None else Failure("exception", "no")
    return Outcome(Proposal(slot, cell(first)), result)


def search(**changes):
    return GeneratorSearch(**{"space": SPACE, "generator": Recording(), "warm_up": 4, "context": 2, **changes})


def test_random_members_then_what_the_generator_makes_of_the_best():
    one = search()
    assert [proposal.operation for proposal in one.ask(range(4), STREAMS)] == ["random"] * 4
    for slot, (first, value) in enumerate([(0, 1.0), (1, 3.0), (2, None), (3, 2.0), (1, 0.5), (2, 2.0)]):
        one.tell(outcome(slot, first, value))
    (made,) = one.ask(range(4, 5), STREAMS)
    assert (made.slot, made.operation, made.architecture) == (4, "generated", cell(4))
    assert one.generator.shown == [[1, 3]], "best first, the earlier first among equals, none twice, no failures"


def test_a_restart_knows_what_was_best():
    again = search(warm_up=0)
    again.restore([outcome(0, 0, 1.0), outcome(1, 3, 2.0)])
    again.ask(range(2, 3), STREAMS)
    assert again.generator.shown == [[3, 0]]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"generator": None}, CapabilityError, "needs a generator and got none; choose one"),
        ({"warm_up": -1}, ConfigError, r"warm_up \(-1\) must not be negative"),
        ({"context": 0}, ConfigError, r"context \(0\) must be at least 1"),
    ],
)
def test_impossible_settings_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        search(**changes)
