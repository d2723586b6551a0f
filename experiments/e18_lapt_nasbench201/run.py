"""Design principle transfer on NAS-Bench-201: every data set is the source of every other one.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e18_lapt_nasbench201/run.py``. Prints the tables of ``README.md``
and writes ``results/figures.json`` with commit, data checksum and seconds.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.rank_correlation import rank_correlation
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.refiner import Refiner
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.core.transfer_source import TransferSource
from nasray.data.table import Table
from nasray.evaluators.table import TableEvaluator
from nasray.refiners.frequency import Frequency
from nasray.refiners.oracle import Oracle
from nasray.refiners.random_candidates import RandomCandidates
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.principle_transfer import PrincipleTransfer
from nasray.strategies.regularized_evolution import RegularizedEvolution

DATASETS = ("cifar10", "cifar100", "imagenet16_120")
SEEDS, EVALUATIONS, PLAIN_EVALUATIONS = range(500), 20, 300
TOP_SHARE = 0.001
SPACE = NasBench201(channels=16, cells_per_stage=5)
EVOLUTION = partial(RegularizedEvolution, population_size=5, tournament_size=2)
RESULTS = Path(__file__).with_name("results")

Maker = Callable[[int], Strategy]
"""Seed -> a fresh strategy."""


def arms(table: Table, source: str, target: str) -> dict[str, Maker]:
    """The methods; all but *adapted* keep the principles that they learnt."""
    kept = {"most_operators": 2, "most_sources": 2}
    learnt_from = {name: _source(table, name) for name in (source, target)}

    def transfer(refiner: Refiner, adapt_at: Sequence[int] = (), copied: int = 0) -> Strategy:
        return PrincipleTransfer(
            space=SPACE,
            refiner=refiner,
            sources=[learnt_from[source]],
            inner=EVOLUTION,
            copied=copied,
            adapt_at=adapt_at,
            shown=5,
            outside=0.0,
            history="kept",
        )

    frequency = Frequency(space=SPACE, **kept)
    wider = Frequency(space=SPACE, most_operators=3, most_sources=2)
    return {
        "frequency, k = 2": lambda _: transfer(frequency),
        "frequency, k = 3": lambda _: transfer(wider),
        "frequency, k = 2, adapted": lambda _: transfer(frequency, adapt_at=(10, 15)),
        "copy": lambda _: transfer(frequency, copied=EVALUATIONS),
        "random, k = 2": lambda seed: transfer(RandomCandidates(space=SPACE, seed=seed, **kept)),
        "oracle, k = 2": lambda _: transfer(Oracle(space=SPACE, target=learnt_from[target], **kept)),
    }


def _source(table: Table, dataset: str) -> TransferSource:
    return TransferSource(table=table, column=f"{dataset}_valid_200", top=50)


class Target:
    """A data set that is searched for."""

    def __init__(self, table: Table, dataset: str) -> None:
        self.table = table
        self.evaluator = TableEvaluator(
            table=table, dataset=dataset, epochs=200, chunk_size=4096, space=SPACE, columns=(), columns_table=None
        )
        self.valid, self.test = (table.column(f"{dataset}_{split}_200") for split in ("valid", "test"))
        self.goal = self.evaluator.threshold(TOP_SHARE)

    def figures(self, make: Maker, evaluations: int, rng: np.random.Generator) -> dict[str, Any]:
        """TEST of the best VALID cell, distinct evaluations to the top 0.1 %, and how many slots there were."""
        tests, reached, lengths = list[float](), list[float](), list[int]()
        for seed in SEEDS:
            run = study(partial(make, seed), SPACE, self.evaluator, seeds=[seed], evaluations=evaluations, width=1)[0]
            rows = self.table.rows([one.proposal.architecture for one in run])
            values = self.valid[rows]
            tests.append(float(self.test[rows[int(values[:EVALUATIONS].argmax())]]))
            good = np.flatnonzero(best_so_far(values) >= self.goal)
            reached.append(float(len(set(rows[: good[0] + 1].tolist()))) if len(good) else np.inf)
            lengths.append(len(run))
        interval = bootstrap_interval(np.array(tests), rng)
        median = float(np.median(reached))
        return {
            "test_at_20": [round(float(part), 3) for part in (interval.mean, interval.low, interval.high)],
            "median_evaluations_to_top": median if np.isfinite(median) else None,
            "share_that_reached_top": round(float(np.isfinite(reached).mean()), 3),
            "mean_evaluations": round(float(np.mean(lengths)), 2),
        }


def refined_space(table: Table, source: str, target: Target) -> dict[str, Any]:
    """What frequency leaves: its size, and whether the best of the target survive."""
    learnt = Frequency(space=SPACE, most_operators=2, most_sources=2).learn(_source(table, source).best())
    inside = target.valid[table.rows(list(SPACE.restrict(learnt).enumerate()))]
    goals = int((target.valid >= target.goal).sum())
    return {
        "operators": learnt.operators,
        "size": len(inside),
        "optimum_kept": bool(inside.max() == target.valid.max()),
        "top_kept": f"{int((inside >= target.goal).sum())} of {goals}",
    }


def main() -> None:
    began = time.perf_counter()
    table = default_catalog().open("nasbench201", SPACE)
    targets = {name: Target(table, name) for name in DATASETS}
    rng = Streams(0, "e18").at(0)
    plain = partial(RegularizedEvolution, space=SPACE, population_size=10, tournament_size=5)
    figures: dict[str, Any] = {"plain": {}, "pairs": {}, "rho": {}}
    for name, target in targets.items():
        figures["plain"][name] = target.figures(lambda _: plain(), PLAIN_EVALUATIONS, rng)
        print(f"| (none) | {name} | plain evolution | {_row(figures['plain'][name])} |", flush=True)
    for source, name in permutations(DATASETS, 2):
        target, pair = targets[name], f"{source} -> {name}"
        rho = rank_correlation(targets[source].valid, target.valid).spearman
        figures["rho"][pair] = round(rho, 3)
        space = refined_space(table, source, target)
        print(f"# {pair}: rho {rho:.3f}; {space}", flush=True)
        found = {arm: target.figures(make, EVALUATIONS, rng) for arm, make in arms(table, source, name).items()}
        figures["pairs"][pair] = {"refined": space, "arms": found}
        for arm, one in found.items():
            print(f"| {source} | {name} | {arm} | {_row(one)} |", flush=True)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "seconds": round(time.perf_counter() - began, 1)}
    line = {"experiment": "e18", **pedigree, "seeds": len(SEEDS), "table_sha256": table.sha256, "figures": figures}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({**pedigree, "table_sha256": table.sha256}))


def _row(one: dict[str, Any]) -> str:
    """A README's row."""
    median = one["median_evaluations_to_top"]
    reached = f"{100 * one['share_that_reached_top']:.0f} %"
    return "{:.2f} [{:.2f}, {:.2f}]".format(*one["test_at_20"]) + f" | {median or '-'} | {reached}"


if __name__ == "__main__":
    main()
