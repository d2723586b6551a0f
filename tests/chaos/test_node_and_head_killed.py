"""Whole nodes come late and are killed, the head is killed, the object store is full: the archive stays the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nasray.records.journal import read_journal

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(900)]

SEARCH = ["evaluator=delayed", "evaluator.seconds=0.5", "evaluator.jitter=0.2", "evaluator.inner.chunk_size=1"]
SEARCH += ["strategy.population_size=10", "tracking=none", "controls=1", "width=8", "executor.max_attempts=10"]
COMMAND = [sys.executable, "-c", "from nasray.app.cli import main; main()"]
HOARDER = """
import sys
import numpy, ray

ray.init(address=sys.argv[1], log_to_driver=False)
kept = [ray.put(numpy.full(10_000_000, n, dtype=numpy.uint8)) for n in range(12)]
print("full", flush=True)
sys.stdin.read()
"""


def calm(folder: Path, n: int) -> str:
    """The archive of the undisturbed search."""
    words = ["executor=simulator", "evaluator.sleep=false", f"budget.evaluations={n}", f"hydra.run.dir={folder}"]
    words = [*SEARCH, *words]
    words.remove("executor.max_attempts=10")
    subprocess.run([*COMMAND, "run", *words], check=True, capture_output=True, timeout=240)
    return archive(folder)


def archive(folder: Path) -> str:
    return json.loads((folder / "result.json").read_text())["archive"]


def begun(cluster, folder: Path, n: int, said: Any = subprocess.PIPE) -> subprocess.Popen:
    words = [f"ray.address={cluster.address}", "executor.workers=2", f"budget.evaluations={n}"]
    words = [*COMMAND, "run", *SEARCH, *words, f"hydra.run.dir={folder}"]
    return subprocess.Popen(words, env=cluster.environment, stderr=said, stdout=subprocess.DEVNULL, text=True)


def n_results(folder: Path) -> int:
    """Evaluations in the journal of a running search."""
    journal = folder / "journal.jsonl"
    return journal.read_bytes().count(b'"slots":') if journal.exists() else 0


def test_a_node_that_joins_late_is_used_and_one_that_is_killed_is_not_missed(new_cluster, tmp_path, until):
    n, run = 200, tmp_path / "run"
    whole = calm(tmp_path / "calm", n)
    cluster = new_cluster()
    cluster.start_head("--num-cpus=1")
    search = begun(cluster, run, n)
    try:
        until(lambda: n_results(run) >= 5, "the search did not begin")
        late = cluster.join("--num-cpus=1")
        until(lambda: late.named("Trainable") or search.poll() is not None, "the late node is not used")
        assert search.poll() is None, "the search ended before the late node was used"
        seen = n_results(run)
        until(lambda: n_results(run) >= seen + 3, "the search does not go on")
        late.kill("raylet/raylet")
        _, said = search.communicate(timeout=400)
        assert search.returncode == 0, said
    finally:
        search.kill()
    assert archive(run) == whole
    past, _ = read_journal(run / "journal.jsonl")
    assert sorted(past.results) == list(range(n))


def told(cluster, *words: str) -> subprocess.CompletedProcess:
    words = (*COMMAND, *words)
    return subprocess.run(words, env=cluster.environment, capture_output=True, text=True, timeout=240, check=False)


def test_a_search_that_lost_its_last_node_says_what_it_waits_for_and_goes_on_on_the_next(new_cluster, tmp_path, until):
    n, run, said = 60, tmp_path / "run", tmp_path / "said"
    whole = calm(tmp_path / "calm", n)
    cluster = new_cluster()
    cluster.start_head("--num-cpus=0")
    only = cluster.join("--num-cpus=1")
    until(lambda: "free: 1 of 1 CPUs" in told(cluster, "status", "--address", cluster.address).stdout, "no node joined")
    with said.open("w") as file:
        search = begun(cluster, run, n, file)
    try:
        until(lambda: n_results(run) >= 5, "the search did not begin")
        only.kill("raylet/raylet")
        need = "no worker is at work since 20"
        until(lambda: need in said.read_text(), "the search does not say that it waits")
        status = told(cluster, "status", "--address", cluster.address)
        assert f"search      process {search.pid} on " in status.stdout
        assert need in status.stdout
        assert "each asks for 1 CPUs and 0 GPUs" in status.stdout
        refused = told(cluster, "run", *SEARCH, f"ray.address={cluster.address}", "executor.cpus_per_worker=64")
        assert refused.returncode == 2, refused.stderr
        assert "a worker asks for 64 CPUs and 0 GPUs" in refused.stderr
        assert search.poll() is None, "the search did not wait"
        cluster.join("--num-cpus=1")
        assert search.wait(timeout=400) == 0, said.read_text()
    finally:
        search.kill()
    assert archive(run) == whole
    died, waits, goes_on = [line for line in said.read_text().splitlines() if line.startswith("nasray: ")]
    assert "died, and another takes its place: " in died
    assert "and the cluster has free 0 of 0 CPUs and 0 of 0 GPUs; waiting until there is room" in waits
    assert goes_on == "nasray: workers are at work again"


def test_a_search_whose_head_is_killed_ends_with_the_remedy_and_goes_on_on_a_full_one(new_cluster, tmp_path, until):
    n, run = 60, tmp_path / "run"
    whole = calm(tmp_path / "calm", n)
    cluster = new_cluster()
    head = cluster.start_head("--num-cpus=2")
    search = begun(cluster, run, n)
    try:
        until(lambda: n_results(run) >= 10, "the search did not begin")
        head.kill("gcs_server")
        _, said = search.communicate(timeout=200)
        assert search.returncode == 2, said
        assert "is gone: killed, crashed, or stopped; everything measured is kept" in said
        assert f"`nasray resume {run}` goes on" in said
    finally:
        search.kill()
    other = new_cluster()
    other.start_head("--num-cpus=2", "--object-store-memory=80000000")
    words = [sys.executable, "-c", HOARDER, other.address]
    hoarder = subprocess.Popen(words, env=other.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert hoarder.stdout
        assert hoarder.stdout.readline() == "full\n"
        words = [*COMMAND, "resume", str(run), f"ray.address={other.address}"]
        done = subprocess.run(words, env=other.environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
    finally:
        hoarder.kill()
    assert archive(run) == whole
