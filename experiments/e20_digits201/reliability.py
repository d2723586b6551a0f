"""How much of what digits201 says of a cell is the cell, and how much the seed.

Run: ``python experiments/e20_digits201/reliability.py``. Over the cells that were trained with every one of the seeds:
the spread between cells, the spread between the seeds of a cell, and the intraclass correlation ICC(1) = between /
(between + within) of a single training (Shrout and Fleiss 1979); for k trainings it is k ICC / (1 + (k - 1) ICC)
(Spearman and Brown 1910). ``top_kendall_between_seeds``:
among the tenth of the cells that one seed finds best, how two other seeds agree. The last line is one JSON object.
"""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from log import read
from measure import LOG
from numpy.typing import NDArray

from nasray.analysis.rank_correlation import rank_correlation

GOAL = 0.9
N_IMAGES = np.array([1000, 597])


def scores(log: Path, seeds: Sequence[int]) -> tuple[dict[str, NDArray[np.float64]], int]:
    """``(cells, seeds)`` of VALID and TEST accuracy in percent and log-loss; and how many cells the log has."""
    by_cell: dict[tuple[int, ...], dict[int, Any]] = {}
    for line in read(log):
        by_cell.setdefault(tuple(line["genes"]), {})[line["seed"]] = line
    whole = [found for found in by_cell.values() if set(seeds) <= set(found)]
    accuracy = np.array([[found[seed]["correct"][-1] for seed in seeds] for found in whole]) / N_IMAGES * 100
    loss = np.array([[found[seed]["log_loss"][-1] for seed in seeds] for found in whole])
    names = ("valid", "test")
    shares = {f"{name}_accuracy": accuracy[:, :, at] for at, name in enumerate(names)}
    return shares | {f"{name}_log_loss": loss[:, :, at] for at, name in enumerate(names)}, len(by_cell)


def reliability(values: NDArray[np.float64]) -> dict[str, float]:
    """Spreads and intraclass correlation of ``(cells, seeds)`` values."""
    n_seeds = values.shape[1]
    within = float(values.var(axis=1, ddof=1).mean())
    between = max(0.0, float(values.mean(axis=1).var(ddof=1)) - within / n_seeds)
    icc = between / (between + within)
    needed = math.ceil(round(GOAL / (1 - GOAL) * (1 - icc) / icc, 9)) if icc else None
    return {
        "mean": round(float(values.mean()), 4),
        "spread_of_cells": round(math.sqrt(between), 4),
        "spread_of_seeds": round(math.sqrt(within), 4),
        "icc_of_one": round(icc, 3),
        "icc_of_mean": round(n_seeds * icc / (1 + (n_seeds - 1) * icc), 3),
        f"seeds_for_{GOAL}": needed,
    }


def among_best(values: NDArray[np.float64], share: float = 0.1) -> float:
    """Mean Kendall correlation of two seeds among the best cells by a third one; NaN with fewer than three seeds."""
    n_cells, n_seeds = values.shape
    found: list[float] = []
    for chooser in range(n_seeds):
        best = np.argsort(-values[:, chooser])[: max(2, int(share * n_cells))]
        others = [seed for seed in range(n_seeds) if seed != chooser]
        pairs = [(one, other) for one in others for other in others if one < other]
        found += [rank_correlation(values[best, one], values[best, other]).kendall for one, other in pairs]
    return round(float(np.mean(found)), 3) if found else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, default=LOG, help=f"where trainings were kept ({LOG})")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="over the cells that have all of these")
    asked = parser.parse_args()
    found, n_cells = scores(asked.log, asked.seeds)
    figures: dict[str, Any] = {name: reliability(values) for name, values in found.items()}
    valid, test = (found[f"{name}_accuracy"].mean(axis=1) for name in ("valid", "test"))
    figures |= {
        "cells": len(valid),
        "cells_in_log": n_cells,
        "seeds": asked.seeds,
        "valid_with_test_spearman": round(rank_correlation(valid, test).spearman, 4),
        "top_kendall_between_seeds": among_best(found["valid_accuracy"]),
    }
    for name, one in figures.items():
        print(f"{name:<28}{one}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
