"""Worker-seconds until successive halving is as good as full training, against full training itself.

Run: ``python experiments/e01_successive_halving/analyse.py runs/e01`` after the sweep in ``README.md``. Prints the
README's table, how quiet the machine was, and one JSON line with run ids and commits, and writes that to
``results/figures.json``.
"""

import json
import sys
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.core.measurement import Outcome
from nasray.core.seeds import Streams
from nasray.records.run_folder import RunFolder

RESULTS = Path(__file__).with_name("results")
FULL, HALVING = "NeverStop", "SuccessiveHalving"
SEEDS = range(10)
ROWS = {
    "seconds": "seconds to the target",
    "epochs": "epochs to the target",
    "reached": "target reached",
    "all_seconds": "all seconds",
    "all_epochs": "all epochs",
    "candidates": "candidates",
    "best_valid": "best VALID (%)",
    "test": "TEST of it (%)",
}


def runs_in(folder: Path) -> dict[str, dict[int, RunFolder]]:
    """Scheduler -> seed -> finished run."""
    found: dict[str, dict[int, RunFolder]] = {FULL: {}, HALVING: {}}
    for manifest in sorted(folder.rglob("manifest.json")):
        run = RunFolder.open(manifest.parent)
        if run.result is not None:
            arm = run.manifest["config"]["scheduler"]["_target_"].rpartition(".")[2]
            found[arm][run.manifest["seed"]] = run
    return found


def epochs_of(outcomes: Sequence[Outcome], full: int) -> list[int]:
    """Epochs trained on each slot: a promotion trains only what its rung adds."""
    reached: dict[int, int] = {}
    trained = []
    for outcome in outcomes:
        proposal = outcome.proposal
        origin = proposal.slot if proposal.continues is None else proposal.continues
        goal = proposal.fidelity.epochs if proposal.fidelity else full
        trained.append(goal - reached.get(origin, 0))
        reached[origin] = goal
    return trained


def until(outcomes: Sequence[Outcome], costs: Sequence[float], target: float) -> tuple[float, bool]:
    """What was spent when ``target`` was first reached, in slot order; all, and False, if it never was."""
    spent = list(accumulate(costs))
    for outcome, so_far in zip(outcomes, spent, strict=True):
        if outcome.value >= target:
            return so_far, True
    return spent[-1], False


def seed_figures(full: RunFolder, halving: RunFolder) -> dict[str, Any]:
    target = max(outcome.value for outcome in full.outcomes())
    figures: dict[str, Any] = {"target": target}
    for name, run in ((FULL, full), (HALVING, halving)):
        outcomes = run.outcomes()
        epochs = _run_epochs(run)
        seconds = [outcome.result.cost.wall_seconds for outcome in outcomes]
        figures[name] = {
            "seconds": until(outcomes, seconds, target)[0],
            "epochs": until(outcomes, epochs, target)[0],
            "reached": until(outcomes, epochs, target)[1],
            "all_seconds": sum(seconds),
            "all_epochs": sum(epochs),
            "candidates": sum(outcome.proposal.continues is None for outcome in outcomes),
            "best_valid": max(outcome.value for outcome in outcomes),
            "test": (run.result or {})["test"]["best"],
        }
    return figures


def summary(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rng = Streams(0, "e01").at(0)
    figures: dict[str, Any] = {}
    for key in ("seconds", "epochs", "all_seconds", "all_epochs", "candidates", "best_valid", "test"):
        arms = {name: np.array([one[name][key] for one in found], dtype=np.float64) for name in (FULL, HALVING)}
        difference = arms[HALVING] - arms[FULL]
        test = sign_flip_test(difference, rng)
        figures[key] = {name: _interval(values, rng) for name, values in arms.items()}
        figures[key] |= {"difference": _interval(difference, rng), "p": test.p_value, "minimum_p": test.minimum_p}
    figures["reached"] = {name: sum(one[name]["reached"] for one in found) for name in (FULL, HALVING)}
    return figures


def _interval(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    found = bootstrap_interval(values, rng)
    return [round(float(part), 3) for part in (found.mean, found.low, found.high)]


def print_table(figures: dict[str, Any]) -> None:
    """The README's, row by row."""
    print("| | never_stop | successive_halving | difference | p |\n|---|---|---|---|---|")
    for key, name in ROWS.items():
        one = figures[key]
        if key == "reached":
            print(f"| {name} | {one[FULL]} of {len(SEEDS)} | {one[HALVING]} of {len(SEEDS)} | | |")
            continue
        cells = ["{:.1f} [{:.1f}, {:.1f}]".format(*one[part]) for part in (FULL, HALVING, "difference")]
        print(f"| {name} | {' | '.join(cells)} | {one['p']:.3f} |")


def pedigree(runs: dict[str, dict[int, RunFolder]]) -> dict[str, Any]:
    """Which runs of which commit, what they cost, and how evenly the machine worked.

    ``seconds_an_epoch`` is the least and the most of the analysed runs of one arm: far apart, the machine was busy.
    """
    every = [run for arm in runs.values() for run in arm.values()]
    paces = {
        name: [_worker_seconds(run) / sum(_run_epochs(run)) for seed, run in arm.items() if seed in SEEDS]
        for name, arm in runs.items()
    }
    return {
        "runs": sorted(run.manifest["run_id"] for run in every),
        "commits": sorted({str(run.manifest["commit"]) for run in every}),
        "uncommitted_changes": any(run.manifest["dirty"] for run in every),
        "worker_seconds": round(sum(map(_worker_seconds, every)), 1),
        "seconds_an_epoch": {name: [round(min(found), 3), round(max(found), 3)] for name, found in paces.items()},
    }


def _worker_seconds(run: RunFolder) -> float:
    return sum(outcome.result.cost.wall_seconds for outcome in run.outcomes())


def _run_epochs(run: RunFolder) -> list[int]:
    return epochs_of(run.outcomes(), run.manifest["config"]["evaluator"]["recipe"]["epochs"])


def main() -> None:
    runs = runs_in(Path(sys.argv[1]))
    seeds = [seed for seed in SEEDS if seed in runs[FULL] and seed in runs[HALVING]]
    found = [seed_figures(runs[FULL][seed], runs[HALVING][seed]) for seed in seeds]
    figures = summary(found)
    print_table(figures)
    whence = pedigree(runs)
    for name, value in whence.items():
        print(f"{name}: {len(value) if name == 'runs' else value}")
    line = json.dumps({"experiment": "e01", "seeds": seeds, **whence, **figures, "by_seed": found})
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
