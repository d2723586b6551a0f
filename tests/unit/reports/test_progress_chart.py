import numpy as np
import pytest

from nasray.reports.arm import group_arms
from nasray.reports.progress_chart import Curves, curves_of, draw_progress
from nasray.reports.run_view import RunView


def arms_of(*runs):
    return group_arms([RunView.read(run) for run in runs])


def curves(*rows, scatter=None, falling=False, references=()):
    return Curves(("arm",), (np.array(rows, dtype=float),), scatter, falling, references)


def test_one_run_shows_its_candidates(make_run):
    data = curves_of(arms_of(make_run()))
    assert data.scatter is not None
    assert len(data.scatter) == 40
    assert not data.falling
    assert data.references == ((99.0, "best of the space"), (93.0, "top 0.1 %"))


def test_several_runs_with_one_optimum_show_regret(make_run):
    runs = [make_run(f"run{seed}", seed=seed) for seed in range(2)]
    data = curves_of(arms_of(*runs))
    views = [RunView.read(run) for run in runs]
    assert data.falling
    assert data.scatter is None
    assert data.references == ((6.0, "top 0.1 %"),)
    np.testing.assert_allclose(data.curves[0][:, -1], [99.0 - view.values.max() for view in views])


@pytest.mark.parametrize("optimum", [None, {"valid": 91.0, "top_share_threshold": None}])
def test_without_a_credible_optimum_there_is_no_regret(make_run, optimum):
    runs = [make_run(f"run{seed}", seed=seed, result={"optimum": optimum}) for seed in range(2)]
    assert not curves_of(arms_of(*runs)).falling


def test_arms_of_different_optima_show_no_regret(make_run):
    other = make_run("b", seed=1, config={"space": {"_target_": "Other"}}, result={"optimum": {"valid": 97.0}})
    assert not curves_of(arms_of(make_run("a"), other)).falling


def test_a_step_is_drawn_where_the_best_changes():
    chart = draw_progress(curves([1, 1, 2, 2, 2]), 962, 400)
    # Five evaluations on 52 … 952 pixels: 225 each. A flat axis from 0.94 to 2.06 between 360 and 14.
    assert chart.series[0].line == "M52 341.5H502V32.5H952"


def test_poor_candidates_are_marked_on_the_rim():
    values = np.array([10.0, 90.0, 91.0, -np.inf, 92.0, 93.0])
    chart = draw_progress(curves(np.maximum.accumulate(values), scatter=values), 960, 400)
    assert chart.series[0].points.count("h0") == 3
    assert chart.n_below == chart.series[0].below.count("v6") == 2


def test_many_candidates_are_thinned():
    values = np.linspace(0, 1, 10_001)
    chart = draw_progress(curves(values, scatter=values), 960, 400)
    assert chart.series[0].points.count("h0") + chart.series[0].below.count("v6") == 1_667  # every sixth
    assert chart.x_log


def test_the_band_holds_the_mean():
    chart = draw_progress(curves([0, 1, 2, 3], [0, 2, 3, 4], [0, 2, 4, 5]), 960, 400)
    series = chart.series[0]
    ends = [float(part.split()[1]) for part in series.band.strip("MZ").split("L")]
    mean = [float(part.split()[1]) for part in series.line.strip("M").split("L")]
    upper, lower = ends[:4], ends[:3:-1]
    assert all(high <= middle <= low for high, middle, low in zip(upper, mean, lower, strict=True))
    assert len(series.seeds) == 3


def test_what_nobody_measured_is_not_drawn():
    chart = draw_progress(curves([-np.inf] * 3, [-np.inf] * 3), 960, 400)
    assert (chart.series[0].line, chart.series[0].band) == ("", "")
    nothing = np.full(3, -np.inf)
    assert draw_progress(curves(nothing, scatter=nothing), 960, 400).series[0].line == ""


def test_the_first_tick_is_the_first_evaluation():
    chart = draw_progress(curves(np.arange(200.0)), 960, 400)
    assert [label for _, label in chart.x_ticks] == ["1", "50", "100", "150", "200"]


def test_large_numbers_have_labels_that_fit():
    curve = np.linspace(57.5e6, 62.8e6, 30)[None]
    chart = draw_progress(Curves(("a",), (curve,), None, False, ()), 340.0, 220.0)
    assert [label for _, label in chart.y_ticks] == ["5.80e7", "5.90e7", "6.00e7", "6.10e7", "6.20e7", "6.30e7"]
