"""Where scores are found among notes."""

import pytest

from nasray.analysis.scored import Scored, scored
from nasray.core.architecture import Architecture
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal

CELL = Architecture((1,))


def outcome(notes, result=None):
    return Outcome(Proposal(0, CELL, notes=notes), result or Measurement(5.0))


def test_a_screened_candidate_has_its_own_score_in_its_direction():
    notes = {"screened": {"candidate": 1, "scores": [0.0, 2.0], "reserved": True}}
    assert scored(outcome(notes), True) == Scored(CELL, 2.0, 5.0, True, None)
    assert scored(outcome(notes), False) == Scored(CELL, -2.0, 5.0, True, None)


def test_claims_are_those_of_a_predictor_of_which_more_is_better():
    notes = {"screened": {"candidate": 0, "scores": [2.0], "in_unit": True, "interval": [1.0, 4.0]}}
    assert scored(outcome(notes), True) == Scored(CELL, 2.0, 5.0, False, None, in_unit=True, interval=(1.0, 4.0))
    assert scored(outcome(notes), False) == Scored(CELL, -2.0, 5.0, False, None, interval=(1.0, 4.0))


@pytest.mark.parametrize("notes", [{"score": 2.0}, {"prune_evolve": {"score": 2.0}, "other": 1}])
def test_other_scores_are_better_when_higher_whatever_the_direction(notes):
    assert scored(outcome(notes), False) == Scored(CELL, 2.0, 5.0, False, None)


def test_a_measured_size_goes_along():
    found = scored(outcome({"score": 2.0}, Measurement(5.0, columns={"parameters": 7.0})), True)
    assert found is not None
    assert found.size == 7.0


@pytest.mark.parametrize(
    "notes",
    [
        None,
        {},
        {"score": None},
        {"screened": {"candidate": 0, "scores": [None]}},
        {"screened": {"candidate": 0, "stopped": "why"}},
    ],
)
def test_without_a_number_there_is_nothing(notes):
    assert scored(outcome(notes), True) is None


def test_nor_for_a_failure():
    assert scored(outcome({"score": 2.0}, Failure("exception", "on purpose")), True) is None
