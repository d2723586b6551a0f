"""Bounds that exclude each other, violations added up."""

import math

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.objective import Constraint
from nasray.core.proposal import Proposal
from nasray.strategies.feasibility import check_compatible, violation_of

SMALL = Constraint(column="parameters", at_most=100.0)
FAST = Constraint(column="latency_ms", at_most=4.0)
CELL = Proposal(0, Architecture((0,)))


def test_violations_are_relative_and_added_up():
    # 150 is 0.5 of 100 above it, 5 is 0.25 of 4 above it.
    measured = Measurement(1.0, columns={"parameters": 150.0, "latency_ms": 5.0})
    assert violation_of(Outcome(CELL, measured), [SMALL, FAST]) == 0.75


def test_what_keeps_every_bound_violates_nothing():
    measured = Measurement(1.0, columns={"parameters": 100.0, "latency_ms": 4.0})
    assert violation_of(Outcome(CELL, measured), [SMALL, FAST]) == 0.0


def test_a_failure_is_the_most_infeasible_of_all():
    assert violation_of(Outcome(CELL, Failure("exception", "boom")), [SMALL]) == math.inf


def test_a_column_that_nobody_measures():
    with pytest.raises(CapabilityError, match="no column 'latency_ms'; it measures: parameters"):
        violation_of(Outcome(CELL, Measurement(1.0, columns={"parameters": 1.0})), [FAST])


def test_bounds_of_several_constraints_on_one_column_must_meet():
    large = Constraint(column="parameters", at_least=200.0)
    with pytest.raises(ConfigError, match="on parameters contradict each other: at_least 200 is above at_most 100"):
        check_compatible([SMALL, FAST, large], "Nsga2")


def test_bounds_that_meet_are_let_through():
    check_compatible([SMALL, FAST, Constraint(column="parameters", at_least=100.0)], "Nsga2")
