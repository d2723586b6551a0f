"""The driver is killed at random moments of a search; `nasray resume` must find what the undisturbed run finds."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nasray.records.journal import read_journal

pytestmark = [pytest.mark.ray, pytest.mark.chaos]

QUIET = ["tracking=none", "controls=1", "ray.address=auto"]
TABLE = ["evaluator=table", "budget.evaluations=6000", "width=64", "strategy.population_size=50"]
TRAINED = ["dataset.n_train=60", "dataset.n_valid=200", "evaluator.recipe.epochs=2", "budget.evaluations=48", "width=8"]
TRAINED += ["space.channels=4", "strategy.population_size=10"]
TWO_WORKERS, IN_PROCESS = ["executor.workers=2"], ["executor=simulator", "executor.workers=2"]


@pytest.fixture
def environment(ray_cluster, tmp_path, monkeypatch) -> dict[str, str]:
    monkeypatch.setenv("RAY_ADDRESS", ray_cluster)
    return {**os.environ, "RAY_ADDRESS": ray_cluster, "NASRAY_DATA": str(tmp_path / "data")}


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from nasray.app.cli import main; main()", *words]


def finished(words: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command(*words), env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr


def kill_when(journal: Path, n_bytes: int, words: list[str], environment: dict[str, str]) -> bool:
    """Start the command; `kill -9` once the journal has grown to ``n_bytes``. Whether it was alive until then."""
    process = subprocess.Popen(command(*words), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            if journal.exists() and journal.stat().st_size >= n_bytes:
                return True
            time.sleep(0.002)
        return False
    finally:
        process.kill()
        process.wait()


def archive(folder: Path) -> str:
    return json.loads((folder / "result.json").read_text())["archive"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("settings", "executor", "n_kills"),
    [
        pytest.param(TABLE, TWO_WORKERS, 10, id="table"),
        pytest.param(TRAINED, TWO_WORKERS, 3, id="trained"),
        pytest.param(TRAINED, IN_PROCESS, 10, id="trained-in-process", marks=pytest.mark.slow),
        # Two minutes: at each restart the driver and its new workers import torch.
        pytest.param(TRAINED, TWO_WORKERS, 10, id="trained-ten", marks=pytest.mark.slow),
    ],
)
def test_kills_and_resumes_leave_the_archive_of_the_undisturbed_run(settings, executor, n_kills, environment, tmp_path):
    calm, troubled = tmp_path / "calm", tmp_path / "troubled"
    finished(["run", *settings, *QUIET, f"hydra.run.dir={calm}", "executor.workers=1"], environment)
    size = (calm / "journal.jsonl").stat().st_size
    moments = sorted(np.random.default_rng(0).uniform(0.02, 0.98, n_kills) * size)
    journal, kills = troubled / "journal.jsonl", 0
    words = ["run", *settings, *QUIET, f"hydra.run.dir={troubled}", *executor]
    for moment in moments:
        kills += kill_when(journal, int(moment), words, environment)
        words = ["resume", str(troubled)]
    finished(words, environment)
    assert kills == n_kills
    assert archive(troubled) == archive(calm)
    past, _ = read_journal(journal)
    assert len(past.results) == json.loads((troubled / "result.json").read_text())["evaluations"]
