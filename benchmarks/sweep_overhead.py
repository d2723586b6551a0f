"""What a sweep adds to each of its searches, beyond the search itself.

Run: ``python benchmarks/sweep_overhead.py``. 50 searches of 8 evaluations of a formula, each through Ray Tune, in one
sweep on one local cluster, one search at a time. ``seconds_per_job`` is the time from the first search's manifest to
the last search's result, a job, without ``own_seconds_per_job``: composing, handing out, the start of the workers, the
run folder, the winner's TEST, the report. A search's own work is what it takes alone in a process that is connected to
a cluster and has its workers: from its first ask to its last outcome, the median of all searches of the sweep; so what
the first one waits for, while its workers start, is not taken off. A sweep without a launcher of its own starts Python
and Ray once a job instead: ``ray_start_seconds`` is what one start takes here. ``load`` is that of the machine in the
last minute.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEARCHES = 50

COMMAND = [
    "run",
    "-m",
    "experiment=smoke",
    "tracking=none",
    "budget.evaluations=8",
    f"seed=range({SEARCHES})",
    "hydra/launcher=nasray",
    "hydra.launcher.concurrency=1",
]
START = """
import time, ray
began = time.time()
ray.init(log_to_driver=False, include_dashboard=False)
print(time.time() - began)
"""


def main() -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    started = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        nasray = [sys.executable, "-c", "from nasray.app.cli import main; main()"]
        subprocess.run([*nasray, *COMMAND, f"hydra.sweep.dir={folder}/sweep"], check=True, stdout=subprocess.DEVNULL)
        whole = time.perf_counter() - began
        results = sorted(Path(folder).glob("sweep/*/result.json"))
        assert len(results) == SEARCHES, f"{len(results)} of {SEARCHES} searches ended"
        own = statistics.median(json.loads(file.read_text())["wall_seconds"] for file in results)
        first = min(file.stat().st_mtime for file in Path(folder).glob("sweep/*/manifest.json"))
        elapsed = max(file.stat().st_mtime for file in results) - first
    figures = {
        "seconds_per_job": round(elapsed / SEARCHES - own, 3),
        "own_seconds_per_job": round(own, 3),
        "whole_seconds": round(whole, 1),
        "ray_start_seconds": round(float(started.stdout), 1),
        "load": round(os.getloadavg()[0], 1),
    }
    print("bar: < 1 second a job")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
