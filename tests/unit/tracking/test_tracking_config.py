"""The YAML files of tracking and the fields they set."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from nasray.tracking.wandb_run import WandbRun

CONF = Path(__file__).resolve().parents[3] / "conf" / "tracking"
FROM_THE_APP = {"run_id", "folder", "config", "total", "metric", "describe", "resume_from_slot"}


def load(name: str) -> dict:
    """A file and the one it builds on, as Hydra merges them."""
    config = yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))
    merged: dict = {}
    for base in config.pop("defaults", []):
        merged.update(config if base == "_self_" else load(base))
    return merged or config


@pytest.mark.parametrize(("name", "mode"), [("wandb_offline", "offline"), ("wandb_online", "online")])
def test_a_file_sets_every_field_that_the_app_does_not(name: str, mode: str, tmp_path: Path):
    config = load(name)
    required = {field.name for field in dataclasses.fields(WandbRun) if field.default is dataclasses.MISSING}
    assert set(config) == required - FROM_THE_APP
    run = WandbRun(
        run_id="r",
        folder=tmp_path,
        config={},
        total=10,
        metric="valid accuracy (%)",
        describe=lambda architecture: architecture.key,
        resume_from_slot=0,
        **config,
    )
    assert run.mode == mode
    assert run.max_points <= 300
    assert run.close_timeout_seconds == 10.0
    assert list(tmp_path.iterdir()) == []  # nothing is written before the first outcome


def test_none_is_the_mode_that_needs_no_run():
    assert load("none") == {"mode": "none"}
