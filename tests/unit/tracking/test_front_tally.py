"""The front so far, by hand."""

import pytest

from nasray.analysis.trade_off import TradeOff
from nasray.core.architecture import Architecture
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.objective import Constraint, Objective
from nasray.core.proposal import Proposal
from nasray.tracking.front_tally import FRONT_SIZE, HYPERVOLUME, FrontTally

OBJECTIVES = (Objective(column="value", direction="maximize"), Objective(column="ms", direction="minimize"))


def outcome(slot, value, ms):
    return Outcome(Proposal(slot, Architecture((slot,))), Measurement(value, columns={"ms": ms}))


def test_from_a_stated_reference():
    tally = FrontTally(TradeOff(objectives=OBJECTIVES, reference=(0.0, 10.0)))
    tally.add([outcome(0, 2.0, 4.0), outcome(1, 1.0, 5.0)])
    assert tally.row() == {HYPERVOLUME: 2.0 * 6.0, FRONT_SIZE: 1}
    tally.add([outcome(2, 3.0, 8.0)])
    assert tally.row() == {HYPERVOLUME: 2.0 * 6.0 + 1.0 * 2.0, FRONT_SIZE: 2}


def test_from_the_worst_so_far():
    tally = FrontTally(TradeOff(objectives=OBJECTIVES))
    tally.add([outcome(0, 2.0, 4.0)])
    assert tally.row() == {HYPERVOLUME: 0.0, FRONT_SIZE: 1}
    tally.add([outcome(1, 1.0, 7.0)])
    assert tally.row() == {HYPERVOLUME: 3.0, FRONT_SIZE: 1}


def test_only_the_highest_rung_counts():
    early = Outcome(Proposal(0, Architecture((0,)), fidelity=Fidelity(2)), Measurement(9.0, columns={"ms": 1.0}))
    tally = FrontTally(TradeOff(objectives=OBJECTIVES, reference=(0.0, 10.0)))
    tally.add([early])
    assert tally.row() == {HYPERVOLUME: 9.0 * 9.0, FRONT_SIZE: 1}
    tally.add([outcome(1, 2.0, 4.0), early])
    assert tally.row() == {HYPERVOLUME: 2.0 * 6.0, FRONT_SIZE: 1}


def test_nothing_feasible_has_no_row():
    tally = FrontTally(TradeOff(objectives=OBJECTIVES, constraints=(Constraint(column="ms", at_most=1.0),)))
    tally.add([outcome(0, 2.0, 4.0), Outcome(Proposal(1, Architecture((1,))), Failure("exception", "boom"))])
    assert tally.row() == {}


@pytest.mark.parametrize("cuts", [(1, 2, 3), (6,), (2, 5)])
def test_chunks_do_not_matter(cuts):
    told = [outcome(slot, slot * 7 % 5, slot * 3 % 4) for slot in range(8)]
    whole, cut = (FrontTally(TradeOff(objectives=OBJECTIVES)) for _ in range(2))
    whole.add(told)
    for begin, end in zip((0, *cuts), (*cuts, 8), strict=True):
        cut.add(told[begin:end])
    assert cut.row() == whole.row()
