"""Evolution with and without a generator on tables: how soon the best cells, and how different the cells.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e08_gpt_tables/analyse.py [--seeds 100] [--workers 2]``. Prints the
expected time first, writes one line a search to ``results/searches.jsonl`` and goes on from there when it is started
again; then prints a table and one JSON line, and writes the same to ``results/figures.json``.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nasray.analysis.best_so_far import best_so_far, regret
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.analysis.threshold import evaluations_to, reach
from nasray.app.catalogs import default_catalog, space_named
from nasray.app.named import part_named
from nasray.core.measurement import Outcome
from nasray.core.predictor import Rebuilder
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.evaluators.table import TableEvaluator
from nasray.simulator.study import study
from nasray.strategies.diversity import Diversity
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution

POPULATION, GENERATIONS = 20, 25
EVALUATIONS = POPULATION * GENERATIONS
RATE, LEARNT_FROM = 0.4, 10
MARKS = (20, 100, 200, 500)
JUDGED_AT = 200
TOP_SHARE = 0.001
GENERATIVE = ("gpt", "gpt_adapted", "random_gpt", "bigram", "uniform", "none")
ARMS = (*GENERATIVE, "evolution", "random")
RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Task:
    """A table, the space that it is of, and its column of VALID."""

    space: str
    table: str
    dataset: str
    column: str


TASKS = {
    "nasbench201": Task("nasbench201", "nasbench201", "cifar10", "cifar10_valid_200"),
    "nasbench101_small": Task("nasbench101_small", "nasbench101_small", "cifar10", "cifar10_valid_4"),
}


@cache
def opened(task: str) -> tuple[SearchSpace, TableEvaluator]:
    """The space and its evaluator; once a process."""
    torch.set_num_threads(1)
    logging.getLogger("nasray").setLevel(logging.ERROR)  # convergence is a figure here
    one = TASKS[task]
    space = space_named(one.space)
    table = default_catalog().open(one.table, space)
    return space, TableEvaluator(
        table=table, dataset=one.dataset, epochs=None, chunk_size=512, space=space, columns=(), columns_table=None
    )


def generator(arm: str, space: SearchSpace, seed: int) -> Rebuilder | None:
    """Who rebuilds, by the names of conf/generator; nobody in the arm without a generator."""
    if arm == "none":
        return None
    settings = {} if arm in ("uniform", "bigram") else {"seed": seed}
    return part_named("generator", arm.removesuffix("_adapted"), {"space": space}, **settings)


def maker(arm: str, space: SearchSpace, seed: int) -> Callable[[], Strategy]:
    """Builds the strategy of an arm; all generative ones are the same evolution."""
    if arm == "random":
        return partial(RandomSearch, space=space)
    if arm == "evolution":
        return partial(RegularizedEvolution, space=space, population_size=20, tournament_size=5)
    return partial(
        part_named,
        "strategy",
        "gpt_evolution",
        {"space": space, "generator": generator(arm, space, seed)},
        population_size=POPULATION,
        generations=GENERATIONS,
        elimination={"rate": 0.0 if arm == "none" else RATE},
        learn_from_best=LEARNT_FROM if arm == "gpt_adapted" else None,
    )


def search(job: tuple[str, str, int]) -> dict[str, Any]:
    """One search, as a line of the results."""
    task, arm, seed = job
    space, evaluator = opened(task)
    width = POPULATION if arm in GENERATIVE else 1
    began = time.process_time()
    (outcomes,) = study(maker(arm, space, seed), space, evaluator, seeds=[seed], evaluations=EVALUATIONS, width=width)
    values = [one.value for one in outcomes]
    return {
        "task": task,
        "arm": arm,
        "seed": seed,
        "cpu_seconds": round(time.process_time() - began, 3),
        "to_top": evaluations_to(values, evaluator.threshold(TOP_SHARE)),
        "best": [round(float(best), 4) for best in best_so_far(values)[[mark - 1 for mark in MARKS]]],
        "regret": [round(float(left), 4) for left in regret(values, evaluator.optimum())[[m - 1 for m in MARKS]]],
        **explored(space, outcomes),
    }


def explored(space: SearchSpace, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How different the cells of one search are."""
    cells = [space.canonical(one.proposal.architecture) for one in outcomes]
    generations = [cells[at : at + POPULATION] for at in range(0, len(cells), POPULATION)]
    return {
        "distinct_share": len(set(cells)) / len(cells),
        "mean_distance_to_nearest_earlier": round(float(np.mean(_nearest(np.array([c.genes for c in cells])))), 4),
        "entropy_bits": [round(Diversity.of(generation).entropy_bits, 4) for generation in generations],
        "repaired_share": sum(one.proposal.raw is not None for one in outcomes) / len(outcomes),
    }


def _nearest(genes: np.ndarray) -> list[int]:
    """Of every cell but the first, the fewest genes in which it differs from an earlier one."""
    return [int((genes[:at] != genes[at]).sum(1).min()) for at in range(1, len(genes))]


def done(path: Path) -> list[dict[str, Any]]:
    """The searches that are finished; a line that a crash left half written is done again."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def run(jobs: Sequence[tuple[str, str, int]], path: Path, workers: int) -> None:
    """Search, the throughput first, a line as soon as a search ends."""
    known = {(one["task"], one["arm"], one["seed"]) for one in done(path)}
    left = [job for job in jobs if job not in known]
    print(f"{len(known & set(jobs))} of {len(jobs)} searches are done, {len(left)} to do on {workers} processes")
    began, kinds = time.perf_counter(), len({job[:2] for job in left})
    with path.open("a", encoding="utf-8") as file, ProcessPoolExecutor(workers) as pool:
        for n, line in enumerate(pool.map(search, left), start=1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            if n == min(2 * kinds, len(left)):  # two of every kind
                each = (time.perf_counter() - began) / n
                print(f"{each:.2f} s a search, so about {each * len(left) / 60:.0f} minutes in all", flush=True)


def figures(lines: Sequence[dict[str, Any]], task: str) -> dict[str, Any]:
    """Of one task: every arm, and every arm against the evolution without a generator."""
    rng = Streams(0, f"e08/{task}").at(0)
    _, evaluator = opened(task)
    arms = {arm: sorted((one for one in lines if one["arm"] == arm), key=lambda one: one["seed"]) for arm in ARMS}
    at = MARKS.index(JUDGED_AT)
    judged = {arm: np.array([one["best"][at] for one in found]) for arm, found in arms.items()}
    return {
        "metric": evaluator.metric,
        "optimum": evaluator.optimum(),
        "top_threshold": evaluator.threshold(TOP_SHARE),
        "rows_drawn_alike": _rows_drawn_alike(task),
        "arms": {arm: _arm(found, rng) for arm, found in arms.items()},
        f"against_none_at_{JUDGED_AT}": {
            arm: _against(judged[arm] - judged["none"], rng) for arm in ARMS if arm != "none"
        },
        f"gpt_at_{JUDGED_AT}_against": {
            arm: _against(judged["gpt"] - judged[arm], rng) for arm in ("random_gpt", "bigram", "uniform", "evolution")
        },
    }


def _rows_drawn_alike(task: str) -> dict[str, Any]:
    """Exactly what random search would do if it drew every row of the table alike, with replacement.

    Where a row stands for many strings of the space, this is drawing by cells and not, as the space does, by strings.
    """
    _, evaluator = opened(task)
    values = np.sort(evaluator.table.column(TASKS[task].column))
    places = np.arange(len(values) + 1) / len(values)
    best = {mark: float(values @ np.diff(places**mark)) for mark in MARKS}
    missed = 1 - float((values >= evaluator.threshold(TOP_SHARE)).mean())
    return {
        "regret": {str(mark): round(evaluator.optimum() - value, 4) for mark, value in best.items()},
        "median_evaluations_to_top": float(np.ceil(np.log(0.5) / np.log(missed))),
        "censored_share": round(missed**EVALUATIONS, 4),
    }


def _arm(found: Sequence[dict[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
    reached = reach([one["to_top"] for one in found])
    return {
        "regret": {
            str(mark): _interval([one["regret"][place] for one in found], rng) for place, mark in enumerate(MARKS)
        },
        "median_evaluations_to_top": reached.median,
        "censored_share": reached.censored,
        "distinct_share": _interval([one["distinct_share"] for one in found], rng),
        "distance_to_nearest_earlier": _interval([one["mean_distance_to_nearest_earlier"] for one in found], rng),
        "repaired_share": round(float(np.mean([one["repaired_share"] for one in found])), 4),
        "entropy_bits": np.mean([one["entropy_bits"] for one in found], axis=0).round(3).tolist(),
        "cpu_seconds": round(float(np.mean([one["cpu_seconds"] for one in found])), 3),
    }


def _interval(values: Sequence[float], rng: np.random.Generator) -> list[float]:
    found = bootstrap_interval(values, rng)
    return [round(float(part), 4) for part in (found.mean, found.low, found.high)]


def _against(differences: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    test = sign_flip_test(differences, rng)
    ends = _interval(differences.tolist(), rng)
    return {"mean": ends[0], "interval": ends[1:], "p": round(test.p_value, 5), "minimum_p": round(test.minimum_p, 5)}


def print_table(found: dict[str, Any]) -> None:
    """One line an arm."""
    marks = "".join(f"{f'regret at {mark}':>26}" for mark in MARKS)
    print(f"{'task':<18}{'arm':<12}{marks}{'to top':>8}{'censored':>10}{'distinct':>10}{'nearest':>9}")
    for task, one in found.items():
        for name, arm in one["arms"].items():
            cells = "".join(f"{'{:.3f} [{:.3f}, {:.3f}]'.format(*arm['regret'][str(mark)]):>26}" for mark in MARKS)
            median = arm["median_evaluations_to_top"]
            tail = f"{'-' if median is None else f'{median:.0f}':>8}{arm['censored_share']:>10.2f}"
            print(
                f"{task:<18}{name:<12}{cells}{tail}{arm['distinct_share'][0]:>10.2f}"
                f"{arm['distance_to_nearest_earlier'][0]:>9.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / "searches.jsonl"
    jobs = [(task, arm, seed) for seed in range(options.seeds) for task in options.tasks for arm in ARMS]
    run(jobs, path, options.workers)
    wanted = set(jobs)
    lines = [one for one in done(path) if (one["task"], one["arm"], one["seed"]) in wanted]
    found = {task: figures([one for one in lines if one["task"] == task], task) for task in options.tasks}
    print_table(found)
    line = json.dumps({"experiment": "e08", "seeds": options.seeds, "evaluations": EVALUATIONS, "tasks": found})
    (options.results / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
