"""Driver, workers, host, node and head of a sweep are killed in its middle; it finds what an undisturbed one finds."""

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
HOSTED = ["strategy=gpt_evolution", "strategy.population_size=6", "strategy.generations=4", "seed=range(4)"]
HOSTED += ["strategy.learn_from_best=3", "generator.adapt_epochs=1", "generator.seed=0"]
HOSTED += ["budget.evaluations=24", "width=6"]
HOSTED += ["evaluator=delayed", "evaluator.jitter=0.1", "evaluator.inner.chunk_size=1", "tracking=none", "controls=0"]
ON_RAY = ["executor.workers=1", "executor.chunk_size=1", "executor.max_attempts=10", "evaluator.seconds=0.3"]
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


def troubled_sweep(cluster, folder: Path, *settings: str) -> subprocess.Popen:
    """Begin a sweep on ``cluster``."""
    words = ["run", "-m", "hydra/launcher=nasray", "hydra.launcher.concurrency=2", *settings]
    words = command(*words, f"ray.address={cluster.address}", f"hydra.sweep.dir={folder}")
    return subprocess.Popen(words, env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def by_seed(sweep: Path) -> dict[int, str]:
    """Archives of sweeps whose jobs differ in more than their seeds."""
    folders = [file.parent for file in sweep.glob("*/result.json")]
    seeds = [json.loads((folder / "manifest.json").read_text())["config"]["seed"] for folder in folders]
    return dict(
        zip(seeds, [json.loads((folder / "result.json").read_text())["archive"] for folder in folders], strict=True)
    )


def n_results(sweep: Path) -> int:
    """Evaluations in the journals of a running sweep."""
    return sum(file.read_bytes().count(b'"slots":') for file in sweep.glob("*/journal.jsonl"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_worker_and_the_host_of_a_running_sweep_are_killed_and_every_job_ends(new_cluster, tmp_path, until):
    calm, troubled = tmp_path / "calm", tmp_path / "troubled"
    launcher = ["run", "-m", "hydra/launcher=nasray", "hydra.launcher.concurrency=2", *HOSTED]
    finished(
        *launcher, "executor=simulator", "evaluator.sleep=false", "evaluator.seconds=0.3", f"hydra.sweep.dir={calm}"
    )
    cluster = new_cluster()
    head = cluster.start_head("--num-cpus=2")
    sweep = troubled_sweep(cluster, troubled, *HOSTED, *ON_RAY, "host.where=host", "host.name=shared")
    try:
        for moment, name in ((10, "Trainable"), (40, "ray::Host")):
            until(lambda: n_results(troubled) >= moment or sweep.poll() is not None, "it does not go on")  # noqa: B023
            assert sweep.poll() is None, "the sweep ended before all were killed"
            before = head.named(name)
            head.kill(name)
            until(lambda: set(head.named(name)) - set(before), f"no other {name}")  # noqa: B023 - waited for here
        said, _ = sweep.communicate(timeout=400)
        assert sweep.returncode == 0, said
    finally:
        sweep.kill()
    assert by_seed(troubled) == by_seed(calm)
    assert len(by_seed(calm)) == 4
    assert n_results(troubled) == 4 * 24, "nothing that was written down is evaluated again"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_node_and_then_the_head_of_a_running_sweep_are_killed_and_it_goes_on_on_another(new_cluster, tmp_path, until):
    calm, troubled = tmp_path / "calm", tmp_path / "troubled"
    plain = ["evaluator=delayed", "evaluator.jitter=0.1", "evaluator.inner.chunk_size=1", "evaluator.seconds=0.5"]
    plain += ["budget.evaluations=40", "width=6", "seed=range(4)", "tracking=none", "controls=0"]
    launcher = ["run", "-m", "hydra/launcher=nasray", "hydra.launcher.concurrency=2"]
    finished(*launcher, *plain, "executor=simulator", "evaluator.sleep=false", f"hydra.sweep.dir={calm}")
    cluster = new_cluster()
    head = cluster.start_head("--num-cpus=1")
    node = cluster.join("--num-cpus=1")
    sweep = troubled_sweep(cluster, troubled, *plain, *ON_RAY[:3])
    try:
        until(lambda: node.named("Trainable") and n_results(troubled) >= 8, "the node is not used")
        node.kill("raylet/raylet")
        seen = n_results(troubled)
        until(lambda: n_results(troubled) >= seen + 12, "it does not go on without the node")
        head.kill("gcs_server")
        said, _ = sweep.communicate(timeout=240)
        assert sweep.returncode == 2, said
        assert f"`nasray sweep resume {troubled}` goes on, on another cluster with ray.address=HOST:PORT" in said
    finally:
        sweep.kill()
    wait_for_runners(troubled)
    kept = n_results(troubled)
    assert len(archives(troubled)) < 4
    other = new_cluster()
    other.start_head("--num-cpus=2")
    words = command("sweep", "resume", str(troubled), f"ray.address={other.address}")
    done = subprocess.run(words, env=other.environment, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert by_seed(troubled) == by_seed(calm)
    assert 0 < kept < n_results(troubled) == 4 * 40, "nothing that was written down is evaluated again"
