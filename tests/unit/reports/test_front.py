"""Fronts and bounds in a report; the values of the runs are those of conftest's ``value_of``."""

import re

import numpy as np
import pytest

from nasray.analysis.trade_off import TradeOff
from nasray.core.objective import Constraint, Objective
from nasray.reports.arm import group_arms
from nasray.reports.front_chart import ArmPoints, draw_front
from nasray.reports.front_section import bounds_of, front_section, shared_trade_off
from nasray.reports.notices import notices
from nasray.reports.report import render
from nasray.reports.run_view import RunView

OBJECTIVES = (Objective(column="value", direction="maximize"), Objective(column="parameters", direction="minimize"))
BOTH = TradeOff(objectives=OBJECTIVES)
SMALL = TradeOff(objectives=OBJECTIVES, constraints=(Constraint(column="parameters", at_most=73_306.0 + 8),))
RANDOM = {"strategy": {"_target_": "nasray.strategies.random_search.RandomSearch"}}


@pytest.fixture
def view(make_run):
    def make(name="run", trade_off=BOTH, **changes):
        asked = {"trade_off": trade_off.to_json()} if trade_off else {}
        return RunView.read(make_run(name, n=12, manifest=asked, **changes))

    return make


def test_the_front_of_one_run(view):
    # Parameters grow with the slot, so the front is where the value is a new record: 90.00, 90.15, 90.55.
    section = front_section(group_arms([view()]))
    assert [(cell.slot, cell.value) for cell in section.arms[0].cells] == [(11, 90.55), (8, 90.15), (0, 90.0)]
    assert section.columns == ("parameters",)
    # The corner: the poorest value is that of slot 6, 90 + 0.3 - 9 / 4; the most parameters are 73,306 + 11.
    assert section.reference.startswith("value 88.05, parameters 73,317 (the worst feasible values")


def test_the_hypervolume_is_that_of_the_staircase(view):
    # From (88, 73,318): slot 0 covers 2 x 12, slot 8 adds 0.15 x 4, slot 11 adds 0.4 x 1.
    section = front_section(group_arms([view(trade_off=TradeOff(objectives=OBJECTIVES, reference=(88.0, 73_318.0)))]))
    assert section.final == (("all runs", "25", 1),)
    assert section.reference == "value 88, parameters 73,318 (as configured)"


def test_what_breaks_a_bound_is_neither_on_the_front_nor_the_best(view):
    found = view(trade_off=SMALL, finished=False)
    assert [cell.slot for cell in front_section(group_arms([found])).arms[0].cells] == [8, 0]
    assert found.top[0].slot == 8
    assert np.isneginf(found.values[[3, 9, 10, 11]]).all()  # a failure, and three that are too large
    (bounds,) = bounds_of(group_arms([found]))
    assert bounds.rules == ("parameters at most 73,314",)
    assert bounds.share == "72.7\u00a0%"  # 8 of the 11 that were measured


def test_a_search_with_one_objective_is_shown_beside_the_others(view):
    section = front_section(group_arms([view(), view("other", None, config=RANDOM)]))
    assert len(section.arms) == len(section.final) == 2
    assert section.arms[1].cells == section.arms[0].cells


def test_no_objectives_no_section(view):
    arms = group_arms([view(trade_off=None)])
    assert front_section(arms) is None
    assert bounds_of(arms) == []
    assert 'id="front"' not in render([view("other", None)])


def test_runs_that_trade_off_different_things_share_no_front(view):
    turned = TradeOff(objectives=OBJECTIVES[::-1])
    views = [view(), view("other", turned, config=RANDOM)]
    assert shared_trade_off(group_arms(views)) is None
    assert any("trade off different things" in notice for notice in notices(views, group_arms(views)))


def test_nothing_feasible_is_said(view):
    tiny = TradeOff(objectives=OBJECTIVES, constraints=(Constraint(column="parameters", at_most=1.0),))
    views = [view(trade_off=tiny)]
    assert front_section(group_arms(views)) is None
    assert any("no candidate that keeps its constraints" in notice for notice in notices(views, group_arms(views)))
    assert "0.0\u00a0%" in render(views)


def test_the_page_has_it_all(view):
    page = render([view(trade_off=SMALL), view("second", SMALL, seed=1)])
    assert 'id="front"' in page
    assert 'id="constraints"' in page
    assert "Hypervolume over evaluations" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)), "an id is used twice"


def test_a_staircase_in_pixels():
    # Losses (-value, ms); the front runs along the first point's value until the second point's latency, then up.
    points = np.array([[-3.0, 4.0], [-1.0, 2.0]])
    arm = ArmPoints("all runs", "s-0", np.vstack([points, [[-1.0, 4.0]]]), points)
    chart = draw_front([arm], BOTH, (0, 1), 1000.0, 500.0)
    (x1, y1), (x2, y2) = [
        tuple(map(float, place.split())) for place in re.findall(r"M([\d. ]+)h0", chart.series[0].points)
    ]
    assert x1 < x2
    assert y1 > y2, "pixels count downwards"
    assert chart.series[0].line == f"M{x1:g} {y1:g}H{x2:g}V{y2:g}"
    assert chart.x_title == "parameters (lower is better)"
    assert chart.n_outside == 0


def test_three_objectives_have_three_shadows_without_a_line(view):
    third = Objective(column="value", direction="minimize")
    section = front_section(group_arms([view(trade_off=TradeOff(objectives=(*OBJECTIVES, third)))]))
    assert len(section.charts) == 3
    assert all(not chart.series[0].line for pair in section.charts for _, chart in pair)
