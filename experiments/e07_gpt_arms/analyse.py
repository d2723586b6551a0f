"""What the GPT adds to evolution of trained chains, at equal trained evaluations and an equal acceleration mode.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e07_gpt_arms/analyse.py [--seeds 8] [--workers 2]``. Prints the
expected time first, writes one line a search to ``results/searches.jsonl`` and goes on from there when it is started
again; then prints a table and one JSON line, and writes the same to ``results/figures.json``.
"""

import argparse
import json
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.app.catalogs import space_named
from nasray.app.named import part_named
from nasray.core.measurement import Measurement
from nasray.core.predictor import Rebuilder
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.data.image_sets.halved import Halved
from nasray.data.image_sets.npz import Npz
from nasray.evaluators.training import Training
from nasray.models.acceleration import Acceleration
from nasray.models.freezing import MODES
from nasray.models.recipe import Recipe
from nasray.simulator.study import study

POPULATION, GENERATIONS, RATE = 8, 6, 0.4
EVALUATIONS = POPULATION * GENERATIONS
ARMS = ("gpt", "random_gpt", "bigram", "uniform", "none")
SHAPE = (3, 16, 16)
RESULTS = Path(__file__).with_name("results")


def recipe(epochs: int, warmup_epochs: int, schedule: str) -> Recipe:
    return Recipe(
        epochs=epochs,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        momentum=0.9,
        weight_decay=0.0005,
        schedule=schedule,  # pyright: ignore[reportArgumentType]
        warmup_epochs=warmup_epochs,
        label_smoothing=0.1,
        augmentation=(),
        mixed_precision=False,
    )


def images(seed: int) -> Halved:
    """1,000 images to learn from and 1,000 of VALID, 16x16; drawn anew for every seed."""
    mirror = Path(os.environ["NASRAY_DATA_MIRROR"])
    train, test = mirror / "cifar10_train_5000.npz", mirror / "cifar10_test_1000.npz"
    return Halved(inner=Npz(train=train, test=test, n_train=1_000, n_valid=1_000, seed=seed))


def evaluator(space: SearchSpace, mode: str, seed: int) -> Training:
    """The same for every arm."""
    return Training(
        space=space,
        images=images(seed),
        recipe=recipe(6, 5, "constant"),
        acceleration=Acceleration(mode=mode, retraining=recipe(30, 0, "cosine")),  # pyright: ignore[reportArgumentType]
        device="cpu",
        torch_threads=1,
        report_every_epochs=0,
        checkpoint_every_epochs=0,
        keep_weights=False,
        store=None,
        checkpoint_folder=None,
    )


def generator(arm: str, space: SearchSpace, seed: int) -> Rebuilder | None:
    """Who rebuilds, by the names of conf/generator; nobody in the arm without a generator."""
    if arm == "none":
        return None
    settings = {"uniform": {}, "bigram": {"input_shape": SHAPE}}.get(arm, {"input_shape": SHAPE, "seed": seed})
    return part_named("generator", arm, {"space": space}, **settings)


@cache
def chains() -> SearchSpace:
    """Once a process."""
    torch.set_num_threads(1)
    logging.getLogger("nasray").setLevel(logging.ERROR)  # convergence is not asked about here
    return space_named("block_chain")


def search(job: tuple[str, str, int]) -> dict[str, Any]:
    """One search and the retrained winner's TEST, as a line of the results."""
    mode, arm, seed = job
    space = chains()
    training = evaluator(space, mode, seed)
    make = partial(
        part_named,
        "strategy",
        "gpt_evolution",
        {"space": space, "generator": generator(arm, space, seed)},
        population_size=POPULATION,
        generations=GENERATIONS,
        elimination={"rate": 0.0 if arm == "none" else RATE},
    )
    began = time.process_time()
    (outcomes,) = study(make, space, training, seeds=[seed], evaluations=EVALUATIONS, width=POPULATION)
    searched = time.process_time()
    best = max(outcomes, key=lambda one: one.value)
    score = training.test(best.proposal, Streams(seed, "evaluator"))
    assert isinstance(best.result, Measurement)
    measured = [one.result for one in outcomes if isinstance(one.result, Measurement)]
    return {
        "mode": mode,
        "arm": arm,
        "seed": seed,
        "best_by_generation": best_so_far([one.value for one in outcomes])[POPULATION - 1 :: POPULATION].tolist(),
        "mean_by_generation": _by_generation([one.value for one in outcomes]),
        "test_retrained": score.value,
        "parameters": best.result.columns["parameters"],
        "mean_parameters": float(np.mean([one.columns["parameters"] for one in measured])),
        "trained_share": float(np.mean([one.columns["trained_share"] for one in measured])),
        "distinct": len({one.proposal.architecture for one in outcomes}),
        "failed": len(outcomes) - len(measured),
        "winner": best.proposal.architecture.to_json(),
        "cpu_seconds_per_candidate": round((searched - began) / EVALUATIONS, 3),
    }


def _by_generation(values: Sequence[float]) -> list[float]:
    """Means of what was measured."""
    rows = np.array(values).reshape(-1, POPULATION)
    return np.nanmean(np.where(np.isfinite(rows), rows, np.nan), axis=1).round(3).tolist()


def done(path: Path) -> list[dict[str, Any]]:
    """The searches that are finished; a line that a crash left half written is done again."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def run(jobs: Sequence[tuple[str, str, int]], path: Path, workers: int) -> None:
    """Search, the throughput first, a line as soon as a search ends."""
    known = {(one["mode"], one["arm"], one["seed"]) for one in done(path)}
    left = [job for job in jobs if job not in known]
    print(f"{len(known & set(jobs))} of {len(jobs)} searches are done, {len(left)} to do on {workers} processes")
    began = time.perf_counter()
    with path.open("a", encoding="utf-8") as file, ProcessPoolExecutor(workers) as pool:
        for n, line in enumerate(pool.map(search, left), start=1):
            file.write(json.dumps(line) + "\n")
            file.flush()
            each = (time.perf_counter() - began) / n
            print(
                f"{line['arm']} seed {line['seed']}: {line['cpu_seconds_per_candidate']} CPU seconds a candidate; "
                f"{each:.0f} s a search, so {each * (len(left) - n) / 60:.0f} minutes to go",
                flush=True,
            )


def figures(lines: Sequence[dict[str, Any]], arms: Sequence[str]) -> dict[str, Any]:
    """Every arm, and the GPT against every other, seed by seed."""
    rng = Streams(0, "e07").at(0)
    found = {arm: sorted((one for one in lines if one["arm"] == arm), key=lambda one: one["seed"]) for arm in arms}
    return {
        "arms": {arm: _arm(rows, rng) for arm, rows in found.items()},
        "gpt_against": {
            arm: {
                "valid": _against(_last(found["gpt"]) - _last(found[arm]), rng),
                "test_retrained": _against(_tests(found["gpt"]) - _tests(found[arm]), rng),
            }
            for arm in arms
            if arm != "gpt" and "gpt" in arms
        },
    }


def _last(rows: Sequence[dict[str, Any]]) -> np.ndarray:
    return np.array([one["best_by_generation"][-1] for one in rows])


def _tests(rows: Sequence[dict[str, Any]]) -> np.ndarray:
    return np.array([one["test_retrained"] for one in rows])


def _arm(rows: Sequence[dict[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
    columns = ("parameters", "mean_parameters", "trained_share", "distinct", "failed", "cpu_seconds_per_candidate")
    return {
        "best_valid": _interval(_last(rows), rng),
        "test_retrained": _interval(_tests(rows), rng),
        "best_by_generation": np.mean([one["best_by_generation"] for one in rows], axis=0).round(3).tolist(),
        "mean_by_generation": np.mean([one["mean_by_generation"] for one in rows], axis=0).round(3).tolist(),
        **{name: round(float(np.mean([one[name] for one in rows])), 3) for name in columns},
    }


def _interval(values: np.ndarray, rng: np.random.Generator) -> list[float]:
    found = bootstrap_interval(values, rng)
    return [round(float(part), 3) for part in (found.mean, found.low, found.high)]


def _against(differences: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    test, ends = sign_flip_test(differences, rng), _interval(differences, rng)
    return {"mean": ends[0], "interval": ends[1:], "p": round(test.p_value, 5), "minimum_p": round(test.minimum_p, 5)}


def print_table(found: dict[str, Any]) -> None:
    """One line an arm."""
    print(
        f"{'arm':<12}{'best VALID (%)':>26}{'TEST, retrained (%)':>26}{'parameters':>12}{'trained':>9}{'distinct':>10}"
    )
    for name, arm in found["arms"].items():
        cells = "".join(
            f"{'{:.2f} [{:.2f}, {:.2f}]'.format(*arm[key]):>26}" for key in ("best_valid", "test_retrained")
        )
        print(f"{name:<12}{cells}{arm['parameters']:>12,.0f}{arm['trained_share']:>9.2f}{arm['distinct']:>10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--mode", choices=MODES, default="full")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / "searches.jsonl"
    jobs = [(options.mode, arm, seed) for seed in range(options.seeds) for arm in options.arms]
    run(jobs, path, options.workers)
    lines = [one for one in done(path) if (one["mode"], one["arm"], one["seed"]) in set(jobs)]
    found = figures(lines, options.arms)
    print_table(found)
    about = {"experiment": "e07", "mode": options.mode, "seeds": options.seeds, "evaluations": EVALUATIONS}
    line = json.dumps({**about, **found})
    (options.results / f"figures_{options.mode}.json").write_text(line + "\n", encoding="utf-8")
    print(line)


if __name__ == "__main__":
    main()
