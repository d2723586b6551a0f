"""Which settings are paths, and what becomes of them."""

from pathlib import Path

import pytest

from nasray.app.absolute_paths import with_absolute_paths
from nasray.core.errors import ConfigError

NPZ = {
    "_target_": "nasray.data.image_sets.npz.Npz",
    "train": "a.npz",
    "test": "~/b.npz",
    "n_train": None,
    "n_valid": 1,
    "seed": 0,
}
START = Path("/start")


def test_paths_of_parts_are_known_by_their_annotations(monkeypatch):
    monkeypatch.setenv("HOME", "/me")
    raw = {"evaluator": {"_target_": "nasray.evaluators.noisy.Noisy", "inner": {"images": [NPZ]}}, "name": "a/b"}
    found = with_absolute_paths(raw, START)
    assert found["evaluator"]["inner"]["images"] == [{**NPZ, "train": "/start/a.npz", "test": "/me/b.npz"}]
    assert found["name"] == "a/b"
    assert NPZ["train"] == "a.npz"


def test_absolute_paths_and_null_stay():
    given = {**NPZ, "train": "/x/a.npz", "test": None}
    assert with_absolute_paths({"dataset": given}, START)["dataset"] == given


def test_default_places_and_addresses_stay_what_they_are():
    paths = {"runs": "runs", "data": "~/.cache/nasray/data", "mirror": None, "store": "s3://bucket/weights"}
    assert with_absolute_paths({"paths": paths}, START)["paths"] == {**paths, "runs": "/start/runs"}


def test_a_part_that_cannot_be_imported_is_refused():
    with pytest.raises(ConfigError, match=r"'nope.Nope'. cannot be imported"):
        with_absolute_paths({"space": {"_target_": "nope.Nope"}}, START)


def test_what_is_no_section_is_left_to_the_checks_that_follow():
    assert with_absolute_paths({"paths": 3, "space": [1], "seed": None}, START) == {
        "paths": 3,
        "space": [1],
        "seed": None,
    }
