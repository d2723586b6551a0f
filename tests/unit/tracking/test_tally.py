"""Running totals, by hand."""

import pytest

from nasray.analysis.trade_off import TradeOff
from nasray.core.architecture import Architecture
from nasray.core.measurement import Cost, Failure, Measurement, Outcome
from nasray.core.objective import Constraint
from nasray.core.proposal import Proposal
from nasray.tracking.tally import Tally


def outcomes() -> list[Outcome]:
    results = [
        Measurement(1.0, Cost(0.5, 10.0)),
        Failure("timeout", "too slow", cost=Cost(2.0, 0.0)),
        Measurement(3.0, Cost(0.5, 20.0)),
        Measurement(3.0, Cost(1.0, 30.0)),
    ]
    return [Outcome(Proposal(slot, Architecture((slot,))), result) for slot, result in enumerate(results)]


@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_totals_do_not_depend_on_the_chunks(chunk: int):
    tally = Tally()
    told = outcomes()
    for first in range(0, 4, chunk):
        tally.add(told[first : first + chunk])
    assert (tally.done, tally.failures, tally.wall_seconds, tally.benchmark_seconds) == (4, 1, 4.0, 60.0)
    assert tally.best is told[2]  # the first of two equals
    assert tally.take_batch_mean() == pytest.approx(7 / 3)
    assert tally.take_batch_mean() is None


def test_nothing_but_failures_has_no_best():
    tally = Tally()
    tally.add([outcomes()[1]])
    assert tally.best is None
    assert tally.take_batch_mean() is None


def test_what_breaks_a_bound_is_not_the_best():
    tally = Tally(TradeOff(constraints=(Constraint(column="value", at_most=2.0),)))
    told = outcomes()
    tally.add(told)
    assert tally.best is told[0]
