"""How much should be eliminated? Initial networks rebuilt at five rates, trained as chains, looked up as cells.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e06_elimination/analyse.py [--workers 2]``. Prints the expected time
first, writes one line a training to ``results/trainings.jsonl`` and goes on from there when it is started again; then
prints tables and one JSON line, and writes the same to ``results/figures.json``.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.app.catalogs import default_catalog, space_named
from nasray.core.measurement import Failure
from nasray.core.predictor import Rebuilder
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.data.image_sets.halved import Halved
from nasray.data.image_sets.npz import Npz
from nasray.evaluators.table import TableEvaluator
from nasray.evaluators.training import Training
from nasray.generators.gpt import Gpt
from nasray.generators.uniform import Uniform
from nasray.models.acceleration import Acceleration
from nasray.models.recipe import Recipe
from nasray.search.guard import guarded
from nasray.strategies.constant_rate import ConstantRate
from nasray.strategies.gpt_evolution import GptEvolution

RATES = (0.0, 0.2, 0.4, 0.6, 0.8)
GENERATORS = ("gpt", "uniform")
NETWORKS, CELLS = 15, 500
RULES = {"full": ("full", 12), "paper": ("predicted_only", 6)}
"""Name -> acceleration mode and epochs. The rate stays after warming up, so that the first 6 of 12 are those of 6."""

TABLES = {"nasbench201": "nasbench201", "nasbench101_small": "nasbench101_small"}
SEED = 0
RESULTS = Path(__file__).with_name("results")


class Job(NamedTuple):
    """One training; at rate 0 no generator has a part."""

    rule: str
    generator: str
    rate: float
    network: int


def jobs() -> Iterator[Job]:
    """Network by network, so that what is done early can be compared."""
    for network in range(NETWORKS):
        for rule in RULES:
            yield Job(rule, "none", 0.0, network)
            for generator in GENERATORS:
                yield from (Job(rule, generator, rate, network) for rate in RATES[1:])


def recipe(epochs: int) -> Recipe:
    return Recipe(
        epochs=epochs,
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


@cache
def chains() -> SearchSpace:
    """Once a process."""
    torch.set_num_threads(1)
    return space_named("block_chain")


@cache
def evaluator(rule: str) -> Training:
    """1,000 images to learn from and 1,000 of VALID, 16x16."""
    mirror = Path(os.environ["NASRAY_DATA_MIRROR"])
    train, test = mirror / "cifar10_train_5000.npz", mirror / "cifar10_test_1000.npz"
    mode, epochs = RULES[rule]
    return Training(
        space=chains(),
        images=Halved(inner=Npz(train=train, test=test, n_train=1_000, n_valid=1_000, seed=SEED)),
        recipe=recipe(epochs),
        acceleration=Acceleration(mode=mode, retraining=recipe(epochs)),  # pyright: ignore[reportArgumentType]
        device="cpu",
        torch_threads=1,
        report_every_epochs=6,
        checkpoint_every_epochs=0,
        keep_weights=False,
        store=None,
        checkpoint_folder=None,
    )


def rebuilder(name: str, space: SearchSpace) -> Rebuilder | None:
    if name == "none":
        return None
    if name == "uniform":
        return Uniform(space=space, share=0.5)
    return Gpt(
        space=space,
        checkpoint=None,
        weights="pretrained",
        seed=SEED,
        temperature=1.0,
        top_k=0,
        share=0.5,
        batch_size=32,
        input_shape=(3, 16, 16),
        adapt_epochs=0,
        adapt_learning_rate=0.0003,
        leak="refuse",
    )


def initial(space: SearchSpace, generator: str, rate: float, n: int) -> Sequence[Proposal]:
    """The first generation of GPT-NAS: at every rate the same random networks, and the same draws of what goes."""
    strategy = GptEvolution(
        space=space,
        generator=rebuilder(generator, space),
        population_size=n,
        generations=1,
        crossover_probability=0.9,
        mutation_probability=0.3,
        elites=0,
        elimination=ConstantRate(rate=rate),
        elimination_unit="block",
        genotype="lamarckian",
        learn_from_best=None,
    )
    return strategy.ask(range(n), Streams(SEED, "strategy"))


@cache
def networks(generator: str, rate: float) -> Sequence[Proposal]:
    return initial(chains(), generator, rate, NETWORKS)


def train(job: Job) -> dict[str, Any]:
    """One training, as a line of the results."""
    proposal, began = networks(job.generator, job.rate)[job.network], time.process_time()
    (result,) = guarded(evaluator(job.rule), [proposal], Streams(SEED, "evaluator"))
    line = {**job._asdict(), "cpu_seconds": round(time.process_time() - began, 2)}
    if isinstance(result, Failure):
        return {**line, "failure": result.message, "values": {}}
    return {
        **line,
        "values": {str(epoch): value for epoch, value in result.curve},
        "parameters": result.columns["parameters"],
        "trained_share": round(result.columns["trained_share"], 4),
        "predicted": len(proposal.predicted),
        "blocks": len(proposal.architecture.genes),
    }


def job_of(line: dict[str, Any]) -> Job:
    return Job(line["rule"], line["generator"], line["rate"], line["network"])


def done(path: Path) -> list[dict[str, Any]]:
    """The trainings that are finished; a line that a crash left half written is done again."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def run(path: Path, workers: int) -> None:
    """Train, the throughput first, a line as soon as a training ends."""
    known = {job_of(line) for line in done(path)}
    left = [job for job in jobs() if job not in known]
    print(f"{len(known)} trainings are done, {len(left)} to do on {workers} processes", flush=True)
    began = time.perf_counter()
    with path.open("a", encoding="utf-8") as file, ProcessPoolExecutor(workers) as pool:
        for n, line in enumerate(pool.map(train, left), start=1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            if n % 18 == 0:
                each = (time.perf_counter() - began) / n
                print(f"{each:.1f} s a training, so {each * (len(left) - n) / 60:.0f} minutes to go", flush=True)


def compared(values: np.ndarray, before: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """``(n,)`` values against those at rate 0."""
    differences = values - before
    test = sign_flip_test(differences, rng)
    return {
        "mean": _interval(values, rng),
        "difference": _interval(differences, rng),
        "better_equal_worse": [
            int((differences > 0).sum()),
            int((differences == 0).sum()),
            int((differences < 0).sum()),
        ],
        "p": round(test.p_value, 5),
    }


def _interval(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    found = bootstrap_interval(values, rng)
    return [round(float(part), 3) for part in (found.mean, found.low, found.high)]


def adjusted(values: np.ndarray, before: np.ndarray, sizes: np.ndarray, sizes_before: np.ndarray) -> dict[str, float]:
    """The difference that is left at equal parameter counts: intercept of a line through paired differences."""
    x, y = np.log10(sizes) - np.log10(sizes_before), values - before
    (slope, intercept), *_ = np.linalg.lstsq(np.stack([x, np.ones_like(x)], 1), y, rcond=None)
    return {"at_equal_parameters": round(float(intercept), 3), "per_tenfold_parameters": round(float(slope), 3)}


def chain_figures(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """By rule and epoch, generator and rate; only networks that were measured at all rates."""
    rng, found = Streams(SEED, "e06/chains").at(0), {job_of(line): line for line in lines}
    whole = [n for n in range(NETWORKS) if all(found.get(job, {}).get("values") for job in jobs() if job.network == n)]
    figures: dict[str, Any] = {"networks": len(whole), "failures": sum("failure" in line for line in lines)}
    for rule, epoch in (("full", 6), ("full", 12), ("paper", 6)):

        def column(generator: str, rate: float, name: str, rule: str = rule, epoch: int = epoch) -> np.ndarray:
            rows = [found[Job(rule, generator, rate, n)] for n in whole]
            return np.array([row["values"][str(epoch)] if name == "value" else row[name] for row in rows])

        base, base_sizes = column("none", 0.0, "value"), column("none", 0.0, "parameters")
        arms: dict[str, Any] = {"rate 0": {"mean": _interval(base, rng), "parameters": float(base_sizes.mean())}}
        for generator in GENERATORS:
            for rate in RATES[1:]:
                values, sizes = column(generator, rate, "value"), column(generator, rate, "parameters")
                arms[f"{generator} {rate}"] = {
                    **compared(values, base, rng),
                    **adjusted(values, base, sizes, base_sizes),
                    "parameters": float(sizes.mean()),
                    "trained_share": round(float(column(generator, rate, "trained_share").mean()), 3),
                }
        figures[f"{rule}, {epoch} epochs"] = arms
    return {**figures, "pearson": _pearson(found, whole)}


def _pearson(found: dict[Job, dict[str, Any]], whole: Sequence[int]) -> dict[str, float]:
    """Over all networks: what 6 epochs and the paper's rule say about 12 epochs and full training."""
    full = [job for job in jobs() if job.rule == "full" and job.network in whole]
    short, long = (np.array([found[job]["values"][epoch] for job in full]) for epoch in ("6", "12"))
    paper = np.array([found[job._replace(rule="paper")]["values"]["6"] for job in full])
    pairs = {
        "full 6 and full 12": (short, long),
        "paper 6 and full 6": (paper, short),
        "paper 6 and full 12": (paper, long),
    }
    return {name: round(float(np.corrcoef(*pair)[0, 1]), 3) for name, pair in pairs.items()} if len(whole) > 1 else {}


def cell_figures(name: str) -> dict[str, Any]:
    """Measured accuracies of cells that were rebuilt at every rate."""
    space, rng = space_named(name), Streams(SEED, f"e06/{name}").at(0)
    table = default_catalog().open(TABLES[name], space)
    lookup = TableEvaluator(
        table=table, dataset="cifar10", epochs=None, chunk_size=512, space=space, columns=(), columns_table=None
    )

    def values(generator: str, rate: float) -> np.ndarray:
        proposals = initial(space, generator, rate, CELLS)
        valid = [space.repair(one.architecture, Streams(SEED, "repair").at(one.slot)) for one in proposals]
        again = [one._replace(architecture=cell) for one, cell in zip(proposals, valid, strict=True)]
        return np.array([one.value for one in lookup.evaluate(again, Streams(SEED, "evaluator"))])

    base = values("none", 0.0)
    arms = {f"{g} {rate}": compared(values(g, rate), base, rng) for g in GENERATORS for rate in RATES[1:]}
    return {"cells": CELLS, "metric": lookup.metric, "rate 0": {"mean": _interval(base, rng)}, **arms}


def print_table(title: str, arms: dict[str, Any]) -> None:
    print(f"\n{title}\n{'arm':<14}{'mean VALID (%)':>24}{'minus rate 0':>24}{'+/=/-':>14}{'p':>9}{'at equal size':>15}")
    for name, arm in arms.items():
        if isinstance(arm, dict) and "mean" in arm:
            cells = [arm["mean"], arm.get("difference")]
            texts = "".join(f"{'' if c is None else '{:.2f} [{:.2f}, {:.2f}]'.format(*c):>24}" for c in cells)
            counts = "/".join(map(str, arm.get("better_equal_worse", [])))
            print(f"{name:<14}{texts}{counts:>14}{arm.get('p', ''):>9}{arm.get('at_equal_parameters', ''):>15}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="train nothing; figures of what is there")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / "trainings.jsonl"
    tables = {name: cell_figures(name) for name in TABLES}
    for name, arms in tables.items():
        print_table(f"{name}: measured, {CELLS} cells", arms)
    if not options.report:
        run(path, options.workers)
    trained = chain_figures(done(path))
    for name, arms in trained.items():
        if isinstance(arms, dict) and name != "pearson":
            print_table(f"chains: {name}", arms)
    print(f"\nPearson over networks: {trained['pearson']}")
    line = json.dumps({"experiment": "e06", "rates": RATES, "chains": trained, "tables": tables})
    (options.results / "figures.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
