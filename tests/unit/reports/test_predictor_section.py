"""The table about scores, from what results hold."""

from types import SimpleNamespace
from typing import Any

from nasray.reports.predictor_section import predictor_section


def row(**changes: Any) -> dict[str, Any]:
    usual = {"part": "all", "scores": "Ridge", "n": 20, "distinct": 9, "tau": 0.5, "spearman": 0.7, "k": 5}
    return usual | {"precision": 0.4, "ndcg": 0.9, "size_bias": 0.25} | changes


def arm(*results: Any) -> Any:
    return SimpleNamespace(label="an arm", runs=[SimpleNamespace(result=one) for one in results])


def test_rows_are_means_over_seeds():
    found = predictor_section([arm({"predictor": [row()]}, {"predictor": [row(tau=0.3, k=4, n=30)]})])
    assert [(one.scores, one.part, one.n, one.distinct) for one in found] == [("Ridge", "all slots", "25", "9")]
    tau, spearman, precision, ndcg, bias = found[0].figures
    assert (tau, spearman, ndcg, bias) == ("0.400", "0.700", "0.900", "+0.250")
    assert precision.startswith("40")
    assert precision.endswith(" of 4 to 5")


def test_what_is_not_known_is_a_dash():
    constant = {"part": "reserved", "scores": "Ridge", "n": 20, "distinct": 1}
    (found,) = predictor_section([arm({"predictor": [constant]})])
    assert (found.part, found.distinct, set(found.figures)) == ("reserved slots", "1", {"\u2013"})
    (found,) = predictor_section([arm({"predictor": [row(size_bias=None)]})])
    assert found.figures[-1] == "\u2013"


def test_calibration_is_shown_where_it_is_known():
    known = row(calibration_slope=0.5, bias=-0.75, coverage=0.625)
    predictor, control = predictor_section([arm({"predictor": [known, row(scores="parameters")]})])
    assert predictor.calibration == ("0.500", "-0.75", "62.5\u00a0% (80\u00a0%)")
    assert control.calibration == ()


def test_unfinished_old_and_plain_runs_have_no_rows():
    assert predictor_section([arm(None, {}, {"predictor": None})]) == []
