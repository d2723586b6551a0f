"""Pruning against evolution against both against random, at equal numbers of predictor calls, and the whole space.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e11_prune_evolve/analyse.py``. Prints a table and one JSON line, and
writes the same to ``results/figures.json`` beside this file.
"""

import argparse
import json
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.app.catalogs import default_catalog
from nasray.app.parts import build
from nasray.core.architecture import Architecture
from nasray.core.graph_batch import GraphBatch
from nasray.core.seeds import Streams
from nasray.data.table import Table
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.differential_evolution import DifferentialEvolution
from nasray.strategies.score_book import ScoreBook
from nasray.strategies.supernet_pruning import SupernetPruning

TAUGHT = 100
GENERATIONS = (1, 4, 10, 100)
POPULATION = 50
SWITCHES = ("sort_by_index", "argmax_genotype", "normal_cell_only")
RESULTS = Path(__file__).with_name("results")


class Remembered:
    """A predictor whose scores of all members are known, so that asking for one costs nothing."""

    higher_is_better = True

    def __init__(self, inner: Any, cells: Sequence[Architecture]) -> None:
        self.inner = inner
        self.known = dict(zip(cells, inner.predict(cells).tolist(), strict=True))

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:
        return np.array([self.known[one] for one in architectures])

    def predict_graphs(self, graphs: GraphBatch) -> np.ndarray:
        return self.inner.predict_graphs(graphs)


def taught(space: NasBench201, table: Table, seed: int) -> Remembered:
    """The predictor of conf/predictor/gcn.yaml, fitted on the VALID accuracies of 100 random cells."""
    setting = yaml.safe_load((files("nasray.conf") / "predictor" / "gcn.yaml").read_text(encoding="utf-8"))
    predictor = build({**setting, "seed": seed}, space=space)
    rows = Streams(seed, "e11/taught").at(0).permutation(len(table))[:TAUGHT]
    cells = [Architecture(tuple(genes)) for genes in table.genes.tolist()]
    predictor.fit([cells[row] for row in rows], table.column("cifar10_valid_200")[rows])
    return Remembered(predictor, cells)


def pruned(space: NasBench201, book: ScoreBook, seed: int, **switches: bool) -> Architecture:
    settings = {**dict.fromkeys(SWITCHES, False), **switches}
    return SupernetPruning(**settings).run(space, book, Streams(seed, "e11/pruning").at(0))


def evolved(space: NasBench201, book: ScoreBook, seed: int, calls: int, seeds: Sequence[Architecture]) -> Architecture:
    """Evolution that asks for at most ``calls`` scores."""
    generations = calls // POPULATION - 1
    evolution = DifferentialEvolution(
        population_size=POPULATION, scale=0.5, crossover_rate=0.5, generations=max(0, generations)
    )
    return evolution.run(space, space.sizes, seeds, book, Streams(seed, "e11/evolution").at(0))


def found_by(space: NasBench201, predictor: Remembered, seed: int) -> dict[str, tuple[Architecture, int]]:
    """Arm -> what it found and how many scores it asked for."""
    book = ScoreBook(predictor)
    of_pruning = pruned(space, book, seed)
    n_pruning = book.asked
    found = {"pruning": (of_pruning, n_pruning)}
    for switch in SWITCHES[:2]:  # with one cell the third changes nothing
        found[f"pruning, {switch}"] = (pruned(space, ScoreBook(predictor), seed, **{switch: True}), n_pruning)
    for generations in GENERATIONS:
        calls = n_pruning + POPULATION * (generations + 1)
        both = evolved(space, ScoreBook(predictor), seed, calls - n_pruning, [of_pruning])
        alone = evolved(space, ScoreBook(predictor), seed, calls, [])
        rng = Streams(seed, "e11/random").at(0)
        drawn = [space.sample(rng) for _ in range(calls)]
        found[f"both, {calls} calls"] = (both, calls)
        found[f"evolution, {calls} calls"] = (alone, calls)
        found[f"random, {calls} calls"] = (max(drawn, key=predictor.known.__getitem__), calls)
    found["exhaustive"] = (max(predictor.known, key=predictor.known.__getitem__), len(predictor.known))
    return found


def seed_figures(space: NasBench201, table: Table, seed: int) -> dict[str, list[float]]:
    """Arm -> rank of what it found by the predictor (1 is the best cell), VALID, TEST, calls."""
    predictor = taught(space, table, seed)
    scores = np.array(list(predictor.known.values()))
    valid, test = (table.column(f"cifar10_{split}_200") for split in ("valid", "test"))
    figures: dict[str, list[float]] = {}
    for arm, (cell, calls) in found_by(space, predictor, seed).items():
        row = table.rows([cell])[0]
        rank = 1 + int((scores > predictor.known[cell]).sum())
        figures[arm] = [rank, float(valid[row]), float(test[row]), calls]
    return figures


def summary(seeds: Sequence[dict[str, list[float]]]) -> dict[str, dict[str, Any]]:
    rng = Streams(0, "e11/summary").at(0)
    best = np.array([one["exhaustive"] for one in seeds])
    found: dict[str, dict[str, Any]] = {}
    for arm in seeds[0]:
        rows = np.array([one[arm] for one in seeds])
        interval = bootstrap_interval(rows[:, 1:3], rng)
        found[arm] = {
            "calls": int(rows[0, 3]),
            "median_rank": float(np.median(rows[:, 0])),
            "seeds_with_the_best": int((rows[:, 0] == 1).sum()),
            "valid": [round(float(part[0]), 3) for part in (interval.mean, interval.low, interval.high)],
            "test": [round(float(part[1]), 3) for part in (interval.mean, interval.low, interval.high)],
            "lowest_test": round(float(rows[:, 2].min()), 2),
        }
        if (rows != best)[:, 2].any():
            found[arm]["p"] = round(sign_flip_test((rows - best)[:, 2], rng).p_value, 4)
        if arm.startswith("both"):
            found[arm]["against"] = {
                other: _against(rows, np.array([one[arm.replace("both", other)] for one in seeds]), rng)
                for other in ("evolution", "random")
            }
    return found


def _against(rows: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Of the same seeds: the differences in log10 rank (below 0 is better) and in TEST, with their p."""
    figures: dict[str, float] = {}
    for name, differences in (
        ("log10_rank", np.log10(rows[:, 0]) - np.log10(others[:, 0])),
        ("test", rows[:, 2] - others[:, 2]),
    ):
        p_value = sign_flip_test(differences, rng).p_value if differences.any() else 1.0
        figures |= {name: round(float(differences.mean()), 3), f"{name}_p": round(p_value, 4)}
    return figures


def print_table(found: dict[str, dict[str, Any]], n_seeds: int) -> None:
    print(f"{'arm':<28}{'calls':>7}{'median rank':>13}{'best found':>12}{'VALID':>26}{'TEST':>26}{'p':>8}")
    for arm, one in found.items():
        accuracies = "".join(f"{'{:.2f} [{:.2f}, {:.2f}]'.format(*one[split]):>26}" for split in ("valid", "test"))
        best = f"{one['seeds_with_the_best']}/{n_seeds}"
        print(f"{arm:<28}{one['calls']:>7}{one['median_rank']:>13.1f}{best:>12}{accuracies}{one.get('p', '-'):>8}")
        for other, against in one.get("against", {}).items():
            rank, test = (f"{against[name]:+.3f} (p = {against[f'{name}_p']:.4f})" for name in ("log10_rank", "test"))
            print(f"    against {other}: log10 rank {rank}, TEST {test}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    n_seeds = parser.parse_args().seeds
    torch.set_num_threads(1)
    began = time.process_time()
    space = NasBench201(channels=16, cells_per_stage=5)
    table = default_catalog().open("nasbench201", space)
    found = summary([seed_figures(space, table, seed) for seed in range(n_seeds)])
    print_table(found, n_seeds)
    line = {"seeds": [0, n_seeds - 1], "taught": TAUGHT, "figures": found}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({**line, "cpu_seconds": round(time.process_time() - began, 1)}))


if __name__ == "__main__":
    main()
