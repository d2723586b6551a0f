"""How fast a study runs: 1,000 searches of 200 evaluations in one sweep.

Run: ``NASRAY_DATA_MIRROR=FOLDER python benchmarks/study_speed.py``. Regularized evolution on NAS-Bench-201 with seeds 0
to 999, by ``nasray run -m … hydra/launcher=nasray`` with two runners; each search leaves a run folder with manifest,
journal and result. The last line is one JSON object: ``evaluations_per_second`` counts from the first search's manifest
to the last search's result, ``whole_seconds`` is the command's time with the start of Python in three processes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SEARCHES, EVALUATIONS, RUNNERS = 1_000, 200, 2

COMMAND = [
    "run",
    "-m",
    "experiment=nasbench201",
    "tracking=none",
    f"budget.evaluations={EVALUATIONS}",
    f"seed=range({SEARCHES})",
    "hydra/launcher=nasray",
    f"hydra.launcher.concurrency={RUNNERS}",
]


def nasray(*words: str, quiet: bool = True) -> None:
    output = subprocess.DEVNULL if quiet else None
    program = [sys.executable, "-c", "from nasray.app.cli import main; main()"]
    subprocess.run([*program, *words], check=True, stdout=output)


def searching_seconds(folder: Path) -> float:
    """From the beginning of the first search to the end of the last."""
    began = min(file.stat().st_mtime for file in folder.glob("*/manifest.json"))
    ended = [file.stat().st_mtime for file in folder.glob("*/result.json")]
    assert len(ended) == SEARCHES, f"{len(ended)} of {SEARCHES} searches ended"
    return max(ended) - began


def main() -> None:
    if not os.environ.get("NASRAY_DATA_MIRROR"):
        sys.exit("this script needs the measured data: set NASRAY_DATA_MIRROR to a folder that has it")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["NASRAY_DATA"] = f"{scratch}/data"
        nasray("run", "experiment=nasbench201", "tracking=none", f"hydra.run.dir={scratch}/import")  # the table, once
        began = time.perf_counter()
        nasray(*COMMAND, f"hydra.sweep.dir={scratch}/study")
        whole = time.perf_counter() - began
        study = Path(scratch) / "study"
        seconds = searching_seconds(study)
        n_bytes = sum(file.stat().st_size for file in study.rglob("*") if file.is_file())
    n = SEARCHES * EVALUATIONS
    print("bar: > 40,000 evaluations a second on two cores")
    figures = {"evaluations_per_second": round(n / seconds), "searching_seconds": round(seconds, 2)}
    print(json.dumps({**figures, "whole_seconds": round(whole, 1), "bytes_per_search": n_bytes // SEARCHES}))


if __name__ == "__main__":
    main()
