"""How much of what digits201 says of a cell is the cell, and how much the seed.

Run: ``python experiments/e20_digits201/reliability.py``, on what ``publish.py`` wrote. Two random samples, of all cells
and of the tenth that is best on VALID by seed 0: of each the cells in the order of measuring, up to the first one that
lacks a seed. The best are judged by the other seeds alone, for those that were chosen by a seed look better in it than
they are.

Of each: the spread between cells, the spread between the seeds of a cell, the intraclass correlation ICC(1) = between /
(between + within) of a single training (Shrout and Fleiss 1979), how many trainings have a mean of reliability 0.9
(Spearman and Brown 1910), Kendall's correlation of two seeds, the mean by seed 0 and by the others. Intervals of 95 %
are bootstrapped over cells. The last line is one JSON object.
"""

import argparse
import csv
import gzip
import json
import math
from collections.abc import Callable, Sequence
from itertools import combinations, takewhile
from pathlib import Path
from typing import Any

import numpy as np
from measure import in_order, top
from numpy.typing import NDArray
from protocol import SPACE
from publish import OTHER_SEEDS, TRAININGS

from nasray.analysis.rank_correlation import rank_correlation
from nasray.core.architecture import Architecture

GOAL = 0.9
N_BOOTSTRAPS = 1000

COLUMNS = {"valid_correct_4": 100 / 1000, "test_correct_4": 100 / 597, "valid_log_loss_4": 1, "test_log_loss_4": 1}
MEASURES = ("valid_accuracy", "test_accuracy", "valid_log_loss", "test_log_loss")
"""After the last epoch: percent and nats."""

Scores = NDArray[np.float64]
"""``(cells, seeds, measures)``."""


def scores(paths: Sequence[Path]) -> dict[tuple[int, ...], dict[int, list[float]]]:
    """The measures by cell and seed."""
    found: dict[tuple[int, ...], dict[int, list[float]]] = {}
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                values = [float(row[name]) * scale for name, scale in COLUMNS.items()]
                found.setdefault(SPACE.from_text(row["arch"]).genes, {})[int(row["seed"])] = values
    return found


def sample(
    found: dict[tuple[int, ...], dict[int, list[float]]], cells: Sequence[Architecture], seeds: Sequence[int]
) -> Scores:
    """The scores of ``cells`` up to the first one that lacks a seed."""
    whole = takewhile(lambda genes: set(seeds) <= set(found.get(genes, ())), (cell.genes for cell in cells))
    return np.array([[found[genes][seed] for seed in seeds] for genes in whole])


def icc(values: NDArray[np.float64]) -> float:
    """Intraclass correlation of ``(cells, seeds)`` values."""
    within = float(values.var(axis=1, ddof=1).mean())
    between = max(0.0, float(values.mean(axis=1).var(ddof=1)) - within / values.shape[1])
    return between / (between + within)


def interval(values: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], float]) -> list[float]:
    """Percentiles of a statistic of ``(cells, seeds)`` values over samples of cells."""
    rng = np.random.default_rng(0)
    found = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(N_BOOTSTRAPS)]
    return [round(float(one), 3) for one in np.percentile(found, [2.5, 97.5])]


def of_seeds(values: NDArray[np.float64]) -> dict[str, Any]:
    """Spreads and agreement of ``(cells, seeds)`` values."""
    one, within = icc(values), float(values.var(axis=1, ddof=1).mean())
    pairs = combinations(range(values.shape[1]), 2)
    kendall = np.mean([rank_correlation(values[:, a], values[:, b]).kendall for a, b in pairs])
    return {
        "mean": round(float(values.mean()), 2),
        "spread_of_cells": round(math.sqrt(one * within / (1 - one)), 2),
        "spread_of_seeds": round(math.sqrt(within), 2),
        "icc_of_one": round(one, 3),
        "icc_of_one_95": interval(values, icc),
        f"trainings_for_{GOAL}": math.ceil(round(GOAL / (1 - GOAL) * (1 - one) / one, 9)) if one else None,
        "kendall_of_two_seeds": round(float(kendall), 3),
    }


def group(found: Scores, judging: Sequence[int]) -> dict[str, Any]:
    """What is said of one group of cells; ``judging`` are the places of the seeds that judge."""
    judged = found[:, list(judging)]
    valid, test = judged[:, :, :2].mean(axis=1).T
    return {
        "cells": len(found),
        "valid_accuracy_by_the_first_seed": round(float(found[:, 0, 0].mean()), 2),
        "valid_with_test_accuracy_kendall": round(rank_correlation(valid, test).kendall, 3),
        **{name: of_seeds(judged[:, :, at]) for at, name in enumerate(MEASURES)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sampled", type=int, nargs="+", default=[0, 1], help="seeds of the random sample")
    parser.add_argument("--best", type=int, nargs="+", default=[0, 1, 2], help="seeds of the best, 0 and two more")
    asked = parser.parse_args()
    found = scores([TRAININGS, OTHER_SEEDS])
    valid = {genes: seeds[0][0] for genes, seeds in found.items() if 0 in seeds}
    n_cells = len(valid)
    figures: dict[str, Any] = {"cells_of_seed_0": n_cells}
    sampled = sample(found, in_order(), asked.sampled)
    if len(sampled):
        figures["sample"] = group(sampled, range(len(asked.sampled)))
    best = sample(found, top(valid, math.ceil(n_cells / 10)), asked.best)
    if len(best):
        figures["best"] = group(best, range(1, len(asked.best)))
    for name in ("sample", "best"):
        for what, one in figures.get(name, {}).items():
            print(f"{name:<8}{what:<36}{one}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
