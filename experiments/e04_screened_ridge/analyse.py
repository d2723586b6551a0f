"""Evolution on NAS-Bench-201 with and without a predictor that screens its mutants.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e04_screened_ridge/analyse.py``. Prints the tables of
``README.md`` and one JSON line with commit, data and seconds, and writes that to ``results/figures.json``.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.architecture import Architecture
from nasray.core.predictor import Predictor
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.data.table import Table
from nasray.evaluators.table import TableEvaluator
from nasray.predictors.parameters import Parameters
from nasray.predictors.ridge import Ridge
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.strategies.screened import Screened

DATASETS = ("cifar10", "cifar100", "imagenet16_120")
SEEDS, EVALUATIONS = range(1000, 1100), 200
MARKS = (50, 100, 200)
JUDGED_AT = 100
RESULTS = Path(__file__).with_name("results")


class Indifferent:
    """Scores everything alike: what is left of screening is that no cell is measured twice without need."""

    higher_is_better = True

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:
        return np.zeros(len(architectures))


class Remembering:
    """Counts the weights of a cell once, not once a seed."""

    higher_is_better = True

    def __init__(self, inner: Predictor) -> None:
        self.inner, self.known = inner, dict[Architecture, float]()

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:
        new = [one for one in architectures if one not in self.known]
        self.known |= dict(zip(new, self.inner.predict(new).tolist(), strict=True))
        return np.array([self.known[one] for one in architectures])


def arms(space: NasBench201) -> dict[str, Callable[[], Strategy]]:
    evolution = partial(RegularizedEvolution, space=space, population_size=10, tournament_size=5)
    counted = Remembering(Parameters(space=space, input_shape=(3, 32, 32), n_classes=10))

    def screened(make_predictor: Callable[[], Predictor]) -> Strategy:
        return Screened(
            inner=evolution(), predictor=make_predictor(), candidates=10, warm_up=20, refit_every=5, reserved=0.0
        )

    return {
        "evolution": evolution,
        "screened by nothing": lambda: screened(Indifferent),
        "screened by parameters": lambda: screened(lambda: counted),
        "screened by ridge on values": lambda: screened(partial(Ridge, space=space, target="values", shrinkage=1.0)),
        "screened by ridge": lambda: screened(partial(Ridge, space=space, target="ranks", shrinkage=1.0)),
    }


def curves(rows: np.ndarray, valid: np.ndarray, test: np.ndarray) -> np.ndarray:
    """``(2, T)`` best VALID so far and TEST of the cell that has it, for a search that saw these T rows."""
    values = valid[rows]
    best = best_so_far(values)
    record = np.concatenate([[True], values[1:] > best[:-1]])
    leader = np.maximum.accumulate(np.where(record, np.arange(len(rows)), 0))
    return np.stack([best, test[rows[leader]]])


def dataset_figures(dataset: str, table: Table, space: NasBench201) -> dict[str, Any]:
    evaluator = TableEvaluator(
        table=table, dataset=dataset, epochs=200, chunk_size=4096, space=space, columns=(), columns_table=None
    )
    valid, test = (table.column(f"{dataset}_{split}_200") for split in ("valid", "test"))
    rng = Streams(0, f"e04/{dataset}").at(0)
    found: dict[str, np.ndarray] = {}
    for name, make in arms(space).items():
        runs = study(make, space, evaluator, seeds=SEEDS, evaluations=EVALUATIONS, width=1)
        rows = [table.rows([one.proposal.architecture for one in run]) for run in runs]
        found[name] = np.stack([curves(one, valid, test) for one in rows])
    plain = found["evolution"]
    return {
        "optimum": round(evaluator.optimum(), 3),
        "arms": {name: _arm_figures(curve, rng) for name, curve in found.items()},
        "against_evolution": {
            name: {
                split: _against((curve - plain)[:, i, JUDGED_AT - 1], rng) for i, split in enumerate(("valid", "test"))
            }
            for name, curve in found.items()
            if name != "evolution"
        },
    }


def _arm_figures(curve: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    interval = bootstrap_interval(curve[:, :, [mark - 1 for mark in MARKS]], rng)
    return {
        split: {
            str(mark): [round(float(part[i, j]), 3) for part in (interval.mean, interval.low, interval.high)]
            for j, mark in enumerate(MARKS)
        }
        for i, split in enumerate(("valid", "test"))
    }


def _against(differences: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    test = sign_flip_test(differences, rng)
    return {
        "mean": round(test.mean, 3),
        "p": round(test.p_value, 5),
        "minimum_p": round(test.minimum_p, 5),
        "seeds_ahead": int((differences > 0).sum()),
        "seeds_behind": int((differences < 0).sum()),
    }


def print_tables(figures: dict[str, Any]) -> None:
    """The README's, row by row."""
    print("| data set | arm | VALID at 50 | VALID at 100 | VALID at 200 | TEST at 50 | TEST at 100 | TEST at 200 |")
    for dataset, found in figures.items():
        for name, arm in found["arms"].items():
            shown = [arm[split][str(mark)] for split in ("valid", "test") for mark in MARKS]
            cells = ["{:.2f} [{:.2f}, {:.2f}]".format(*one) for one in shown]
            print(f"| {dataset} | {name} | {' | '.join(cells)} |")
    print("| data set | arm | VALID | TEST |")
    for dataset, found in figures.items():
        for name, splits in found["against_evolution"].items():
            cells = [
                f"{one['mean']:+.3f} (p = {one['p']:.4f}; {one['seeds_ahead']} / {one['seeds_behind']})"
                for one in (splits["valid"], splits["test"])
            ]
            print(f"| {dataset} | {name} | {' | '.join(cells)} |")


def main() -> None:
    began = time.perf_counter()
    space = NasBench201(channels=16, cells_per_stage=5)
    table = default_catalog().open("nasbench201", space)
    figures = {dataset: dataset_figures(dataset, table, space) for dataset in DATASETS}
    print_tables(figures)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "seconds": round(time.perf_counter() - began, 1)}
    pedigree |= {"seeds": [SEEDS.start, SEEDS.stop - 1], "evaluations": EVALUATIONS, "table_sha256": table.sha256}
    line = {"experiment": "e04", **pedigree, "figures": figures}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
