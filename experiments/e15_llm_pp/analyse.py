"""LLM-PP and LLM-Distill-PP among the controls of e14, on the same Transformers, divisions and resamples.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e15_llm_pp/analyse.py``, after ``ask.py`` and ``distil.py``. Every
``results/NAME.csv`` is a row; rows that were asked for other divisions have a table of their own. Prints the tables of
``README.md``, and writes ``results/figures.json``.
"""

import csv
import importlib.util
import json
from collections import defaultdict
from collections.abc import Sequence
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
SHALLOW = 2
COMPARED = (
    "demonstration mean",
    "OLS on log(decoder layers)",
    "OLS on log(decoder layers) and log(parameters)",
    "decoder layers",
    "parameters",
    "FLOPs",
    "latency",
)


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


def labelled(stem: str) -> str:
    """What a row is called: a student never goes without its teacher."""
    for suffix, recipe in (("_distilled_paper", ", recipe of the paper"), ("_distilled", "")):
        if stem.endswith(suffix):
            teacher = stem.removesuffix(suffix)
            return f"{'distilled(ols)' if teacher == 'ols' else f'LLM-Distill-PP({teacher})'}{recipe}"
    return stem


def tables(files: Sequence[Path]) -> dict[tuple[tuple[str, int], ...], list[Path]]:
    """Every set of tasks and divisions that some row has -> all rows that have them; the largest set first."""
    asked = {path: frozenset(rows_of(path)) for path in files}
    every = sorted(set(asked.values()), key=lambda one: (-len(one), sorted(one)))
    return {tuple(sorted(one)): [path for path in files if one <= asked[path]] for one in every}


def block(
    shared: ModuleType, every: Sequence[Any], keys: Sequence[tuple[str, int]], files: Sequence[Path], weights: Any
) -> dict[str, Any]:
    """Figures of the rows in ``files`` and of what they must beat, on one set of divisions; printed."""
    tasks = [task for task in every if any(name == task.name for name, _ in keys)]
    shared.SPLITS = tuple(sorted({split for _, split in keys}))
    rows = shared.predictors() | {labelled(path.stem): shared.from_file(path) for path in files}
    wanted = [*(labelled(path.stem) for path in files), *COMPARED]
    found = {task.name: shared.figures(task, rows, weights) for task in tasks}
    kept = {task: {name: figures[name] for name in wanted} for task, figures in found.items()}
    print(f"\n{keys}")
    shared.print_tables(kept)
    told = {labelled(path.stem): copied(path, tasks) for path in files}
    print("copied", json.dumps(told))
    return {"divisions": keys, "figures": kept, "copied": told}


def deeper(shared: ModuleType, tasks: Sequence[Any], path: Path) -> dict[str, Any]:
    """Mean error and mean absolute error on the judged Transformers with more layers than any demonstration.

    Args:
        shared: e14.
        tasks: Its tasks.
        path: What ``ask.py --deepest SHALLOW`` wrote; beside it stands what was said with all demonstrations shown.
    """
    found: dict[str, Any] = {}
    for name, split in rows_of(path):
        task = next(one for one in tasks if one.name == name)
        depth = task.sizes["decoder layers"]
        judged = ~task.shown[split] & (depth > SHALLOW)
        taught = task.shown[split] & (depth <= SHALLOW)
        line = np.polyfit(np.log(depth[taught]), task.bleu[taught], 1)
        said = {
            "shown the shallow ones": shared.from_file(path)(task, split),
            "shown all": shared.from_file(path.with_stem(path.stem.removesuffix("-shallow")))(task, split),
            "OLS on log(decoder layers) of the shallow ones": np.polyval(line, np.log(depth)),
            "mean of the shallow ones": np.full(len(depth), task.bleu[taught].mean()),
        }
        gaps = {row: (values - task.bleu)[judged] for row, values in said.items()}
        found[f"{name} {split}"] = {"judged": int(judged.sum()), "shown": int(taught.sum())} | {
            row: [round(float(one), 2) for one in (gap.mean(), abs(gap).mean())] for row, gap in gaps.items()
        }
    return found


def main() -> None:
    shared = e14()
    space = space_named("hat")
    assert isinstance(space, Hat)
    table = default_catalog().open("hat_mt", space)
    drawn = Streams(0, "e14").at(0).multinomial(len(table), np.full(len(table), 1 / len(table)), size=shared.RESAMPLES)
    weights = np.vstack([np.ones(len(table)), drawn])
    tasks = shared.read(table, space)
    files = sorted(path for path in RESULTS.glob("*.csv") if not path.stem.endswith("_pool"))
    head, changed = commit()
    line: dict[str, Any] = {"experiment": "e15", "commit": head, "uncommitted_changes": changed}
    line |= {"table_sha256": table.sha256}
    line["tables"] = [block(shared, tasks, keys, rows, weights) for keys, rows in tables(files).items()]
    line["deeper"] = {path.stem: deeper(shared, tasks, path) for path in files if path.stem.endswith("-shallow")}
    line["pools"] = {path.stem: pool_figures(path, space) for path in sorted(RESULTS.glob("*_pool.csv"))}
    print("\ndeeper", json.dumps(line["deeper"], indent=1), "\npools", json.dumps(line["pools"], indent=1))
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
