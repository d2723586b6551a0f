"""The driver of a sweep is killed in its middle; `nasray sweep resume` must find what an undisturbed sweep finds."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nasray.app.sweep_job import in_use

pytestmark = pytest.mark.chaos

QUIET = ["executor=simulator", "tracking=none", "controls=1"]
SLOW = ["evaluator=delayed", "evaluator.seconds=0.01", "evaluator.jitter=0", "evaluator.inner.chunk_size=1"]
SLOW += ["budget.evaluations=150", "seed=range(4)"]
STUDY = ["evaluator=synthetic", "budget.evaluations=200", "seed=range(300)"]


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from nasray.app.cli import main; main()", *words]


def finished(*words: str) -> str:
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


def archives(sweep: Path) -> dict[str, str]:
    files = sorted(sweep.glob("*/result.json"))
    return {file.parent.name: json.loads(file.read_text())["archive"] for file in files}


def kill_when(sweep: Path, n_bytes: int, words: list[str]) -> bool:
    """Start the sweep; `kill -9` its driver once its journals have grown to ``n_bytes``. Whether it still lived."""
    process = subprocess.Popen(command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            if sum(file.stat().st_size for file in sweep.glob("*/journal.jsonl")) >= n_bytes:
                return True
            time.sleep(0.002)
        return False
    finally:
        process.kill()
        process.wait()


def wait_for_runners(sweep: Path) -> None:
    """They end as soon as the line to their driver is cut."""
    until = time.monotonic() + 60
    while any(in_use(folder) for folder in sweep.iterdir() if folder.is_dir()):
        assert time.monotonic() < until, "a runner outlives its driver"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("settings", "n_kills"),
    [
        pytest.param(SLOW, 2, id="searches"),
        pytest.param(STUDY, 1, id="study", marks=pytest.mark.slow),
        pytest.param(SLOW, 6, id="searches-six", marks=pytest.mark.slow),  # two minutes: runners start six times
    ],
)
def test_kills_and_resumes_leave_the_archives_of_the_undisturbed_sweep(settings, n_kills, tmp_path):
    calm, troubled = tmp_path / "calm", tmp_path / "troubled"
    launcher = ["run", "-m", "hydra/launcher=nasray", "hydra.launcher.concurrency=2", *QUIET, *settings]
    finished(*launcher, f"hydra.sweep.dir={calm}")
    size = sum(file.stat().st_size for file in calm.glob("*/journal.jsonl"))
    words = [*launcher, f"hydra.sweep.dir={troubled}"]
    for kill in range(n_kills):
        assert kill_when(troubled, size * (kill + 1) // (n_kills + 1), words)
        wait_for_runners(troubled)
        words = ["sweep", "resume", str(troubled)]
    assert 0 < len(archives(troubled)) < len(archives(calm)) or settings is SLOW
    told = finished(*words)
    assert f"{len(archives(calm))} of {len(archives(calm))} done" in told
    assert archives(troubled) == archives(calm)
    slots = [json.loads(file.read_text())["evaluations"] for file in troubled.glob("*/result.json")]
    assert sum(slots) == sum(json.loads(file.read_text())["evaluations"] for file in calm.glob("*/result.json"))
