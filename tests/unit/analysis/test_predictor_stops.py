"""What proposals note of predictors that were stopped."""

from nasray.analysis.predictor_stops import PredictorStops
from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal


def told(*notes):
    stops = PredictorStops()
    for slot, note in enumerate(notes):  # one by one, as they arrive
        stops.add([Outcome(Proposal(slot, Architecture((slot,)), notes=note), Measurement(1.0))])
    return stops.sentences


def test_one_that_is_stopped_for_good_notes_it_once():
    noted = {"predictor_switch": {"stopped": "no finite score for all of 6 candidates"}}
    assert told(None, {"score": 1.0}, noted, None) == [
        "predictor_switch: the predictor was stopped at slot 2, because it gave no finite score for all of 6 candidates"
    ]


def test_slots_that_were_chosen_without_it_are_counted():
    noted = {"screened": {"candidate": 0, "stopped": "the same score (7) for the last 30 candidates"}}
    assert told({"screened": {"candidate": 0, "scores": [7.0]}}, noted, noted) == [
        "screened: the predictor was stopped at slot 1, because it gave the same score (7) for the last 30 candidates; "
        "2 slots were chosen without it"
    ]


def test_each_rung_of_a_ladder_for_itself():
    notes = {"ladder": [{"rung": "ols", "genes": [], "scores": []}, {"rung": "ols", "stopped": "no finite score"}]}
    assert told(notes) == ["rung ols: the predictor was stopped at slot 0, because it gave no finite score"]


def test_nothing_was_stopped():
    assert told(None, {}, {"score": 2.0}) == []
