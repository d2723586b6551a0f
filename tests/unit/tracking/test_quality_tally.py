"""What a search's own outcomes say about the scores it used."""

import pytest

from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.tracking.quality_tally import QUALITY_METRICS, QualityTally


def outcome(slot, score, value, **further):
    notes = {"screened": {"candidate": 1, "scores": [0.0, score], **further}}
    return Outcome(Proposal(slot, Architecture((slot,)), notes=notes), Measurement(value))


def test_nothing_is_said_before_ten_truths():
    tally = QualityTally(True)
    tally.add([outcome(slot, slot, float(slot)) for slot in range(9)])
    tally.add([Outcome(Proposal(9, Architecture((9,))), Measurement(1.0))])  # it has no score
    assert tally.row() == {}


@pytest.mark.parametrize(("higher", "tau"), [(True, 1.0), (False, -1.0)])
def test_figures_of_all_and_of_the_reserved(higher, tau):
    tally = QualityTally(higher)
    tally.add([outcome(slot, slot, float(slot), reserved=slot % 2 == 0) for slot in range(20)])
    row = tally.row()
    assert (row["predictor/n"], row["predictor_reserved/n"]) == (20, 10)
    assert [row["predictor/tau"], row["predictor_reserved/spearman"]] == pytest.approx([tau, tau])
    assert (row["predictor/k"], row["predictor_reserved/k"]) == (5, 2), "ten of ten would be no finding"
    assert row["predictor/precision"] == (1.0 if higher else 0.0)
    assert set(row) <= set(QUALITY_METRICS)


def test_size_bias_is_shown_where_sizes_were_measured():
    tally = QualityTally(True)
    values = [float((7 * slot) % 20) for slot in range(20)]
    tally.add(
        [
            Outcome(one.proposal, Measurement(value, columns={"parameters": float(slot)}))
            for slot, value in enumerate(values)
            for one in [outcome(slot, slot, value)]
        ]
    )
    row = tally.row()
    # the score is the size: its correlation with the size is 1, the bias what is missing to that, the control alike
    assert row["predictor/size_tau"] == pytest.approx(row["predictor/tau"])
    assert row["predictor/size_spearman"] == pytest.approx(row["predictor/spearman"])
    assert row["predictor/size_bias"] == pytest.approx(1 - row["predictor/spearman"])


def test_claims_are_held_against_the_truth():
    tally = QualityTally(True)
    claims = [{"in_unit": True, "interval": [slot, slot + 1], "reserved": slot < 10} for slot in range(20)]
    tally.add([outcome(slot, 2.0 * slot, slot + (slot >= 5) + 0.5, **one) for slot, one in enumerate(claims)])
    row = tally.row()
    assert (row["predictor/coverage"], row["predictor_reserved/coverage"]) == (0.25, 0.5)
    assert row["predictor/bias"] == pytest.approx(9.5 - 0.75 - 0.5)
    assert 0.5 < row["predictor/calibration_slope"] < 0.6, "scores differ by twice as much as truths, and a step"
    assert set(row) <= set(QUALITY_METRICS)


def test_a_constant_predictor_is_shown_as_one():
    tally = QualityTally(True)
    tally.add([outcome(slot, 1.0, float(slot)) for slot in range(12)])
    assert tally.row() == {"predictor/n": 12, "predictor/distinct": 1}


def test_a_score_that_was_no_number_is_left_out():
    tally = QualityTally(True)
    tally.add([outcome(slot, None, float(slot)) for slot in range(12)])
    assert tally.row() == {}
