"""NSGA-II against random search on NAS-Bench-201: accuracy against the latency of three devices.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e03_nsga2_latency/analyse.py``. Prints a table and one JSON line,
and writes the same to ``results/figures.json`` beside this file.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.front import pareto_front
from nasray.analysis.hypervolume import hypervolume, hypervolume_curve
from nasray.analysis.paired_test import sign_flip_test
from nasray.analysis.trade_off import TradeOff
from nasray.app.catalogs import default_catalog
from nasray.core.measurement import Outcome
from nasray.core.objective import Objective
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.evaluators.table import TableEvaluator
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.nsga2 import Nsga2
from nasray.strategies.random_search import RandomSearch

DEVICES = ("edgegpu", "raspi4", "fpga")
FLOORS = (10.0, 80.0)
"""Accuracies of the reference corner: chance, and the least that anybody would deploy. The latency is the slowest."""

SEEDS, EVALUATIONS = range(100), 200
MARKS = (20, 50, 100, 200)
RESULTS = Path(__file__).with_name("results")


def arms(space: NasBench201, trade_off: TradeOff) -> dict[str, Callable[[], Strategy]]:
    return {
        "nsga2": partial(
            Nsga2,
            space=space,
            population_size=20,
            objectives=trade_off.objectives,
            constraints=(),
            crossover_probability=0.9,
            mutation_probability=1.0,
            reference=None,
        ),
        "random": partial(RandomSearch, space=space),
    }


def device_figures(device: str, space: NasBench201) -> dict[str, Any]:
    column, catalog = f"hw_c10_{device}_latency_ms", default_catalog()
    evaluator = TableEvaluator(
        table=catalog.open("nasbench201", space),
        dataset="cifar10",
        epochs=200,
        chunk_size=1,
        columns=(column,),
        columns_table=catalog.open("nasbench201_hardware", space),
        space=space,
    )
    trade_off = TradeOff(
        objectives=(Objective(column="value", direction="maximize"), Objective(column=column, direction="minimize"))
    )
    cells = [Proposal(slot, cell) for slot, cell in enumerate(space.enumerate())]
    measured = evaluator.evaluate(cells, Streams(0, "evaluator"))
    whole = np.array([[each.loss(one) for each in trade_off.objectives] for one in measured])
    runs = {
        name: study(make, space, evaluator, seeds=SEEDS, evaluations=EVALUATIONS, width=1)
        for name, make in arms(space, trade_off).items()
    }
    slowest = float(whole[:, 1].max())
    return {
        "column": column,
        "slowest_ms": slowest,
        "n_front_of_space": len(pareto_front(whole)),
        "floors": {str(floor): _floor_figures(runs, trade_off, whole, (-floor, slowest)) for floor in FLOORS},
    }


def _floor_figures(
    runs: dict[str, list[list[Outcome]]], trade_off: TradeOff, whole: np.ndarray, corner: Sequence[float]
) -> dict[str, Any]:
    """Hypervolumes as a share of what the whole space covers from the same corner."""
    everything = hypervolume(whole, corner)
    at = [mark - 1 for mark in MARKS]
    rng = Streams(0, "e03").at(0)
    shares = {
        name: np.stack([hypervolume_curve(list(map(trade_off.loss, run)), corner)[at] for run in found]) / everything
        for name, found in runs.items()
    }
    test = sign_flip_test(shares["nsga2"][:, -1] - shares["random"][:, -1], rng)
    return {
        "of_space": everything,
        "arms": {name: _interval(found, rng) for name, found in shares.items()},
        "difference": round(test.mean, 5),
        "p": round(test.p_value, 5),
        "minimum_p": round(test.minimum_p, 5),
        "seeds_ahead": int((shares["nsga2"][:, -1] > shares["random"][:, -1]).sum()),
    }


def _interval(shares: np.ndarray, rng: np.random.Generator) -> dict[str, list[float]]:
    found = bootstrap_interval(shares, rng)
    return {
        str(mark): [round(float(part), 5) for part in (found.mean[i], found.low[i], found.high[i])]
        for i, mark in enumerate(MARKS)
    }


def print_table(figures: dict[str, Any]) -> None:
    marks = "".join(f"{f'HV share at {mark}':>28}" for mark in MARKS)
    print(f"{'device':<10}{'floor':>7}  {'arm':<8}{marks}")
    for device, found in figures.items():
        for floor, part in found["floors"].items():
            for name, arm in part["arms"].items():
                cells = "".join(f"{'{:.4f} [{:.4f}, {:.4f}]'.format(*arm[str(mark)]):>28}" for mark in MARKS)
                print(f"{device:<10}{floor:>6}%  {name:<8}{cells}")
            print(
                f"{'':<19}nsga2 - random at {EVALUATIONS}: {part['difference']:+.4f}, sign-flip p = {part['p']:.4f}, "
                f"ahead on {part['seeds_ahead']} of {len(SEEDS)} seeds"
            )


def main() -> None:
    began = time.perf_counter()
    space = NasBench201(channels=16, cells_per_stage=5)
    figures = {device: device_figures(device, space) for device in DEVICES}
    print_table(figures)
    print(f"{time.perf_counter() - began:.0f} s")
    line = json.dumps({"experiment": "e03", "seeds": len(SEEDS), "evaluations": EVALUATIONS, "devices": figures})
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
