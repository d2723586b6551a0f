"""Runs that measure different things are told apart before they are compared."""

import pytest

from nasray.core.errors import ConfigError
from nasray.reports.comparable import check_comparable
from nasray.reports.run_view import RunView

SPACE = {"_target_": "nasray.spaces.nasbench201.NasBench201", "channels": 8}


def table(dataset, epochs=200):
    return {"_target_": "a.TableEvaluator", "table": "toy", "dataset": dataset, "epochs": epochs}


def training(folder, n_train):
    return {"_target_": "a.Training", "images": {"_target_": "b.Npz", "train": folder, "n_train": n_train}}


def check(*runs):
    check_comparable([RunView.read(run) for run in runs])


def test_seeds_strategies_and_recipes_may_be_compared(make_run):
    evaluator = {**training("x", 5), "recipe": {"epochs": 1}}
    other = {"strategy": {"_target_": "Other"}, "evaluator": {**evaluator, "recipe": {"epochs": 2}}}
    check(make_run("a", config={"evaluator": evaluator}), make_run("b", seed=1, config=other))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            {"manifest": {"metric": "valid loss"}},
            {},
            r"metric is 'valid loss' in .*/a, but 'valid accuracy \(%\)' in .*/b",
        ),
        (
            {"config": {"space": SPACE}},
            {"config": {"space": {**SPACE, "channels": 16}}},
            "space.channels is 8 in .*/a, but 16",
        ),
        (
            {"config": {"evaluator": table("cifar10")}},
            {"config": {"evaluator": {"_target_": "a.Noisy", "inner": table("cifar100")}}},
            "compared: evaluator.dataset is cifar10 in .*/a, but cifar100 in .*/b. Write one report for each kind",
        ),
        (
            {"manifest": {"data": [{"name": "toy", "sha256": "a" * 64, "provenance": ""}]}},
            {"manifest": {"data": [{"name": "toy", "sha256": "b" * 64, "provenance": ""}]}},
            "data toy is aaaaaaaaaaaa in .*/a, but bbbbbbbbbbbb in .*/b",
        ),
        (
            {"config": {"evaluator": training("x", 5)}},
            {"config": {"evaluator": training("x", 9)}},
            "images.n_train is 5 in .*/a, but 9",
        ),
        (
            {"config": {"evaluator": training("x", 5)}},
            {"config": {"evaluator": table("cifar10")}},
            r"images._target_ is Npz in .*/a, but not set in .*/b.*; and \d more settings",
        ),
    ],
)
def test_what_differs_is_named_with_its_runs(make_run, first, second, message):
    with pytest.raises(ConfigError, match=message):
        check(make_run("a", **first), make_run("b", **second))


def test_a_table_says_more_than_the_settings_of_the_space(make_run):
    sizes = [{"space": {**SPACE, "channels": channels}, "evaluator": table("cifar10")} for channels in (8, 16)]
    check(make_run("a", config=sizes[0]), make_run("b", config=sizes[1]))


def test_images_are_known_by_their_content_wherever_they_lie(make_run):
    check(*(make_run(name, config={"evaluator": training(f"/{name}/train.npz", 5)}) for name in ("a", "b")))


def test_runs_that_recorded_no_images_are_let_through(make_run):
    check(make_run("a"), make_run("b", manifest={"data": []}))


def test_a_long_list_of_runs_is_cut(make_run):
    runs = [make_run(f"r{n}") for n in range(5)]
    with pytest.raises(ConfigError, match=r"r0, \S*r1, \S*r2 and 2 more, but 'x' in "):
        check(*runs, make_run("x", manifest={"metric": "x"}))
