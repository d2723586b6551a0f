"""The scripts of ``cluster/`` for real: two raylets on the loopback interface, protected by a token, and a search."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]

CLUSTER = Path(__file__).resolve().parents[2] / "cluster"
SEARCH = ["run", "evaluator=synthetic", "tracking=none", "controls=1", "budget.evaluations=40", "width=8"]


@pytest.fixture
def environment(tmp_path):
    """A home, a port and a folder for Ray of its own; `python -m` programs of this interpreter come first."""
    folder = Path(tempfile.mkdtemp(prefix="nr"))  # paths of sockets must be short
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    yield {
        **kept,
        "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "RAY_TMPDIR": str(folder),
        "PORT": str(port),
    }
    shutil.rmtree(folder, ignore_errors=True)


def started(words, environment) -> subprocess.Popen:
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def said(words, environment) -> str:
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def evaluations(folder: Path) -> int:
    return json.loads((folder / "result.json").read_text())["evaluations"]


def test_two_machines_by_hand_run_a_search_and_strangers_stay_outside(environment, tmp_path):
    head = started([str(CLUSTER / "on_premise/head.sh"), "127.0.0.1", "--num-cpus=1", "--block"], environment)
    joined = {**environment, "RAY_AUTH_MODE": "token", "RAY_ADDRESS": f"127.0.0.1:{environment['PORT']}"}
    worker = None
    try:
        until = time.monotonic() + 120
        while subprocess.run(["ray", "health-check"], env=joined, capture_output=True, check=False).returncode:
            assert time.monotonic() < until, "the head did not come up"
            assert head.poll() is None, head.stderr and head.stderr.read()
        token = tmp_path / ".ray" / "auth_token"
        assert token.stat().st_mode & 0o077 == 0, "others may read the token"
        words = [str(CLUSTER / "on_premise/worker.sh"), "127.0.0.1", "127.0.0.1", "--num-cpus=1", "--block"]
        worker = started(words, environment)
        while "2 nodes" not in said(["nasray", "status"], joined):
            assert time.monotonic() < until + 120, "the worker did not join"
            assert worker.poll() is None, worker.stderr and worker.stderr.read()
        run = tmp_path / "run"
        said(["nasray", *SEARCH, "executor.workers=2", f"hydra.run.dir={run}"], joined)
        assert evaluations(run) == 40
        stranger = {**joined, "RAY_AUTH_TOKEN": "0" * 64}
        refused = subprocess.run(["nasray", "status"], env=stranger, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert "2 nodes" not in refused.stdout
    finally:
        for process in filter(None, (worker, head)):
            ended(process)


def test_a_slurm_job_of_two_nodes_runs_a_search(environment, tmp_path):
    (tmp_path / "bin").mkdir()
    for name, body in {
        "srun": 'while [[ "$1" == --* ]]; do shift; done; exec "$@"',
        "scontrol": "printf 'one\\ntwo\\n'",
        "hostname": "echo 127.0.0.1",
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    job = {**environment, "SLURM_JOB_NODELIST": "n[1-2]", "SLURM_CPUS_PER_TASK": "1", "PATIENCE_SECONDS": "200"}
    run = tmp_path / "run"
    said([str(CLUSTER / "slurm/search.sh"), *SEARCH, "executor.workers=2", f"hydra.run.dir={run}"], job)
    assert evaluations(run) == 40
    assert not list(tmp_path.glob(".nasray-token-*"))
