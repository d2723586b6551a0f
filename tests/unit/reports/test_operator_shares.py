import pytest

from nasray.reports.arm import group_arms
from nasray.reports.operator_shares import operator_shares, palette_of
from nasray.reports.run_view import RunView


def row(text, *operators):
    edges = [[index, index + 1] for index in range(len(operators) + 1)]
    graph = {"operators": ["input", *operators, "output"], "edges": edges}
    return {"slot": 0, "text": text, "value": 90.0, "operation": "random", "columns": {}, "graph": graph}


def shares(*runs):
    arms = group_arms([RunView.read(run) for run in runs])
    return [(each.name, each.top, each.everything) for each in operator_shares(arms[0], palette_of(arms))]


def test_the_best_beside_all(make_run):
    top = [row("x", "conv", "conv"), row("y", "conv", "skip")]
    run = make_run(result={"top": top, "operators": {"conv": 30, "skip": 50, "pool": 20}})
    assert shares(run) == [
        ("conv", 3 / 4, pytest.approx(0.3)),
        ("skip", 1 / 4, pytest.approx(0.5)),
        ("pool", 0.0, pytest.approx(0.2)),
    ]


def test_runs_that_did_not_count_show_the_best_alone(make_run):
    assert shares(make_run(result={"top": [row("x", "conv", "skip")]})) == [("conv", 0.5, None), ("skip", 0.5, None)]


def test_seeds_are_added_up(make_run):
    top = [row("x", "conv")]
    runs = [
        make_run("a", result={"top": top, "operators": {"conv": 10}}),
        make_run("b", seed=1, result={"top": top, "operators": {"conv": 10, "skip": 20}}),
    ]
    assert shares(*runs) == [("conv", 1.0, 0.5), ("skip", 0.0, 0.5)]
