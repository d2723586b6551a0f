"""Every named experiment composes with the command that its first lines give; one without a strategy takes any."""

import json
import shlex
from pathlib import Path

import pytest
import yaml

CONF = Path(__file__).resolve().parents[3] / "conf"
NAMED = sorted([*CONF.glob("experiment/*.yaml"), *CONF.glob("debug/*.yaml")])
FREE = [path for path in NAMED if "override /strategy" not in path.read_text()]


def command_of(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    assert lines[0] == "# @package _global_"
    assert lines[1].startswith("# nasray run ")
    return shlex.split(lines[1].removeprefix("# nasray "))


@pytest.mark.parametrize("path", NAMED, ids=lambda path: f"{path.parent.name}={path.stem}")
def test_the_command_in_the_file_composes_and_changes_what_the_file_says(nasray, path: Path) -> None:
    words = command_of(path)
    assert f"{path.parent.name}={path.stem}" in words
    ended = nasray(*words, "--cfg", "job")
    assert ended.code == 0, ended
    composed = yaml.safe_load(ended.out)
    wanted = {key: value for key, value in yaml.safe_load(path.read_text()).items() if key != "defaults"}
    assert contains(composed, wanted)


def contains(composed: dict, wanted: dict) -> bool:
    return all(
        contains(composed[key], value) if isinstance(value, dict) else composed[key] == value
        for key, value in wanted.items()
    )


@pytest.mark.parametrize("strategy", ["random_search", "regularized_evolution"])
@pytest.mark.parametrize("path", FREE, ids=lambda path: f"{path.parent.name}={path.stem}")
def test_another_strategy_can_be_chosen(nasray, path: Path, strategy: str) -> None:
    words = ["evaluator=synthetic", "executor=simulator", "tracking=none", f"strategy={strategy}"]
    ended = nasray(*command_of(path), *words)
    assert ended.code == 0, ended


def test_settings_that_an_experiment_made_for_another_strategy_can_be_taken_away(nasray) -> None:
    words = ("run", "experiment=gpt_nas", "strategy=random_search", "evaluator=synthetic", "executor=simulator")
    message = nasray(*words, "tracking=none").refused()
    assert "RandomSearch: no setting is called population_size, generations; it has: none; where an exp" in message
    away = message.rpartition("take it away by ")[2].split()
    assert away == ["~strategy.population_size", "~strategy.generations"]
    message = nasray(*words, "tracking=none", *away).refused()
    ended = nasray(*words, "tracking=none", *away, message.rpartition("take it away by ")[2])
    assert ended.code == 0, ended


def test_smoke_does_the_same_in_the_simulator(nasray) -> None:
    ended = nasray("run", "experiment=smoke", "executor=simulator", "tracking=none")
    assert ended.code == 0, ended
    assert "64/64 evaluations" in ended.err


@pytest.mark.ray
def test_smoke_runs_through_tune_to_the_same_archive(nasray, ray_cluster: str, tmp_path: Path) -> None:
    assert ray_cluster  # this process is connected to it, and the command line uses that connection
    for executor in ("tune", "simulator"):
        words = ("experiment=smoke", f"executor={executor}", "tracking=none", "controls=1", f"hydra.run.dir={executor}")
        ended = nasray("run", *words)
        assert ended.code == 0, ended
    results = [json.loads((tmp_path / name / "result.json").read_bytes()) for name in ("tune", "simulator")]
    assert results[0]["archive"] == results[1]["archive"]
