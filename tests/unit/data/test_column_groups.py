"""Columns in words: what has splits, epochs and seeds in common stands in one line."""

from dataclasses import replace

import pytest

from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.column_groups import column_groups


@pytest.fixture
def score():
    def make(dataset: str, split: Split, epochs: int | None, seeds: str = "3", key: str = "") -> Column:
        return Column(
            dataset=dataset,
            split=split,
            epochs=epochs,
            quantity="accuracy",
            unit="%",
            direction="higher",
            seeds=seeds,
            key=key,
        )

    return make


def cost(key: str) -> Column:
    return Column(
        dataset="a",
        split=None,
        epochs=None,
        quantity="latency",
        unit="ms",
        direction="lower",
        seeds="none",
        key=key,
    )


def test_data_sets_splits_and_schedules_are_told_together(score) -> None:
    columns = [score(name, split, epochs) for epochs in (4, 12) for name in ("a", "b") for split in Split]
    splits = " and ".join(Split)
    assert column_groups(columns) == (f"a, b: {splits} accuracy (%) after 4, 12 epochs; seeds: 3",)


def test_what_differs_is_told_apart(score) -> None:
    columns = [score("a", Split.VALID, 4), score("a", Split.TEST, 4), score("b", Split.VALID, 4)]
    columns += [score("a", Split.VALID, 9, seeds="1"), score("c", Split.VALID, None, key="c_valid")]
    assert column_groups(columns) == (
        "a: valid and test accuracy (%) after 4 epochs; seeds: 3",
        "b: valid accuracy (%) after 4 epochs; seeds: 3",
        "a: valid accuracy (%) after 9 epochs; seeds: 1",
        "c: valid accuracy (%); seeds: 3",
    )


def test_a_schedule_may_count_updates(score) -> None:
    columns = [score("a", Split.VALID, 9), replace(score("a", Split.VALID, 40_000), steps="updates")]
    assert column_groups(columns) == (
        "a: valid accuracy (%) after 9 epochs; seeds: 3",
        "a: valid accuracy (%) after 40000 updates; seeds: 3",
    )
    assert [Column.from_json(one.to_json()) for one in columns] == columns
    assert "steps" not in columns[0].to_json()


def test_costs_are_named_and_counted() -> None:
    assert column_groups([]) == ()
    assert column_groups([cost("x"), cost("y")]) == ("no split: x, y",)
    assert column_groups([cost(name) for name in "vwxyz"]) == ("no split: v, w, x and 2 more",)
