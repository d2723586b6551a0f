"""The main job with GPT-NAS's evolution against itself, seed by seed.

Run: ``python experiments/e25_main_job/analyse.py runs/e25`` after the sweep in ``README.md``. Prints the README's table
and one JSON line with run ids and commits, and writes that to ``results/figures.json``.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.core.measurement import Measurement
from nasray.core.seeds import Streams
from nasray.records.run_folder import RunFolder

RESULTS = Path(__file__).with_name("results")
DEFAULT, GPT = "RegularizedEvolution", "GptEvolution"
ROWS = {
    "valid": "VALID of the best, %",
    "valid_60": "VALID of the best of the first 60, %",
    "test": "TEST of the winner, %",
    "mean_valid": "mean VALID of all, %",
    "distinct": "distinct cells",
    "kflops": "multiply-adds of a cell's network, thousands",
    "training_seconds": "seconds of training",
    "other_seconds": "seconds of everything else",
}


def runs_in(folder: Path) -> dict[str, dict[int, RunFolder]]:
    """Strategy -> seed -> finished run."""
    found: dict[str, dict[int, RunFolder]] = {DEFAULT: {}, GPT: {}}
    for manifest in sorted(folder.rglob("manifest.json")):
        run = RunFolder.open(manifest.parent)
        if run.result is not None:
            found[run.manifest["config"]["strategy"]["_target_"].rpartition(".")[2]][run.manifest["seed"]] = run
    return found


def figures_of(run: RunFolder) -> dict[str, float]:
    assert run.result is not None
    outcomes = run.outcomes()
    best = best_so_far([one.value for one in outcomes])
    measured = [one.result for one in outcomes if isinstance(one.result, Measurement)]
    training = sum(one.result.cost.wall_seconds for one in outcomes)
    return {
        "valid": float(best[-1]),
        "valid_60": float(best[59]),
        "test": run.result["test"]["best"],
        "mean_valid": float(np.mean([one.value for one in outcomes])),
        "distinct": len({one.proposal.architecture for one in outcomes}),
        "kflops": float(np.mean([one.columns["flops"] for one in measured])) / 1_000,
        "training_seconds": training,
        "other_seconds": run.result["wall_seconds"] - training,
    }


def compared(found: Sequence[dict[str, dict[str, float]]]) -> dict[str, Any]:
    rng = Streams(0, "e25").at(0)
    figures: dict[str, Any] = {}
    for key in ROWS:
        arms = {arm: np.array([one[arm][key] for one in found]) for arm in (DEFAULT, GPT)}
        difference = arms[GPT] - arms[DEFAULT]
        test = sign_flip_test(difference, rng)
        figures[key] = {arm: _interval(values, rng) for arm, values in arms.items()}
        figures[key] |= {"difference": _interval(difference, rng), "p": test.p_value, "minimum_p": test.minimum_p}
    return figures


def _interval(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    found = bootstrap_interval(values, rng)
    return [round(float(part), 3) for part in (found.mean, found.low, found.high)]


def print_table(figures: dict[str, Any]) -> None:
    """The README's, row by row."""
    print("| | regularized evolution | GPT-NAS's evolution | difference | p |\n|---|---|---|---|---|")
    for key, name in ROWS.items():
        cells = ["{:.2f} [{:.2f}, {:.2f}]".format(*figures[key][part]) for part in (DEFAULT, GPT, "difference")]
        print(f"| {name} | {' | '.join(cells)} | {figures[key]['p']:.3f} |")


def main() -> None:
    runs = runs_in(Path(sys.argv[1]))
    seeds = sorted(set(runs[DEFAULT]) & set(runs[GPT]))
    found = [{arm: figures_of(runs[arm][seed]) for arm in (DEFAULT, GPT)} for seed in seeds]
    figures = compared(found)
    print_table(figures)
    every = [runs[arm][seed] for seed in seeds for arm in (DEFAULT, GPT)]
    whence = {
        "runs": [run.manifest["run_id"] for run in every],
        "commits": sorted({str(run.manifest["commit"]) for run in every}),
        "uncommitted_changes": any(run.manifest["dirty"] for run in every),
    }
    line = json.dumps({"experiment": "e25", "seeds": seeds, **whence, **figures, "by_seed": found})
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
