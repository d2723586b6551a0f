"""Regularized evolution, local search and random search on the seven tasks of TransNAS-Bench-101 micro.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e02_transnas_evolution/analyse.py``. Prints the tables of
``README.md`` and one JSON line with commit, data and seconds, and writes that to ``results/figures.json``.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nasray.analysis.best_so_far import best_so_far, regret
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.analysis.threshold import evaluations_to, reach
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.evaluators.table import TableEvaluator
from nasray.simulator.study import study
from nasray.spaces.transnas_micro import TransNasMicro
from nasray.strategies.local_search import LocalSearch
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution

TASKS = ("class_scene", "class_object", "room_layout", "jigsaw", "segmentsemantic", "normal", "autoencoder")
SEEDS, EVALUATIONS = range(100), 500
MARKS = (20, 50, 100, 200, 500)
SHOWN = ("20", "100", "500")
DECIMALS = dict.fromkeys(TASKS, 2) | {"segmentsemantic": 3, "room_layout": 4, "normal": 4, "autoencoder": 4}
TOP_SHARE = 0.001
JUDGED_AT = 100
RESULTS = Path(__file__).with_name("results")


def arms(space: TransNasMicro) -> dict[str, Callable[[], Strategy]]:
    return {
        "evolution": partial(RegularizedEvolution, space=space, population_size=20, tournament_size=5),
        "local_search": partial(LocalSearch, space=space, query_until="first", starts=1),
        "random": partial(RandomSearch, space=space),
    }


def task_figures(task: str, space: TransNasMicro) -> dict[str, Any]:
    table = default_catalog().open("transnas_micro", space)
    evaluator = TableEvaluator(
        table=table, dataset=task, epochs=None, chunk_size=1, space=space, columns=(), columns_table=None
    )
    optimum, threshold = evaluator.optimum(), evaluator.threshold(TOP_SHARE)
    values = np.array([one.value for one in _whole_space(evaluator, space)])
    rng = Streams(0, f"e02/{task}").at(0)
    runs = {
        name: [[one.value for one in outcomes] for outcomes in _searches(make, space, evaluator)]
        for name, make in arms(space).items()
    }
    judged = {name: np.array([best_so_far(run)[JUDGED_AT - 1] for run in found]) for name, found in runs.items()}
    return {
        "metric": evaluator.metric,
        "optimum": optimum,
        "top_threshold": threshold,
        "n_top_strings": int((values >= threshold).sum()),
        "n_distinct_values": len(np.unique(values)),
        "arms": {name: _arm_figures(found, optimum, threshold, rng) for name, found in runs.items()},
        "against_random": {
            name: _against(judged[name] - judged["random"], rng) for name in ("evolution", "local_search")
        },
    }


def _whole_space(evaluator: TableEvaluator, space: TransNasMicro) -> Any:
    proposals = [Proposal(slot, cell) for slot, cell in enumerate(space.enumerate())]
    return evaluator.evaluate(proposals, Streams(0, "evaluator"))


def _searches(make: Callable[[], Strategy], space: TransNasMicro, evaluator: TableEvaluator) -> Any:
    return study(make, space, evaluator, seeds=SEEDS, evaluations=EVALUATIONS, width=1)


def _arm_figures(runs: list[list[float]], optimum: float, threshold: float, rng: np.random.Generator) -> dict[str, Any]:
    at = [mark - 1 for mark in MARKS]
    curve = bootstrap_interval(np.stack([regret(run, optimum)[at] for run in runs]), rng)
    reached = reach([evaluations_to(run, threshold) for run in runs])
    return {
        "regret": {
            str(mark): [round(float(part), 5) for part in (curve.mean[i], curve.low[i], curve.high[i])]
            for i, mark in enumerate(MARKS)
        },
        "median_evaluations_to_top": reached.median,
        "censored_share": reached.censored,
    }


def _against(differences: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    test = sign_flip_test(differences, rng)
    return {"mean": round(test.mean, 5), "p": round(test.p_value, 5), "minimum_p": round(test.minimum_p, 5)}


def print_tables(figures: dict[str, Any]) -> None:
    """The README's, row by row."""
    print(
        "| task | arm | regret at 20 | regret at 100 | regret at 500 | median evaluations to the top 0.1 % | censored |"
    )
    for task, found in figures.items():
        for name, arm in found["arms"].items():
            n = DECIMALS[task]
            cells = [f"{mean:.{n}f} [{low:.{n}f}, {high:.{n}f}]" for mean, low, high in map(arm["regret"].get, SHOWN)]
            median = arm["median_evaluations_to_top"]
            reached = f"> {EVALUATIONS}" if median is None else f"{median:.0f}"
            print(f"| {task} | {name} | {' | '.join(cells)} | {reached} | {100 * arm['censored_share']:.0f} % |")
    print("| task | evolution | local search |")
    for task, found in figures.items():
        gains = [found["against_random"][name] for name in ("evolution", "local_search")]
        cells = [f"{gain['mean']:+.{DECIMALS[task]}f} (p = {gain['p']:.4f})" for gain in gains]
        print(f"| {task} | {' | '.join(cells)} |")


def main() -> None:
    began = time.perf_counter()
    space = TransNasMicro(channels=64, stem_halvings=2)
    figures = {task: task_figures(task, space) for task in TASKS}
    print_tables(figures)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "seconds": round(time.perf_counter() - began, 1)}
    pedigree |= {"table_sha256": default_catalog().open("transnas_micro", space).sha256}
    counts = {"seeds": len(SEEDS), "evaluations": EVALUATIONS}
    line = json.dumps({"experiment": "e02", **counts, **pedigree, "tasks": figures})
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
