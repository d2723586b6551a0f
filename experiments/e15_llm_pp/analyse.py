"""LLM-PP among the controls of e14, on the same Transformers, divisions and resamples.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e15_llm_pp/analyse.py``, after ``ask.py``. Every
``results/NAME.csv`` is a row. Prints the tables of ``README.md``, and writes ``results/figures.json``.
"""

import csv
import importlib.util
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from nasray.app.catalogs import default_catalog, space_named
from nasray.app.provenance import commit
from nasray.core.seeds import Streams
from nasray.spaces.hat import Hat

RESULTS = Path(__file__).with_name("results")


def e14() -> ModuleType:
    path = Path(__file__).parents[1] / "e14_hat_predictors" / "analyse.py"
    spec = importlib.util.spec_from_file_location("e14", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(path: Path) -> dict[tuple[str, int], list[tuple[str, float]]]:
    """Task and division -> architectures and predictions."""
    found: dict[tuple[str, int], list[tuple[str, float]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["task"], int(row["split"])].append((row["architecture"], float(row["prediction"])))
    return found


def copied(path: Path, tasks: Sequence[Any]) -> dict[str, float]:
    """Share of predictions that are the BLEU of a demonstration, as it was shown."""
    found = {}
    for task in tasks:
        hits = [
            f"{value:.2f}" in {f"{bleu:.2f}" for bleu in task.bleu[task.shown[split]]}
            for (name, split), rows in rows_of(path).items()
            if name == task.name
            for _, value in rows
        ]
        found[task.name] = round(float(np.mean(hits)), 3)
    return found


def pool_figures(path: Path, space: Hat) -> dict[str, Any]:
    """What the labels of random Transformers look like; most of these have more layers than any demonstration."""
    found: dict[str, Any] = {}
    for (task, split), rows in rows_of(path).items():
        labels = np.array([value for _, value in rows])
        layers = np.array([len(space.shape(space.from_text(text)).decoder_ffn) for text, _ in rows])
        found[f"{task} {split}"] = {
            "labels": len(labels),
            "distinct": len(np.unique(labels)),
            "range": [float(labels.min()), float(labels.max())],
            "mean_by_decoder_layers": {int(n): round(float(labels[layers == n].mean()), 2) for n in np.unique(layers)},
            "tau_b_with_decoder_layers": round(float(kendalltau(labels, layers).statistic), 3),
            "deeper_than_any_demonstration": round(float((layers > 3).mean()), 3),
        }
    return found


def chosen(found: Mapping[str, Any], asked: Sequence[str]) -> dict[str, Any]:
    """The rows of this question: those that were asked, and what they must beat."""
    kept = ("demonstration mean", "OLS on log(decoder layers)", "OLS on log(decoder layers) and log(parameters)")
    wanted = [*asked, *kept, "decoder layers", "parameters", "FLOPs", "latency"]
    return {task: {name: rows[name] for name in wanted} for task, rows in found.items()}


def main() -> None:
    shared = e14()
    space = space_named("hat")
    assert isinstance(space, Hat)
    table = default_catalog().open("hat_mt", space)
    files = sorted(path for path in RESULTS.glob("*.csv") if not path.stem.endswith("_pool"))
    asked = [set(rows_of(path)) for path in files]
    tasks = [task for task in shared.read(table, space) if all(task.name in {name for name, _ in one} for one in asked)]
    # Divisions that were not asked are left out for every row alike.
    shared.SPLITS = tuple(
        split for split in shared.SPLITS if all((task.name, split) in one for task in tasks for one in asked)
    )
    rows = shared.predictors() | {path.stem: shared.from_file(path) for path in files}
    drawn = Streams(0, "e14").at(0).multinomial(len(table), np.full(len(table), 1 / len(table)), size=shared.RESAMPLES)
    weights = np.vstack([np.ones(len(table)), drawn])
    found = chosen({task.name: shared.figures(task, rows, weights) for task in tasks}, [path.stem for path in files])
    shared.print_tables(found)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "table_sha256": table.sha256}
    line: dict[str, Any] = {"experiment": "e15", **pedigree, "divisions": shared.SPLITS, "figures": found}
    line["copied"] = {path.stem: copied(path, tasks) for path in files}
    line["pools"] = {path.stem: pool_figures(path, space) for path in sorted(RESULTS.glob("*_pool.csv"))}
    print("\ncopied", json.dumps(line["copied"]), "\npools", json.dumps(line["pools"], indent=1))
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
