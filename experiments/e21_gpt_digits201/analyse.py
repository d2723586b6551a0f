"""Evolution with and without a GPT on the table that ships with nasray: how soon a cell of the best hundredth.

Run: ``OMP_NUM_THREADS=1 python experiments/e21_gpt_digits201/analyse.py [--seeds 200]``. Writes one line a search to
``results/searches.jsonl`` and goes on from there when it is started again; then prints a line an arm and one JSON line,
and writes the same to ``results/figures.json``.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.analysis.threshold import evaluations_to, reach
from nasray.app.catalogs import default_catalog, space_named
from nasray.app.named import part_named
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.evaluators.table import TableEvaluator
from nasray.simulator.study import study
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution

POPULATION, GENERATIONS = 20, 6
EVALUATIONS = POPULATION * GENERATIONS
TOP_SHARE = 0.01
REBUILT = ("gpt", "random_gpt", "uniform", "none")
ARMS = (*REBUILT, "evolution", "random")
RESULTS = Path(__file__).with_name("results")


def maker(arm: str, space: SearchSpace, seed: int) -> Callable[[], Strategy]:
    """Builds the strategy of an arm; in ``none`` nothing is eliminated."""
    if arm == "random":
        return partial(RandomSearch, space=space)
    if arm == "evolution":
        return partial(RegularizedEvolution, space=space, population_size=POPULATION, tournament_size=5)
    live: dict[str, Any] = {"space": space, "generator": None}
    if arm != "none":
        settings = {} if arm == "uniform" else {"seed": seed}
        live["generator"] = part_named("generator", arm, {"space": space}, **settings)
    changes = {"population_size": POPULATION, "generations": GENERATIONS}
    elimination = {"rate": 0.0 if arm == "none" else 0.4}
    return partial(part_named, "strategy", "gpt_evolution", live, **changes, elimination=elimination)


def searches(seeds: int, known: set[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Every search that is not known yet, as a line of the results."""
    space = space_named("nasbench201")
    looked_up = TableEvaluator(
        table=default_catalog().open("digits201", space),
        dataset="digits",
        epochs=None,
        chunk_size=512,
        space=space,
        columns=(),
        columns_table=None,
    )
    bar = looked_up.threshold(TOP_SHARE)
    for arm, seed in ((arm, seed) for seed in range(seeds) for arm in ARMS if (arm, seed) not in known):
        began, width = time.process_time(), POPULATION if arm in REBUILT else 1
        made = maker(arm, space, seed)
        (outcomes,) = study(made, space, looked_up, seeds=[seed], evaluations=EVALUATIONS, width=width)
        values = [one.value for one in outcomes]
        cells = {space.canonical(one.proposal.architecture) for one in outcomes}
        yield {
            "arm": arm,
            "seed": seed,
            "to_top": evaluations_to(values, bar),
            "best": round(float(best_so_far(values)[-1]), 4),
            "distinct": len(cells),
            "cpu_seconds": round(time.process_time() - began, 3),
        }


def figures(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Of every arm; differences are GPT minus the arm, over paired seeds."""
    rng = Streams(0, "e21").at(0)
    arms = {arm: sorted((one for one in lines if one["arm"] == arm), key=lambda one: one["seed"]) for arm in ARMS}
    # A search that does not get there counts as one evaluation more than it had.
    taken = {arm: np.array([one["to_top"] or EVALUATIONS + 1 for one in found]) for arm, found in arms.items()}
    best = {arm: np.array([one["best"] for one in found]) for arm, found in arms.items()}
    found: dict[str, Any] = {}
    for arm, searched in arms.items():
        reached = reach([one["to_top"] for one in searched])
        found[arm] = {
            "reached_share": round(1 - reached.censored, 3),
            "evaluations_to_top": interval(taken[arm], rng),
            "best": interval(best[arm], rng),
            "distinct": round(float(np.mean([one["distinct"] for one in searched])), 1),
            "cpu_seconds": round(float(np.mean([one["cpu_seconds"] for one in searched])), 2),
        }
        for name, values in (("evaluations", taken), ("best", best)):
            if arm != "gpt":
                difference = values["gpt"] - values[arm]
                p = sign_flip_test(difference, rng).p_value
                found[arm][f"gpt_minus_this_{name}"] = {"interval": interval(difference, rng), "p": round(p, 4)}
    return found


def interval(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Mean, and its bootstrapped interval of 95 %."""
    found = bootstrap_interval(values.tolist(), rng)
    return [round(float(part), 2) for part in (found.mean, found.low, found.high)]


def done(path: Path) -> list[dict[str, Any]]:
    """The searches that are finished; a line that a crash left half written is done again."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("nasray").setLevel(logging.ERROR)  # a search that repeats itself is a figure here
    asked.results.mkdir(parents=True, exist_ok=True)
    path = asked.results / "searches.jsonl"
    whole = [one for one in done(path) if one["seed"] < asked.seeds]
    path.write_text("".join(json.dumps(one) + "\n" for one in whole), encoding="utf-8")
    with path.open("a", encoding="utf-8") as file:
        for line in searches(asked.seeds, {(one["arm"], one["seed"]) for one in whole}):
            whole.append(line)
            file.write(json.dumps(line) + "\n")
            file.flush()
    found = figures(whole)
    for arm, one in found.items():
        print(f"{arm:<12}{one}")
    line = json.dumps({"experiment": "e21", "seeds": asked.seeds, "evaluations": EVALUATIONS, "arms": found})
    (asked.results / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
