"""Random kills of a search on a cluster, and what they cost: nothing.

Run: ``python benchmarks/chaos_kills.py``. A search of 300 evaluations, screened by a predictor in a host, on two
workers of a local Ray cluster. After every few results, at random, one process is killed by ``kill -9``, at random: a
worker, the host, or the driver, which is started again by ``nasray resume``. ``lost``: slots without a result;
``duplicated``: results that the journal has twice; ``equal``: whether the archive is that of the search that nobody
disturbed. The last line is one JSON object.
"""

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import ray

from nasray.actors import directory

EVALUATIONS, MOST_BETWEEN = 300, 8
HOST = "chaos-kills"
NASRAY = [sys.executable, "-c", "from nasray.app.cli import main; main()"]
SEARCH = ["strategy=screened", "strategy.warm_up=20", "predictor=ridge", "evaluator=delayed", "evaluator.seconds=0.2"]
SEARCH += ["evaluator.jitter=0.1", "evaluator.inner.chunk_size=1", "width=8", "tracking=none", "controls=1"]
SEARCH += [f"budget.evaluations={EVALUATIONS}", "seed=1"]
CALM = ["executor=simulator", "evaluator.sleep=false"]
TROUBLED = ["executor.workers=2", "executor.max_attempts=100", "host.where=host", f"host.name={HOST}"]


def results_of(folder: Path) -> Counter[int]:
    """How often the journal has a result of each slot; a line that is being written is passed over."""
    journal, found = folder / "journal.jsonl", Counter[int]()
    for line in journal.read_bytes().split(b"\n")[:-1] if journal.exists() else ():
        event = json.loads(line)["event"]
        for one in event.get("events", [event]):
            found.update(one.get("slots", ()))
    return found


def worker() -> int | None:
    """The process of some Tune trial of this process's cluster, by the name that Ray gives it."""
    found: list[int] = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "Trainable" in " ".join(process.cmdline()):
                found.append(process.pid)
    return found[0] if found else None


def host() -> int | None:
    health = directory.health(HOST, 10.0) if HOST in directory.names() else None
    return health["pid"] if health else None


def kill(process: subprocess.Popen[bytes], kind: str) -> bool:
    """Whether there was something to kill."""
    pid = {"driver": lambda: process.pid, "worker": worker, "host": host}[kind]()
    if pid is None:
        return False
    with suppress(ProcessLookupError):  # a worker that ended just now
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def troubled(folder: Path, kills: int, seed: int) -> Counter[str]:
    """Run the search to its end in spite of ``kills``; how often which kind of process was killed."""
    rng, done = np.random.default_rng(seed), Counter[str]()
    words = ["run", *SEARCH, *TROUBLED, f"hydra.run.dir={folder}"]
    process = subprocess.Popen([*NASRAY, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while done.total() < kills:
        kind, due = (
            str(rng.choice(["driver", "worker", "host"])),
            results_of(folder).total() + rng.integers(1, MOST_BETWEEN),
        )
        while process.poll() is None and results_of(folder).total() < due:
            time.sleep(0.01)
        while process.poll() is None and not kill(process, kind):
            time.sleep(0.01)
        if process.poll() not in (None, -signal.SIGKILL):
            break  # it ended by itself
        done[kind] += 1
        print(f"{done.total():3} {kind:<7} at {results_of(folder).total()} results", flush=True)
        if kind == "driver":
            process.wait()
            process = subprocess.Popen(
                [*NASRAY, "resume", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
    assert process.wait() == 0, f"the search ended with code {process.returncode}; see {folder}"
    return done


def archive(folder: Path) -> str:
    return json.loads((folder / "result.json").read_text())["archive"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0, help="what is killed, and when")
    asked = parser.parse_args()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        namespace="nasray",
    )
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"RAY_ADDRESS": ray.get_runtime_context().gcs_address, "NASRAY_DATA": f"{scratch}/data"}
        os.environ["RAY_AUTH_MODE"] = "token"
        calm, folder = Path(scratch) / "calm", Path(scratch) / "troubled"
        subprocess.run([*NASRAY, "run", *SEARCH, *CALM, f"hydra.run.dir={calm}"], check=True, capture_output=True)
        begun = time.perf_counter()
        done = troubled(folder, asked.kills, asked.seed)
        results = results_of(folder)
        figures = {
            "kills": done.total(),
            **{f"{kind}s": done[kind] for kind in ("worker", "host", "driver")},
            "lost": EVALUATIONS - len(results),
            "duplicated": results.total() - len(results),
            "equal": archive(folder) == archive(calm),
            "seconds": round(time.perf_counter() - begun),
        }
    ray.shutdown()
    print("bars: 30 kills, 0 lost, 0 duplicated, equal")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
