"""Evolution on NAS-Bench-201 whose mutants are screened by scores that have seen none of its labels.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e12_screened/analyse.py [--first-seed 2000]``. Prints the tables of
``README.md`` and writes ``results/figures_FIRST_SEED.json`` with commit, data and seconds.
"""

import argparse
import datetime
import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from omegaconf import OmegaConf

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.app.catalogs import default_catalog, space_named
from nasray.app.parts import build
from nasray.app.predictor import with_tables
from nasray.app.provenance import commit
from nasray.core.architecture import Architecture
from nasray.core.predictor import Predictor
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.data.table import Table
from nasray.evaluators.table import TableEvaluator
from nasray.predictors.live_parameters import LiveParameters
from nasray.predictors.pretrained_gcn import PretrainedGcn
from nasray.predictors.rank_sum import RankSum
from nasray.predictors.table_lookup import TableLookup
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.strategies.screened import Screened

DATASETS = ("cifar10", "cifar100", "imagenet16_120")
FIRST_SEED, N_SEEDS, EVALUATIONS, CANDIDATES = 2100, 100, 50, 32
MARKS = (10, 50)
C, FREE, PLAIN = "screened by C", "screened by nwot + jacov + look-up", "evolution"
B, LIVE = "screened by B", "screened by live #params"
REORDERED, AVERAGED = "screened by C reordered", "screened by B averaged"
PAIRS = tuple((one, other) for one in (REORDERED, C, AVERAGED, B) for other in (PLAIN, FREE))
"""Seeds from 2000: those of C are judged; seeds from 2100: those of C reordered. The others are for reading."""

COLUMNS = ["zc_c10_nwot", "zc_c10_jacov"]
RESULTS = Path(__file__).with_name("results")
RECIPE, LOOKS = (Path(__file__).parents[1] / "e09_tgnas_tracks" / name for name in ("recipe.json", "looks.jsonl"))


class Known:
    """Scores of all cells, computed once."""

    higher_is_better = True

    def __init__(self, predictor: Predictor, cells: Sequence[Architecture]) -> None:
        self.scores = dict(zip(cells, predictor.predict(cells).tolist(), strict=True))

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:
        return np.array([self.scores[one] for one in architectures])


def settings_of(name: str) -> dict[str, Any]:
    """Those of ``conf/predictor/NAME.yaml``."""
    text = (files("nasray.conf") / "predictor" / f"{name}.yaml").read_text(encoding="utf-8")
    return cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create(text), resolve=True))


def log_look(seeds: range) -> None:
    """These searches look at NAS-Bench-201 with the networks of e09, whose log is told before a label is read."""
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    line = {"when": when, "recipe_sha256": sha256(RECIPE.read_bytes()).hexdigest()}
    line["why"] = f"e12, seeds {seeds.start} to {seeds.stop - 1}: searches screened by the tracks"
    with LOOKS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def predictors(space: NasBench201) -> dict[str, Known]:
    """By arm, who screens."""
    catalog = default_catalog()
    table = catalog.open("nasbench201_features", space)
    cells = [Architecture(tuple(genes)) for genes in table.index]
    lookup = TableLookup(
        space=space,
        table=catalog.open("transnas_micro", space_named("transnas_micro")),
        column="class_scene_valid_25",
        vocabulary=["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"],
        replace={"avg_pool_3x3": "none"},
    )
    network = PretrainedGcn(space=space, checkpoint="gcn_nasbench101_transnas", sentence_model=None, leak="refuse")
    ranked = partial(RankSum, space=space, table=table)
    shipped = with_tables(settings_of("reordered"), {"nasbench201_features": table})
    found = {
        REORDERED: build(shipped, space=space),
        AVERAGED: build(shipped["fine"], space=space),
        C: ranked(columns=COLUMNS, predictors=[network]),
        FREE: ranked(columns=COLUMNS, predictors=[lookup]),
        B: network,
        LIVE: LiveParameters(space=space, input_shape=(3, 32, 32), n_classes=10),
    }
    return {name: Known(one, cells) for name, one in found.items()}


def arms(space: NasBench201) -> dict[str, Callable[[], Strategy]]:
    evolution = partial(RegularizedEvolution, space=space, population_size=10, tournament_size=5)

    def screened(predictor: Predictor) -> Strategy:
        return Screened(
            inner=evolution(), predictor=predictor, candidates=CANDIDATES, warm_up=20, refit_every=5, reserved=0.1
        )

    found: dict[str, Callable[[], Strategy]] = {name: partial(screened, one) for name, one in predictors(space).items()}
    return found | {PLAIN: evolution, "random search": partial(RandomSearch, space=space)}


def curves(rows: np.ndarray, valid: np.ndarray, test: np.ndarray) -> np.ndarray:
    """``(2, T)`` VALID regret so far and TEST of the cell that has it, for a search that saw these T rows."""
    values = valid[rows]
    best = best_so_far(values)
    record = np.concatenate([[True], values[1:] > best[:-1]])
    leader = np.maximum.accumulate(np.where(record, np.arange(len(rows)), 0))
    return np.stack([np.nanmax(valid) - best, test[rows[leader]]])


def dataset_figures(
    dataset: str, table: Table, space: NasBench201, made: dict[str, Callable[[], Strategy]], seeds: range
) -> dict[str, Any]:
    evaluator = TableEvaluator(
        table=table, dataset=dataset, epochs=200, chunk_size=4096, space=space, columns=(), columns_table=None
    )
    valid, test = (table.column(f"{dataset}_{split}_200") for split in ("valid", "test"))
    found: dict[str, np.ndarray] = {}
    for name, make in made.items():
        runs = study(make, space, evaluator, seeds=seeds, evaluations=EVALUATIONS, width=1)
        rows = [table.rows([one.proposal.architecture for one in run]) for run in runs]
        found[name] = np.stack([curves(one, valid, test) for one in rows])
        print(dataset, name, found[name][:, 0, [mark - 1 for mark in MARKS]].mean(axis=0), flush=True)
    rng = Streams(0, f"e12/{dataset}").at(0)
    return {
        "optimum": round(evaluator.optimum(), 3),
        "arms": {name: _arm_figures(curve, rng) for name, curve in found.items()},
        "paired": {
            f"{one} - {other}": {str(mark): _paired((found[one] - found[other])[:, 0, mark - 1], rng) for mark in MARKS}
            for one, other in PAIRS
        },
    }


def _arm_figures(curve: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    interval = bootstrap_interval(curve[:, :, [mark - 1 for mark in MARKS]], rng)
    return {
        name: {
            str(mark): [round(float(part[i, j]), 3) for part in (interval.mean, interval.low, interval.high)]
            for j, mark in enumerate(MARKS)
        }
        for i, name in enumerate(("valid_regret", "test"))
    }


def _paired(differences: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    test, interval = sign_flip_test(differences, rng), bootstrap_interval(differences, rng)
    return {
        "mean": round(test.mean, 3),
        "interval": [round(float(interval.low), 3), round(float(interval.high), 3)],
        "p": round(test.p_value, 5),
        "minimum_p": round(test.minimum_p, 5),
        "seeds_ahead": int((differences < 0).sum()),
        "seeds_behind": int((differences > 0).sum()),
    }


def print_tables(figures: dict[str, Any]) -> None:
    """The README's, row by row."""
    print("| data set | arm | VALID regret at 10 | VALID regret at 50 | TEST at 10 | TEST at 50 |")
    for dataset, found in figures.items():
        for name, arm in found["arms"].items():
            shown = [arm[what][str(mark)] for what in ("valid_regret", "test") for mark in MARKS]
            print(f"| {dataset} | {name} | {' | '.join('{:.2f} [{:.2f}, {:.2f}]'.format(*one) for one in shown)} |")
    print("| data set | difference of VALID regret | at 10 | at 50 |")
    for dataset, found in figures.items():
        for name, marks in found["paired"].items():
            cells = [
                f"{one['mean']:+.3f} [{one['interval'][0]:+.3f}, {one['interval'][1]:+.3f}] (p = {one['p']:.4f}; "
                f"{one['seeds_ahead']} / {one['seeds_behind']})"
                for one in marks.values()
            ]
            print(f"| {dataset} | {name} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    first = parser.parse_args().first_seed
    seeds = range(first, first + N_SEEDS)
    log_look(seeds)
    began = time.perf_counter()
    torch.set_num_threads(1)
    space = NasBench201(channels=16, cells_per_stage=5)
    table = default_catalog().open("nasbench201", space)
    made = arms(space)
    figures = {dataset: dataset_figures(dataset, table, space, made, seeds) for dataset in DATASETS}
    print_tables(figures)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "seconds": round(time.perf_counter() - began, 1)}
    pedigree |= {"seeds": [seeds.start, seeds.stop - 1], "evaluations": EVALUATIONS, "candidates": CANDIDATES}
    line = {"experiment": "e12", **pedigree, "table_sha256": table.sha256, "figures": figures}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"figures_{first}.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
