"""Looks at NAS-Bench-201: every row of the tables of README.md. Each call is logged in ``looks.jsonl``.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/evaluate.py "why this look is needed"``. Writes
``results/figures.json``. The recipe's hash goes into the log before the first label is read.
"""

import datetime
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from make_checkpoints import CHECKPOINTS
from tracks import LOOKS, RESULTS, SEEDS, measured, ranks, recipe_and_hash, reordered

from nasray.analysis.paired_ranking import paired_ranking
from nasray.analysis.rank_correlation import rank_correlation
from nasray.analysis.ranking_quality import ranking_quality, top_share
from nasray.app.catalogs import default_catalog, space_named
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.predictors.live_parameters import LiveParameters
from nasray.predictors.parameters import Parameters
from nasray.predictors.pretrained_gcn import PretrainedGcn
from nasray.predictors.rank_sum import RankSum
from nasray.predictors.table_lookup import TableLookup

DATASETS = ("cifar10", "cifar100", "imagenet16_120")
LIVE, LOOKUP, BEST_FREE = "live #params", "look-up", "nwot + jacov + look-up"
PAIRS = (
    ("A", LIVE),
    *((one, other) for one in ("B", "B with size", "B averaged") for other in (LIVE, LOOKUP)),
    *((one, BEST_FREE) for one in ("C", "C held out", "C reordered")),
)
N_RESAMPLES = 100


class Known:
    """Scores that are there already."""

    higher_is_better = True

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:  # noqa: ARG002
        return self.values


def log_look(reason: str) -> int:
    """The number of this look. The log is written before a label is read."""
    _, sha256 = recipe_and_hash()
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    with LOOKS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"when": when, "recipe_sha256": sha256, "why": reason}) + "\n")
    return len(LOOKS.read_text(encoding="utf-8").splitlines())


def free_rows(cells: Sequence[Architecture]) -> dict[str, np.ndarray]:
    catalog, space = default_catalog(), space_named("nasbench201")
    table = catalog.open("nasbench201_features", space)
    transnas = catalog.open("transnas_micro", space_named("transnas_micro"))
    images: dict[str, Any] = {"space": space, "input_shape": (3, 32, 32), "n_classes": 10}
    lookup = TableLookup(
        space=space,
        table=transnas,
        column="class_scene_valid_25",
        vocabulary=["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"],
        replace={"avg_pool_3x3": "none"},
    )
    four = ["zc_c10_nwot", "zc_c10_synflow", "zc_c10_jacov", "zc_c10_params"]
    two = ["zc_c10_nwot", "zc_c10_jacov"]
    return {
        "#params": Parameters(**images).predict(cells),
        LIVE: LiveParameters(**images).predict(cells),
        LOOKUP: lookup.predict(cells),
        "nwot + synflow + jacov + params": RankSum(space=space, table=table, columns=four, predictors=[]).predict(
            cells
        ),
        BEST_FREE: RankSum(space=space, table=table, columns=two, predictors=[lookup]).predict(cells),
        "TG-NAS, released scores": table.column("tgnas_score")[table.rows(cells)],
    }


def track_rows(cells: Sequence[Architecture], recipe: dict[str, Any], sha256: str) -> dict[str, list[np.ndarray]]:
    """Scores of the shipped networks, one a seed; the last row is their mean."""
    space = space_named("nasbench201")
    table = default_catalog().open("nasbench201_features", space)
    found: dict[str, list[np.ndarray]] = {}
    for checkpoint, (track, _) in CHECKPOINTS.items():
        if track not in ("A", "B", "B light"):
            continue
        whole = PretrainedGcn(space=space, checkpoint=checkpoint, sentence_model=None, leak="refuse")
        if whole.card.facts["recipe_sha256"] != sha256:
            raise SystemExit(f"{checkpoint} was trained by another recipe; run make_checkpoints.py first")
        found[track] = [*(whole.member(number).predict(cells) for number in SEEDS), whole.predict(cells)]

    def added(columns: Sequence[str], one: np.ndarray) -> np.ndarray:
        return RankSum(space=space, table=table, columns=columns, predictors=[Known(one)]).predict(cells)

    for name, columns in recipe["C"].items():
        found[name] = [added(columns, one) for one in found["B"]]
    size = LiveParameters(space=space, input_shape=(3, 32, 32), n_classes=10).predict(cells)
    found[LIVE] = [size] * (len(SEEDS) + 1)
    for name, parts in recipe["averaged"].items():
        each = zip(*(found[part] for part in parts), strict=True)
        found[name] = [np.average([ranks(one) for one in seed], 0, [*parts.values()]) for seed in each]
    for name, one in recipe["reordered"].items():
        found[name] = [reordered(added(one["columns"], fine), fine, one["share"]) for fine in found[one["by"]]]
    return {name: one for name, one in found.items() if name != LIVE}


def figures(rows: dict[str, list[np.ndarray]], truth: np.ndarray) -> dict[str, Any]:
    best, found = top_share(truth, 0.1), dict[str, Any]()
    for name, each in rows.items():
        alone = each[:-1] or each
        all_cells, top = ([rank_correlation(one[part], truth[part]) for one in alone] for part in (slice(None), best))
        quality = ranking_quality(each[-1], truth, 100, Streams(0, "e09/ties").at(0))
        found[name] = {
            "tau": [round(one.kendall, 4) for one in all_cells],
            "rho": [round(one.spearman, 4) for one in all_cells],
            "tau_top_tenth": [round(one.kendall, 4) for one in top],
            "rho_top_tenth": [round(one.spearman, 4) for one in top],
            "of_the_mean": [round(quality.correlation.kendall, 4), round(quality.correlation.spearman, 4)],
            "tau_top_tenth_of_the_mean": round(rank_correlation(each[-1][best], truth[best]).kendall, 4),
            "precision_at_100": quality.precision,
            "ndcg_at_100": round(quality.ndcg, 4),
            "distinct": quality.correlation.distinct_scores,
            "cell_returned": round(float(truth[int(each[-1].argmax())]), 3),
        }
    return found


def compared(rows: dict[str, list[np.ndarray]], truth: np.ndarray) -> dict[str, Any]:
    """Paired bootstrap of the means of five seeds."""
    found, best = dict[str, Any](), top_share(truth, 0.1)
    for one, other in PAIRS:
        for part, cells in (("all", np.ones(len(truth), bool)), ("top tenth", best)):
            rng = Streams(0, f"e09/{one}/{other}/{part}").at(0)
            pair = (rows[one][-1][cells], rows[other][-1][cells])
            result = paired_ranking(*pair, truth[cells], rng, n_resamples=N_RESAMPLES)
            found[f"{one} - {other}, {part}"] = [round(x, 4) for x in (result.difference, result.low, result.high)]
    return found


def main() -> None:
    torch.set_num_threads(1)
    number = log_look(sys.argv[1])
    recipe, sha256 = recipe_and_hash()
    print(f"look number {number} at NAS-Bench-201; recipe {sha256[:12]}", flush=True)
    data = measured("nasbench201", recipe["wording"], recipe["data_flow"])
    rows = {name: [one] for name, one in free_rows(data.cells).items()} | track_rows(data.cells, recipe, sha256)
    found: dict[str, Any] = {"looks": number, "recipe_sha256": sha256}
    for dataset in DATASETS:
        truth = data.column(f"{dataset}_test_200")
        found[dataset] = {"rows": figures(rows, truth), "compared": compared(rows, truth)}
        for name, one in found[dataset]["rows"].items():
            print(
                f"{dataset:<15}{name:<34}tau {np.mean(one['tau']):.3f} rho {np.mean(one['rho']):.3f}  top tenth "
                f"{np.mean(one['tau_top_tenth']):.3f}  mean of seeds {one['of_the_mean']} "
                f"top {one['tau_top_tenth_of_the_mean']:.3f}  cell {one['cell_returned']}",
                flush=True,
            )
        print(json.dumps(found[dataset]["compared"]), flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
