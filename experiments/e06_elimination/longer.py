"""What 6 epochs say about 30: the random chains, and the same rebuilt by the GPT at 0.4, trained longer.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e06_elimination/longer.py``. Prints the expected time first, writes
one line a training to ``results/longer.jsonl`` and goes on from there when it is started again; then prints one JSON
line, and writes the same to ``results/longer.json``. One core, one thread.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from analyse import RESULTS, SEED, done, evaluator, networks, recipe

from nasray.analysis.rank_correlation import rank_correlation
from nasray.app.provenance import commit
from nasray.core.measurement import Measurement
from nasray.core.seeds import Streams
from nasray.search.guard import guarded

NETWORKS, RESAMPLES = 12, 10_000
ARMS = {"none": 0.0, "gpt": 0.4}
EPOCHS = (6, 12, 18, 24, 30)
PAIRS = ((6, 12), (6, 18), (6, 24), (6, 30), (12, 30))


def trained(arm: str, network: int) -> dict[str, Any]:
    """One training of 30 epochs at the constant rate, as a line of the results."""
    proposal, began = networks(arm, ARMS[arm])[network], time.process_time()
    training = replace(evaluator("full"), recipe=recipe(EPOCHS[-1]), acceleration=None)
    (result,) = guarded(training, [proposal], Streams(SEED, "evaluator"))
    line = {"arm": arm, "network": network, "cpu_seconds": round(time.process_time() - began, 2)}
    if not isinstance(result, Measurement):
        return {**line, "failure": result.message}
    return {**line, "valid": {str(epoch): value for epoch, value in result.curve}}


def run(path: Path) -> None:
    """Train network by network, the throughput first, a line as soon as a training ends."""
    known = {(line["arm"], line["network"]) for line in done(path)}
    left = [(arm, n) for n in range(NETWORKS) for arm in ARMS if (arm, n) not in known]
    print(f"{len(known)} trainings are done, {len(left)} to do", flush=True)
    began = time.perf_counter()
    with path.open("a", encoding="utf-8") as file:
        for n, job in enumerate(left, start=1):
            file.write(json.dumps(trained(*job)) + "\n")
            file.flush()
            each = (time.perf_counter() - began) / n
            print(f"{each:.1f} s a training, so {each * (len(left) - n) / 60:.0f} minutes to go", flush=True)


def figures(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Correlations over networks; a chain and what it was rebuilt to are drawn together."""
    found = {(line["arm"], line["network"]): line["valid"] for line in lines if "valid" in line}
    whole = [n for n in range(NETWORKS) if all((arm, n) in found for arm in ARMS)]
    valid = np.array([[[found[arm, n][str(epoch)] for epoch in EPOCHS] for arm in ARMS] for n in whole])
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(len(whole), size=(RESAMPLES, len(whole)))

    def interval(of: Callable[[np.ndarray, np.ndarray], float], short: int, long: int, n: int) -> list[float]:
        one, other = (valid[:, :, EPOCHS.index(epoch)] for epoch in (short, long))
        values = [of(one[rows].ravel(), other[rows].ravel()) for rows in drawn[:n]]
        ends = np.quantile(values, [0.025, 0.975])
        return [round(float(value), 3) for value in (of(one.ravel(), other.ravel()), *ends)]

    return {
        "chains": len(whole),
        "networks": int(valid[:, :, 0].size),
        "mean_valid": dict(zip(map(str, EPOCHS), valid.mean((0, 1)).round(2).tolist(), strict=True)),
        "pearson": {f"{a} and {b}": interval(_pearson, a, b, RESAMPLES) for a, b in PAIRS},
        "kendall": {f"{a} and {b}": interval(_kendall, a, b, 2_000) for a, b in PAIRS},
        "cpu_seconds": round(sum(line["cpu_seconds"] for line in lines), 1),
    }


def _pearson(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _kendall(one: np.ndarray, other: np.ndarray) -> float:
    return rank_correlation(one, other).kendall


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    run(RESULTS / "longer.jsonl")
    head, changed = commit()
    found = figures(done(RESULTS / "longer.jsonl"))
    line = json.dumps({"experiment": "e06, longer", "commit": head, "uncommitted_changes": changed, **found})
    (RESULTS / "longer.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
