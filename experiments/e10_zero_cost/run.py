"""Zero-cost proxies computed here, against the values that NAS-Bench-Suite-Zero published.

Run: ``NASRAY_DATA_MIRROR=FOLDER OMP_NUM_THREADS=1 python experiments/e10_zero_cost/run.py --cells 1000``. Every scored
cell is one line of ``results/scores.jsonl``; started again, the script goes on behind it. Prints a table and one JSON
line, and writes the same to ``results/figures.json``. With ``--report`` it scores nothing.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from nasray.analysis.rank_correlation import rank_correlation
from nasray.app.catalogs import default_catalog
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.data.catalog import Catalog
from nasray.data.image_sets.npz import Npz
from nasray.data.table import Table
from nasray.models.zero_cost.proxies import AZ_NAS, PROXIES, PUBLISHED, zero_cost_score
from nasray.spaces.nasbench201 import NasBench201

BATCH_SIZE, SEED, INPUT_SHAPE, N_CLASSES = 64, 0, (3, 32, 32), 10
HELD = {"params", "flops", "synflow", "nwot", "l2_norm"}
REPEATED = "l2_norm*4"
NAMES = (*PROXIES, REPEATED)
BAR = 0.95
RESULTS = Path(__file__).with_name("results")
JOURNAL = RESULTS / "scores.jsonl"


def batch(catalog: Catalog) -> tuple[tuple[torch.Tensor, torch.Tensor], str]:
    """The first images of CIFAR-10 as they are at hand, every class alike; else standard normal noise."""
    train, test = (None if catalog.mirror is None else catalog.mirror / f"cifar10_{part}.npz" for part in PARTS)
    if train is not None and test is not None and train.is_file():
        images = Npz(train=train, test=test, n_train=None, n_valid=1000, seed=SEED).load().train
        return (torch.from_numpy(images.x[:BATCH_SIZE]), torch.from_numpy(images.y[:BATCH_SIZE])), train.name
    rng = torch.Generator().manual_seed(SEED)
    return (
        torch.randn((BATCH_SIZE, *INPUT_SHAPE), generator=rng),
        torch.arange(BATCH_SIZE) % N_CLASSES,
    ), "standard normal noise"


PARTS = ("train_5000", "test_1000")


def chosen(table: Table, n: int) -> list[Architecture]:
    """The same cells on every call, the first of a random order of those with published values."""
    published = np.flatnonzero(np.isfinite(table.column("zc_c10_synflow")))
    order = Streams(SEED, "e10").at(0).permutation(published)[:n]
    return [Architecture(tuple(genes)) for genes in table.genes[order].tolist()]


def journaled() -> dict[str, dict[str, Any]]:
    """Cell -> its line; a last line that was cut off is left out."""
    lines: dict[str, dict[str, Any]] = {}
    if JOURNAL.is_file():
        for text in JOURNAL.read_text(encoding="utf-8").splitlines(keepends=True):
            if text.endswith("\n"):
                line = json.loads(text)
                lines.setdefault(line["cell"], {"cell": line["cell"], "scores": {}, "seconds": {}})
                for part in ("scores", "seconds"):
                    lines[line["cell"]][part] |= line[part]
    return lines


def score_cell(
    space: NasBench201, cell: Architecture, names: Sequence[str], images: tuple[torch.Tensor, torch.Tensor]
) -> dict[str, Any]:
    """One line of the journal; ``NAME*N`` is the mean over the seeds 0 to N - 1."""
    plan = space.plan(cell, INPUT_SHAPE, N_CLASSES)
    scores: dict[str, float | None] = {}
    seconds: dict[str, float] = {}
    for name in names:
        start = time.process_time()  # one thread: what it takes on an idle core
        proxy, _, draws = name.partition("*")
        seeds = range(SEED, SEED + int(draws or 1))
        score = fmean(zero_cost_score(proxy, plan, images, "torch", seed) for seed in seeds)
        seconds[name] = round(time.process_time() - start, 3)
        scores[name] = score if math.isfinite(score) else None
    return {"cell": cell.key, "scores": scores, "seconds": seconds}


def score_all(
    space: NasBench201, cells: Sequence[Architecture], proxies: Sequence[str], grasp_cells: int, catalog: Catalog
) -> str:
    images, source = batch(catalog)
    done = journaled()
    with JOURNAL.open("a", encoding="utf-8") as file:
        for number, cell in enumerate(cells):
            known = done.get(cell.key, {"scores": {}})["scores"]
            wanted = [name for name in proxies if name != "grasp" or number < grasp_cells]
            missing = [name for name in wanted if name not in known]
            if missing:
                file.write(json.dumps(score_cell(space, cell, missing, images)) + "\n")
                file.flush()
    return source


def figures(table: Table, cells: Sequence[Architecture]) -> dict[str, dict[str, Any]]:
    """Proxy -> correlations over the scored cells, seconds, and how it ranks them by accuracy."""
    done = journaled()
    lines = [done[cell.key] for cell in cells if cell.key in done]
    rows = table.rows([Architecture(tuple(map(int, line["cell"].split(".")))) for line in lines])
    found: dict[str, dict[str, Any]] = {}
    for name in NAMES:
        scores = np.array([line["scores"].get(name) for line in lines], dtype=np.float64)
        if not any(name in line["scores"] for line in lines):
            continue
        seconds = [line["seconds"][name] for line in lines if name in line["seconds"]]
        found[name] = {
            "cells": int(np.isfinite(scores).sum()),
            "median_seconds": round(float(np.median(seconds)), 3),
            "mean_seconds": round(float(np.mean(seconds)), 3),
        }
        if (proxy := name.partition("*")[0]) in PUBLISHED:
            published = table.column(f"zc_c10_{proxy}")[rows]
            both = np.isfinite(scores) & np.isfinite(published)
            agreement = rank_correlation(scores[both], published[both])
            found[name] |= {"spearman": round(agreement.spearman, 4), "kendall": round(agreement.kendall, 4)}
            found[name]["published_twice"] = published_twice(table, proxy)
    return found


def published_twice(table: Table, name: str) -> float:
    """Spearman between the published values of two data sets: other images, and another draw of weights."""
    first, second = (table.column(f"zc_{dataset}_{name}") for dataset in ("c10", "in16"))
    both = np.isfinite(first) & np.isfinite(second)
    return round(rank_correlation(first[both], second[both]).spearman, 4)


def print_table(found: dict[str, dict[str, Any]]) -> None:
    heads = f"{'Spearman with published':>25}{'Kendall':>9}{'published twice':>17}{'mean s':>9}{'median s':>10}"
    print(f"{'proxy':<15}{'cells':>6}{heads}  bar")
    for name, one in found.items():
        agreement = f"{'-':>25}{'-':>9}{'-':>17}"
        if "spearman" in one:
            agreement = f"{one['spearman']:>25.4f}{one['kendall']:>9.4f}{one['published_twice']:>17.4f}"
        bar = f">= {BAR}: {'yes' if one['spearman'] >= BAR else 'NO'}" if name.partition("*")[0] in HELD else ""
        print(f"{name:<15}{one['cells']:>6}{agreement}{one['mean_seconds']:>9.3f}{one['median_seconds']:>10.3f}  {bar}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=1000, help="how many cells, a prefix of a fixed random order")
    parser.add_argument("--proxies", nargs="+", choices=NAMES, default=[*NAMES], help="all unless given")
    parser.add_argument("--grasp-cells", type=int, help="how many of them GraSP is computed on; all unless given")
    parser.add_argument("--report", action="store_true", help="only print what is journaled")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    space = NasBench201(channels=16, cells_per_stage=5)
    catalog = default_catalog()
    table = catalog.open("nasbench201_features", space)
    cells = chosen(table, asked.cells)
    RESULTS.mkdir(exist_ok=True)
    grasp_cells = asked.cells if asked.grasp_cells is None else asked.grasp_cells
    source = batch(catalog)[1] if asked.report else score_all(space, cells, asked.proxies, grasp_cells, catalog)
    found = figures(table, cells)
    print_table(found)
    line = {
        "space": "nasbench201, C = 16, N = 5",
        "batch_size": BATCH_SIZE,
        "seed": SEED,
        "images": source,
        "az_nas": list(AZ_NAS),
        "figures": found,
    }
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(line))


if __name__ == "__main__":
    main()
