"""What 30 trained Transformers say of supernets as predictors of BLEU, and what any cleverer predictor must beat.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e14_hat_predictors/analyse.py [PREDICTIONS.csv ...]``. Prints the
tables of ``README.md``, and writes ``results/figures.json``. Every file of predictions adds a row that bears its name;
its columns are ``task,split,architecture,prediction``, with 20 predictions or more for every task and split, the
architecture as ``space=hat`` writes it.
"""

import csv
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.app.catalogs import default_catalog, space_named
from nasray.app.provenance import commit
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.data.table import Table
from nasray.spaces.hat import Hat

TASKS = ("wmt14_en_de", "wmt14_en_fr", "wmt19_en_de")
SPLITS = (123, 456, 789)
SUPERNETS = {
    "HAT": "hat",
    "Sandwich": "sandwich",
    "layer-wise MoS": "layer_mos",
    "neuron-wise MoS": "neuron_mos",
}
UPDATES, RESAMPLES = 40_000, 2_000
DEPTH = 5
"""The column of the decoder's depth among the distillation features."""

COMPARED = "OLS on log(decoder layers)"
RESULTS = Path(__file__).with_name("results")

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What was measured for one task; A architectures.

    Attributes:
        name: Of the data set.
        bleu: ``(A,)`` on VALID, trained from scratch.
        supernets: Name -> ``(A,)`` BLEU on VALID with shared weights.
        sizes: Name -> ``(A,)`` what is known without training.
        features: ``(A, 10)`` those of LLM-Distill-PP, the decoder's depth as its logarithm.
        shown: Split -> ``(A,)`` whether it is a demonstration.
        texts: ``(A,)`` the architectures, written.
    """

    name: str
    bleu: Vector
    supernets: Mapping[str, Vector]
    sizes: Mapping[str, Vector]
    features: Vector
    shown: Mapping[int, NDArray[np.bool_]]
    texts: Sequence[str]


Predict = Callable[[Task, int], Vector]
"""Task and split -> ``(A,)`` predictions, from the demonstrations of that split."""


def read(table: Table, space: Hat) -> list[Task]:
    members = [Architecture(tuple(row)) for row in table.genes.tolist()]
    layers = np.array([len(space.shape(one).decoder_ffn) for one in members], np.float64)
    features = np.stack([space.distillation_features(one) for one in members])
    features[:, DEPTH] = np.log(layers)
    return [
        Task(
            name=name,
            bleu=table.column(f"{name}_valid_{UPDATES}"),
            supernets={label: table.column(f"{name}_{key}_valid_bleu") for label, key in SUPERNETS.items()},
            sizes={
                "decoder layers": layers,
                "parameters": table.column("parameters"),
                "FLOPs": table.column(f"{name}_flops"),
                "latency": table.column(f"{name}_latency_ms"),
            },
            features=features,
            shown={split: table.column(f"{name}_demonstration_{split}") == 1 for split in SPLITS},
            texts=[space.to_text(one) for one in members],
        )
        for name in TASKS
    ]


def least_squares(features: Sequence[Vector], task: Task, split: int) -> Vector:
    """Fitted with an intercept to the demonstrations, predicted for all."""
    design = np.column_stack([np.ones(len(task.bleu)), *features])
    shown = task.shown[split]
    return design @ np.linalg.lstsq(design[shown], task.bleu[shown], rcond=None)[0]


def ridge(task: Task, split: int) -> Vector:
    """Ridge regression, penalty 1, on features that have mean 0 and spread 1 over the demonstrations."""
    shown, x = task.shown[split], task.features
    spread = x[shown].std(0)
    z = (x - x[shown].mean(0)) / np.where(spread > 0, spread, 1)
    mean = task.bleu[shown].mean()
    slopes = np.linalg.solve(z[shown].T @ z[shown] + np.eye(z.shape[1]), z[shown].T @ (task.bleu[shown] - mean))
    return z @ slopes + mean


def logs(task: Task, *names: str) -> list[Vector]:
    return [np.log(task.sizes[name]) for name in names]


def predictors() -> dict[str, Predict]:
    """Those that predict a BLEU."""
    rows: dict[str, Predict] = {label: lambda task, _, label=label: task.supernets[label] for label in SUPERNETS}
    rows["demonstration mean"] = lambda task, split: np.full(len(task.bleu), task.bleu[task.shown[split]].mean())
    for names in (("decoder layers",), ("decoder layers", "parameters")):
        label = f"OLS on {' and '.join(f'log({name})' for name in names)}"
        rows[label] = lambda task, split, names=names: least_squares(logs(task, *names), task, split)
    rows["ridge on the distillation features"] = ridge
    for label in SUPERNETS:
        rows[f"{label}, calibrated"] = lambda task, split, label=label: least_squares(
            [task.supernets[label]], task, split
        )
    return rows


def sizes() -> dict[str, Predict]:
    """Those that only rank."""
    names = ("decoder layers", "parameters", "FLOPs", "latency")
    return {name: lambda task, _, name=name: task.sizes[name] for name in names}


def from_file(path: Path) -> Predict:
    """Predictions that somebody else made."""
    with path.open(encoding="utf-8", newline="") as file:
        found = {
            (row["task"], int(row["split"]), row["architecture"]): float(row["prediction"])
            for row in csv.DictReader(file)
        }

    def predict(task: Task, split: int) -> Vector:
        given = [found.get((task.name, split, text), np.nan) for text in task.texts]
        missing = int(np.isnan(np.array(given)[~task.shown[split]]).sum())
        if missing:
            raise SystemExit(f"{path}: {missing} of 20 predictions are missing for {task.name}, split {split}")
        return np.array(given)

    return predict


def taus(predicted: Vector, task: Task, weights: Vector, judged: NDArray[np.bool_]) -> dict[str, Vector]:
    """Three versions of Kendall's tau, each ``(B,)``, for B weightings of the architectures that are judged.

    A pair of resampled copies of one architecture says nothing and is left out.

    Args:
        predicted: ``(A,)`` scores.
        task: Which has the truth.
        weights: ``(B, A)`` how often each architecture was drawn.
        judged: ``(A,)`` which of them are judged.
    """
    w = weights[:, judged]
    p, y, depth = (one[judged] for one in (np.round(predicted, 9), task.bleu, task.sizes["decoder layers"]))
    ours, theirs = (np.sign(one[:, None] - one[None, :]) for one in (p, y))
    alike = depth[:, None] == depth[None, :]
    every = ~np.eye(len(p), dtype=bool)

    def pairs(matrix: NDArray[Any]) -> Vector:
        return np.einsum("bi,ij,bj->b", w, matrix.astype(np.float64), w, optimize=True)

    def tau(agreement: NDArray[Any], x: NDArray[Any], z: NDArray[Any]) -> Vector:
        with np.errstate(invalid="ignore", divide="ignore"):
            return pairs(agreement) / np.sqrt(pairs(x) * pairs(z))

    agreement = ours * theirs
    return {
        "tau": tau(agreement, abs(ours), abs(theirs)),
        # Tied predictions in random order: a tied pair then agrees as often as not.
        "tau_ties_broken": tau(agreement, every, abs(theirs)),
        "tau_within_depth": tau(agreement * alike, abs(ours) * alike, abs(theirs) * alike),
    }


def judge(predict: Predict, task: Task, weights: Vector, *, ranks_only: bool) -> dict[str, Any]:
    """Every figure of one row on one task: ``(S, B)`` for S splits."""
    found: dict[str, list[Vector]] = {}
    distinct = []
    for split in SPLITS:
        judged = ~task.shown[split]
        predicted = predict(task, split)
        distinct.append(len(np.unique(np.round(predicted[judged], 9))))
        figures = taus(predicted, task, weights, judged)
        if not ranks_only:
            w = weights[:, judged]
            figures["mae"] = (w @ abs(predicted - task.bleu)[judged]) / w.sum(axis=1)
        for name, values in figures.items():
            found.setdefault(name, []).append(values)
    return {name: np.array(values) for name, values in found.items()} | {"distinct": distinct}


def interval(values: Vector) -> list[float] | None:
    """The mean over splits on all architectures, its spread over splits, and the ends of the bootstrap interval.

    Args:
        values: ``(S, 1 + B)`` the first on all architectures, the others resampled.
    """
    if not np.isfinite(values[:, 0]).all():
        return None
    means = values.mean(axis=0)
    low, high = np.nanquantile(means[1:], [0.025, 0.975])
    return [round(float(one), 4) for one in (means[0], values[:, 0].std(), low, high)]


def figures(task: Task, rows: Mapping[str, Predict], weights: Vector) -> dict[str, Any]:
    ranking = sizes()
    judged = {
        name: judge(predict, task, weights, ranks_only=name in ranking) for name, predict in (rows | ranking).items()
    }
    kinds = ("mae", "tau", "tau_ties_broken", "tau_within_depth")
    found: dict[str, Any] = {}
    for name, one in judged.items():
        found[name] = {kind: interval(one[kind]) for kind in kinds if kind in one}
        found[name]["distinct"] = one["distinct"]
        found[name]["minus"] = {
            kind: interval(one[kind] - judged[COMPARED][kind]) if kind in one else None
            for kind in ("mae", "tau", "tau_ties_broken")
        }
    return found


def which_split(table: Table, task: Task) -> dict[str, dict[str, float]]:
    """MAE of the supernets by the split of their BLEU and of the BLEU they are judged by: which was published?"""
    found: dict[str, dict[str, float]] = {}
    for label, key in SUPERNETS.items():
        for ours, theirs in product(("valid", "test"), repeat=2):
            errors = abs(
                table.column(f"{task.name}_{key}_{ours}_bleu") - table.column(f"{task.name}_{theirs}_{UPDATES}")
            )
            mean = np.mean([errors[~task.shown[split]].mean() for split in SPLITS])
            found.setdefault(f"{ours} against {theirs}", {})[label] = round(float(mean), 2)
    return found


def shown(found: list[float] | None, *, spread: bool = True) -> str:
    if found is None:
        return "-"
    mean, deviation, low, high = found
    return f"{mean:.2f} ({deviation:.2f}) [{low:.2f}, {high:.2f}]" if spread else f"{mean:.2f}"


def difference(found: list[float] | None) -> str:
    return "-" if found is None else "{0:+.2f} [{2:+.2f}, {3:+.2f}]".format(*found)


def print_tables(found: Mapping[str, Mapping[str, Any]]) -> None:
    """The README's, row by row."""
    print("| predictor | " + " | ".join(f"{task} MAE / tau-b" for task in found) + " |")
    for name in next(iter(found.values())):
        cells = [
            f"{shown(rows[name].get('mae'), spread=False)} / {shown(rows[name]['tau'], spread=False)}"
            for rows in found.values()
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    for task, rows in found.items():
        print(f"\n{task}")
        print("| predictor | MAE | tau-b | tau, ties broken | tau-b within a depth | distinct of 20 |")
        for name, row in rows.items():
            cells = [shown(row.get("mae")), shown(row["tau"]), shown(row["tau_ties_broken"], spread=False)]
            cells += [shown(row["tau_within_depth"], spread=False), " / ".join(map(str, row["distinct"]))]
            print(f"| {name} | {' | '.join(cells)} |")
    print(f"\nminus {COMPARED}")
    for name in next(iter(found.values())):
        if name in (COMPARED, "decoder layers"):
            continue
        cells = [", ".join(difference(one) for one in rows[name]["minus"].values()) for rows in found.values()]
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    began = time.perf_counter()
    space = space_named("hat")
    assert isinstance(space, Hat)
    table = default_catalog().open("hat_mt", space)
    tasks = read(table, space)
    rows = predictors() | {path.stem: from_file(path) for path in map(Path, sys.argv[1:])}
    drawn = Streams(0, "e14").at(0).multinomial(len(table), np.full(len(table), 1 / len(table)), size=RESAMPLES)
    weights = np.vstack([np.ones(len(table)), drawn])
    found = {task.name: figures(task, rows, weights) for task in tasks}
    print_tables(found)
    splits = {task.name: which_split(table, task) for task in tasks}
    print(f"\nMAE by split: {json.dumps(splits)}")
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "seconds": round(time.perf_counter() - began, 1)}
    pedigree |= {"resamples": RESAMPLES, "table_sha256": table.sha256}
    RESULTS.mkdir(exist_ok=True)
    line = {"experiment": "e14", **pedigree, "figures": found, "mae_by_split": splits}
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
