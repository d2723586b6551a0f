"""What each GPT rebuilds: chains that are trained, cells that are looked up.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e24_gpt_learning/rebuild.py WEIGHTS`` after ``learn.py WEIGHTS``.
Prints the expected time first, writes one line a training to ``results/trainings.jsonl`` and goes on from there when it
is started again; then prints figures and writes them to ``results/rebuilt.json``. One core, one thread.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.app.catalogs import default_catalog, space_named
from nasray.app.named import part_named
from nasray.app.provenance import commit
from nasray.core.measurement import Measurement
from nasray.core.predictor import Rebuilder
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.data.image_sets.halved import Halved
from nasray.data.image_sets.npz import Npz
from nasray.evaluators.table import TableEvaluator
from nasray.evaluators.training import Training
from nasray.models.recipe import Recipe
from nasray.search.guard import guarded

SEED, NETWORKS, CELLS = 0, 15, 500
ARMS = ("random", "cells", "humans", "both", "mixed", "none")
RECORDED = {("gpt", 0.4): "both", ("none", 0.0): "none"}
"""Arms that e06 has trained: (generator, rate) there -> arm. Same weights, chains, draws, images and recipe."""

ON_CELLS = ("random_gpt", "gpt", "bigram", "uniform")
RECIPE = Recipe(
    epochs=6,
    batch_size=32,
    optimizer="sgd",
    learning_rate=0.05,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="constant",
    warmup_epochs=5,
    label_smoothing=0.1,
    augmentation=(),
    mixed_precision=False,
)
RESULTS = Path(__file__).with_name("results")
E06 = Path(__file__).parents[1] / "e06_elimination" / "results" / "trainings.jsonl"


class Job(NamedTuple):
    """One training."""

    arm: str
    network: int


def evaluator(space: SearchSpace) -> Training:
    """All weights are trained; 1,000 images to learn from and 1,000 of VALID, 16x16."""
    mirror = Path(os.environ["NASRAY_DATA_MIRROR"])
    train, test = mirror / "cifar10_train_5000.npz", mirror / "cifar10_test_1000.npz"
    return Training(
        space=space,
        images=Halved(inner=Npz(train=train, test=test, n_train=1_000, n_valid=1_000, seed=SEED)),
        recipe=RECIPE,
        acceleration=None,
        device="cpu",
        torch_threads=1,
        report_every_epochs=0,
        checkpoint_every_epochs=0,
        keep_weights=False,
        store=None,
        checkpoint_folder=None,
    )


def first_generation(space: SearchSpace, generator: Rebuilder | None, rate: float, n: int) -> Sequence[Proposal]:
    """The same random members and the same draws of what goes, whoever rebuilds."""
    strategy = part_named(
        "strategy",
        "gpt_evolution",
        {"space": space, "generator": generator},
        population_size=n,
        generations=1,
        elites=0,
        elimination={"rate": rate},
    )
    return strategy.ask(range(n), Streams(SEED, "strategy"))


@cache
def chains(arm: str, weights: Path) -> Sequence[Proposal]:
    space = space_named("block_chain")
    if arm == "none":
        return first_generation(space, None, 0.0, NETWORKS)
    settings = {"checkpoint": str(weights / f"gpt_{arm}"), "seed": SEED, "input_shape": (3, 16, 16)}
    return first_generation(space, part_named("generator", "gpt", {"space": space}, **settings), 0.4, NETWORKS)


def done(path: Path) -> list[dict[str, Any]]:
    """The trainings that are finished; a line that a crash left half written is done again."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def recorded() -> list[dict[str, Any]]:
    """The lines of e06 that belong here, its numbers after 6 of 12 epochs at the constant rate."""
    full = [line for line in done(E06) if line["rule"] == "full" and (line["generator"], line["rate"]) in RECORDED]
    return [
        {
            "arm": RECORDED[line["generator"], line["rate"]],
            "network": line["network"],
            "valid": line["values"]["6"],
            "parameters": line["parameters"],
        }
        for line in full
    ]


def run(arms: Sequence[str], weights: Path, path: Path) -> None:
    """Train network by network, the throughput first, a line as soon as a training ends."""
    known = {Job(line["arm"], line["network"]) for line in [*done(path), *recorded()]}
    left = [job for n in range(NETWORKS) for job in (Job(arm, n) for arm in arms) if job not in known]
    training, began = evaluator(space_named("block_chain")), time.perf_counter()
    print(f"{len(known)} trainings are done, {len(left)} to do", flush=True)
    with path.open("a", encoding="utf-8") as file:
        for n, job in enumerate(left, start=1):
            file.write(json.dumps(trained(training, job, chains(job.arm, weights)[job.network])) + "\n")
            file.flush()
            if n % len(arms) == 0:
                each = (time.perf_counter() - began) / n
                print(f"{each:.1f} s a training, so {each * (len(left) - n) / 60:.0f} minutes to go", flush=True)


def trained(training: Training, job: Job, proposal: Proposal) -> dict[str, Any]:
    """One training, as a line of the results."""
    began = time.process_time()
    (result,) = guarded(training, [proposal], Streams(SEED, "evaluator"))
    line = {**job._asdict(), "cpu_seconds": round(time.process_time() - began, 2), "predicted": len(proposal.predicted)}
    if not isinstance(result, Measurement):
        return {**line, "failure": result.message}
    return {**line, "valid": result.value, "parameters": result.columns["parameters"]}


def chain_figures(arms: Sequence[str], lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of the networks that all ``arms`` have measured; differences to random weights and to no rebuilding."""
    rng, found = Streams(SEED, "e24/chains").at(0), {Job(line["arm"], line["network"]): line for line in lines}
    whole = [n for n in range(NETWORKS) if all("valid" in found.get(Job(arm, n), {}) for arm in arms)]
    valid, sizes = (
        {arm: np.array([found[Job(arm, n)][name] for n in whole]) for arm in arms} for name in ("valid", "parameters")
    )
    about = {"networks": len(whole), "failures": sum("failure" in line for line in lines)}
    others = [arm for arm in ("random", "none") if arm in arms]
    return {
        **about,
        **{arm: {**_arm(arm, valid, rng, others), "parameters": float(sizes[arm].mean())} for arm in arms},
    }


def cell_figures(rate: float) -> dict[str, Any]:
    """Measured accuracies of cells of NAS-Bench-201 that were rebuilt."""
    space, rng = space_named("nasbench201"), Streams(SEED, f"e24/cells/{rate}").at(0)
    lookup = TableEvaluator(
        table=default_catalog().open("nasbench201", space),
        dataset="cifar10",
        epochs=None,
        chunk_size=512,
        space=space,
        columns=(),
        columns_table=None,
    )

    def values(arm: str) -> np.ndarray:
        settings = {"seed": SEED} if arm.endswith("gpt") else {}
        generator = None if arm == "none" else part_named("generator", arm, {"space": space}, **settings)
        proposals = first_generation(space, generator, 0.0 if arm == "none" else rate, CELLS)
        return np.array([one.value for one in lookup.evaluate(proposals, Streams(SEED, "evaluator"))])

    measured = {arm: values(arm) for arm in (*ON_CELLS, "none")}
    return {"cells": CELLS, **{arm: _arm(arm, measured, rng, ("random_gpt", "none")) for arm in measured}}


def _arm(arm: str, values: dict[str, np.ndarray], rng: np.random.Generator, others: Sequence[str]) -> dict[str, Any]:
    """Mean, and pair by pair minus some others."""
    found: dict[str, Any] = {"mean": _interval(values[arm], rng)}
    for other in others:
        if other != arm:
            difference = values[arm] - values[other]
            signs = np.sign(difference)
            counts = [int((signs == sign).sum()) for sign in (1, 0, -1)]
            p = round(sign_flip_test(difference, rng).p_value, 5)
            found[f"minus {other}"] = {"mean": _interval(difference, rng), "better_equal_worse": counts, "p": p}
    return found


def _interval(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    found = bootstrap_interval(values, rng)
    return [round(float(part), 3) for part in (found.mean, found.low, found.high)]


def print_table(title: str, arms: dict[str, Any]) -> None:
    print(f"\n{title}")
    for name, arm in arms.items():
        if isinstance(arm, dict):
            cells = [("", arm)] + [(key, one) for key, one in arm.items() if key.startswith("minus")]
            texts = [f"{key} {'{:.2f} [{:.2f}, {:.2f}]'.format(*one['mean'])}" for key, one in cells]
            print(f"{name:<12}{' |'.join(texts)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="what learn.py wrote")
    parser.add_argument("--report", action="store_true", help="train nothing; figures of what is there")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / "trainings.jsonl"
    tables = {f"nasbench201 at {rate}": cell_figures(rate) for rate in (0.4, 0.8)}
    for name, arms in tables.items():
        print_table(name, arms)
    if not options.report:
        run(options.arms, options.weights, path)
    trainings, (head, changed) = chain_figures(options.arms, [*recorded(), *done(path)]), commit()
    print_table("chains at 0.4", trainings)
    pedigree = {"experiment": "e24", "commit": head, "uncommitted_changes": changed}
    text = json.dumps({**pedigree, "chains at 0.4": trainings, **tables})
    (options.results / "rebuilt.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
