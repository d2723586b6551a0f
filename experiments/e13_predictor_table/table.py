"""Every predictor and proxy at hand on all cells of NAS-Bench-201, in one table.

Run: ``NASRAY_DATA_MIRROR=FOLDER OMP_NUM_THREADS=1 python experiments/e13_predictor_table/table.py "why this look"``.
Prints the tables of ``README.md`` and writes ``results/figures.json``. It looks at NAS-Bench-201's TEST, so it is
logged in ``looks.jsonl`` of e09 before the first label is read.
"""

import datetime
import hashlib
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.ranking_quality import ranking_quality, top_share
from nasray.app.catalogs import default_catalog, space_named
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.predictors.flops import Flops
from nasray.predictors.live_parameters import LiveParameters
from nasray.predictors.parameters import Parameters
from nasray.predictors.pretrained_gcn import PretrainedGcn
from nasray.predictors.published_zero_cost import PublishedZeroCost
from nasray.predictors.rank_sum import RankSum
from nasray.predictors.table_lookup import TableLookup

DATASETS = ("cifar10", "cifar100", "imagenet16_120")
E09 = Path(__file__).parents[1] / "e09_tgnas_tracks"
RESULTS = Path(__file__).with_name("results")
TRACKS = {"A": "gcn_nasbench101", "B": "gcn_nasbench101_transnas"}
MEMBERS = range(5)
C_COLUMNS = {"C: B + nwot + jacov": ["zc_c10_nwot", "zc_c10_jacov"], "B + params": ["zc_c10_params"]}
Rows = dict[str, list[np.ndarray]]
"""By name, the ``(A,)`` scores of every training seed; one where nothing was trained here."""


class Known:
    """Scores that are there already."""

    higher_is_better = True

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:  # noqa: ARG002
        return self.values


def log_look(reason: str) -> None:
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    sha256 = hashlib.sha256((E09 / "recipe.json").read_bytes()).hexdigest()
    with (E09 / "looks.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"when": when, "recipe_sha256": sha256, "why": reason}) + "\n")


def rows_of(space: Any, table: Any, cells: Sequence[Architecture]) -> Rows:
    images: dict[str, Any] = {"space": space, "input_shape": (3, 32, 32), "n_classes": 10}
    lookup = TableLookup(
        space=space,
        table=default_catalog().open("transnas_micro", space_named("transnas_micro")),
        column="class_scene_valid_25",
        vocabulary=["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"],
        replace={"avg_pool_3x3": "none"},
    )
    found: Rows = {
        name: [make(**images).predict(cells)]
        for name, make in (("#params", Parameters), ("live #params", LiveParameters), ("flops", Flops))
    }
    found["TransNAS look-up"] = [lookup.predict(cells)]
    for name in table.names:
        found[name] = [PublishedZeroCost(space=space, table=table, column=name).predict(cells)]
    ranked = partial(RankSum, space=space, table=table)
    names = [f"zc_c10_{one}" for one in ("nwot", "synflow", "jacov", "params")]
    found["rank sum nwot + synflow + jacov + params"] = [ranked(columns=names, predictors=[]).predict(cells)]
    found["rank sum nwot + jacov + look-up"] = [
        ranked(columns=C_COLUMNS["C: B + nwot + jacov"], predictors=[lookup]).predict(cells)
    ]
    for track, checkpoint in TRACKS.items():
        whole = PretrainedGcn(space=space, checkpoint=checkpoint, sentence_model=None, leak="refuse")
        found[f"track {track}"] = [whole.member(number).predict(cells) for number in MEMBERS]
    for name, columns in C_COLUMNS.items():
        found[name] = [ranked(columns=columns, predictors=[Known(one)]).predict(cells) for one in found["track B"]]
    return found


def figures(rows: Rows, truth: np.ndarray) -> dict[str, Any]:
    best, found = top_share(truth, 0.1), dict[str, Any]()
    for name, each in rows.items():
        ties = Streams(0, f"e13/{name}").at(0)
        everywhere = [ranking_quality(one, truth, 100, ties) for one in each]
        top = [ranking_quality(one[best], truth[best], 100, ties) for one in each]
        found[name] = {
            "distinct": [len(np.unique(one)) for one in each],
            "tau": interval([one.correlation.kendall for one in everywhere]),
            "rho": interval([one.correlation.spearman for one in everywhere]),
            "tau_top_tenth": interval([one.correlation.kendall for one in top]),
            "rho_top_tenth": interval([one.correlation.spearman for one in top]),
            "precision_at_100": interval([one.precision for one in everywhere]),
        }
    return found


def interval(values: Sequence[float]) -> list[float]:
    """The value; of several training seeds the mean and the 95 % bootstrap interval."""
    if len(values) == 1:
        return [round(values[0], 4)]
    found = bootstrap_interval(np.array(values), Streams(0, "e13/interval").at(0))
    return [round(float(one), 4) for one in (found.mean, found.low, found.high)]


def shown(figure: Sequence[float]) -> str:
    return "{:.3f}".format(*figure) if len(figure) == 1 else "{:.3f} [{:.3f}, {:.3f}]".format(*figure)


def print_tables(found: dict[str, Any], n_cells: int) -> None:
    keys = ("tau", "rho", "tau_top_tenth", "rho_top_tenth", "precision_at_100")
    for dataset, one in found.items():
        tenth = one["top_tenth_cells"]
        print(f"\n**{dataset}**: TEST accuracy after 200 epochs; {n_cells:,} cells, {tenth:,} in the best tenth")
        print("| row | distinct | tau-b | rho | tau-b, best tenth | rho, best tenth | precision at 100 |")
        print("|---|---|---|---|---|---|---|")
        for name, row in sorted(one["rows"].items(), key=lambda item: -item[1]["tau"][0]):
            print(f"| {name} | {min(row['distinct']):,} | {' | '.join(shown(row[key]) for key in keys)} |")


def main() -> None:
    torch.set_num_threads(1)
    log_look(sys.argv[1])
    catalog, space = default_catalog(), space_named("nasbench201")
    table, measured = catalog.open("nasbench201_features", space), catalog.open("nasbench201", space)
    cells = [Architecture(tuple(genes)) for genes in table.index]  # the order in which RankSum asks
    rows, found = rows_of(space, table, cells), dict[str, Any]()
    for dataset in DATASETS:
        truth = measured.column(f"{dataset}_test_200")[measured.rows(cells)]
        found[dataset] = {"top_tenth_cells": int(top_share(truth, 0.1).sum()), "rows": figures(rows, truth)}
    print_tables(found, len(cells))
    RESULTS.mkdir(exist_ok=True)
    pedigree = {"table_sha256": measured.sha256, "features_sha256": table.sha256, "cells": len(cells)}
    (RESULTS / "figures.json").write_text(json.dumps(pedigree | {"figures": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
