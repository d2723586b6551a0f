"""NSGA-II against random search on NAS-Bench-201: accuracy against the latency of three devices.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e03_nsga2_latency/analyse.py``. Prints the tables of
``README.md`` and one JSON line with commit, data and seconds, and writes that to ``results/figures.json``.
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
from nasray.app.provenance import commit
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
SHOWN = (20, 100, 200)
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
        name: np.stack([hypervolume_curve(trade_off.losses(run), corner)[at] for run in found]) / everything
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


def print_tables(figures: dict[str, Any]) -> None:
    """The README's, row by row."""
    parts = [(device, floor, part) for device, found in figures.items() for floor, part in found["floors"].items()]
    print("| device | accuracy of the corner | arm | after 20 | after 100 | after 200 |")
    for device, floor, part in parts:
        for name, arm in part["arms"].items():
            shares = [[100 * share for share in arm[str(mark)]] for mark in SHOWN]
            cells = ["{:.2f} [{:.2f}, {:.2f}]".format(*share) for share in shares]
            print(f"| {device} | {float(floor):g} % | {name} | {' | '.join(cells)} |")
    print("| device | accuracy of the corner | difference (points) | p | NSGA-II ahead |")
    for device, floor, part in parts:
        ahead = f"{part['seeds_ahead']} of {len(SEEDS)}"
        print(f"| {device} | {float(floor):g} % | {100 * part['difference']:+.2f} | {part['p']:.4f} | {ahead} |")


def main() -> None:
    began = time.perf_counter()
    space = NasBench201(channels=16, cells_per_stage=5)
    figures = {device: device_figures(device, space) for device in DEVICES}
    print_tables(figures)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "seconds": round(time.perf_counter() - began, 1)}
    tables = {name: default_catalog().open(name, space).sha256 for name in ("nasbench201", "nasbench201_hardware")}
    counts = {"seeds": len(SEEDS), "evaluations": EVALUATIONS}
    line = json.dumps({"experiment": "e03", **counts, **pedigree, "table_sha256": tables, "devices": figures})
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
