"""Objectives and constraints applied to outcomes, by hand."""

import json
import math

import pytest

from nasray.analysis.trade_off import NOTHING, TradeOff
from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.objective import Constraint, Objective
from nasray.core.proposal import Proposal

BOTH = TradeOff(
    objectives=(Objective(column="value", direction="maximize"), Objective(column="ms", direction="minimize")),
    constraints=(Constraint(column="ms", at_most=8.0),),
)


def outcome(slot, value, ms, genes=None):
    return Outcome(
        Proposal(slot, Architecture((slot,) if genes is None else genes)), Measurement(value, columns={"ms": ms})
    )


FAILED = Outcome(Proposal(9, Architecture((9,))), Failure("exception", "boom"))


def test_losses_are_lower_where_it_is_better():
    assert BOTH.loss(outcome(0, 90.0, 5.0)) == (-90.0, 5.0)


def test_what_failed_or_breaks_a_bound_has_no_place():
    assert BOTH.loss(FAILED) is None
    assert BOTH.loss(outcome(0, 99.0, 8.1)) is None


def test_violations():
    assert BOTH.violation(outcome(0, 99.0, 12.0)) == 0.5
    assert BOTH.violation(outcome(0, 99.0, 8.0)) == 0.0
    assert BOTH.violation(FAILED) == math.inf


def test_the_front_is_feasible_distinct_and_sorted():
    # (99, 9) breaks the bound; (80, 6) is beaten by (90, 5); the second evaluation of (0,) is left out.
    told = [outcome(0, 70, 1), outcome(1, 90, 5), outcome(2, 99, 9), outcome(3, 80, 6), outcome(4, 70, 1, (0,)), FAILED]
    assert [one.proposal.slot for one in BOTH.front(told)] == [1, 0]


def at(slot, epochs, value, ms, gene):
    fidelity = None if epochs is None else Fidelity(epochs)
    return Outcome(Proposal(slot, Architecture((gene,)), fidelity=fidelity), Measurement(value, columns={"ms": ms}))


def test_a_front_compares_full_effort_only():
    # Candidate 1 looked best after 1 epoch and was stopped; 2 went on, and is worse than it looked; 3 failed to go on.
    told = [at(0, 1, 60, 3, 1), at(1, 1, 55, 2, 2), at(2, 1, 50, 1, 3), at(3, 4, 40, 2, 2), FAILED]
    assert [one.proposal.slot for one in BOTH.front(told)] == [3]
    assert BOTH.losses(told) == [None, None, None, (-40, 2), None]
    assert [one.proposal.slot for one in BOTH.front(told[:3])] == [0, 1, 2], "of one rung, all are compared"
    told.append(at(5, None, 10, 1, 4))
    assert [one.proposal.slot for one in BOTH.front(told)] == [5], "no fidelity is the evaluator's full effort"


def test_no_feasible_outcome_has_no_front():
    assert BOTH.front([FAILED]) == []


def test_the_corner_is_the_worst_or_what_was_stated():
    assert BOTH.corner([(-90.0, 5.0), None, (-70.0, 1.0)]).tolist() == [-70.0, 5.0]
    stated = TradeOff(objectives=BOTH.objectives, reference=(50.0, 10.0))
    assert stated.corner([]).tolist() == [-50.0, 10.0]


def test_losses_in_their_own_units():
    assert BOTH.in_units([-90.0, 5.0]) == [90.0, 5.0]


@pytest.mark.parametrize("one", [BOTH, NOTHING, TradeOff(objectives=BOTH.objectives, reference=(1.0, 2.0))])
def test_it_survives_json(one):
    assert TradeOff.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_a_column_that_is_not_measured():
    with pytest.raises(CapabilityError, match="no column 'ms'"):
        BOTH.loss(Outcome(Proposal(0, Architecture((0,))), Measurement(1.0)))
