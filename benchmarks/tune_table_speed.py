"""How fast a search over a table runs through Ray Tune, beside plain Tune in the same run.

Run: ``NASRAY_DATA_MIRROR=FOLDER python benchmarks/tune_table_speed.py``. Regularized evolution on NAS-Bench-201 with 2
workers and a durable journal; every proposal is asked in the driver and told back from a Tune trial. Rates are from the
first to the last outcome; ``startup_seconds`` is from the call to the first outcome with Ray up. Plain Tune: a function
trainable that looks up one cell, 300 trials, ``reuse_actors=True``, loggers off, first to last result. The last line is
one JSON object.
"""

import json
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")

import ray
from measured_table import evaluator_factory
from ray import tune

from nasray.core.budget import Budget
from nasray.core.measurement import Outcome
from nasray.core.seeds import Streams
from nasray.records.journal import Journal
from nasray.search.search import Search
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.tune.tune_executor import TuneExecutor

SPACE = NasBench201(channels=16, cells_per_stage=5)
PLAIN_TRIALS = 300


class Stopwatch:
    """Notes when the first and the last outcome were told."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.times: list[tuple[float, int]] = []

    def told(self, outcomes: Sequence[Outcome]) -> None:
        self.times.append((time.perf_counter(), len(outcomes)))

    def close(self, summary: object) -> None:
        pass

    @property
    def startup_seconds(self) -> float:
        return self.times[0][0] - self.begun

    @property
    def per_second(self) -> float:
        return sum(n for _, n in self.times[1:]) / (self.times[-1][0] - self.times[0][0])


def search_through_tune(width: int, population: int, evaluations: int, folder: str) -> tuple[Stopwatch, float]:
    """The stopwatch, and the regret of the best cell found in percent."""
    factory = evaluator_factory(SPACE)
    watch = Stopwatch()
    search = Search(
        space=SPACE,
        strategy=RegularizedEvolution(space=SPACE, population_size=population, tournament_size=10),
        budget=Budget(evaluations=evaluations),
        width=width,
        seed=0,
        log=Journal(Path(folder) / f"{width}.jsonl", fsync=True),
        observers=[watch],
    )
    executor = TuneExecutor(
        workers=2,
        cpus_per_worker=1,
        gpus_per_worker=0,
        time_limit_seconds=None,
        max_attempts=3,
        chunk_size=4096,
        evaluator_chunk_size=4096,
        width=width,
    )
    executor.run(search, factory, Streams(0, "evaluator"))
    return watch, factory().optimum() - max(outcome.value for outcome in search.outcomes)


def plain_tune_per_second() -> float:
    """What a user gets who writes one Tune trial per architecture."""
    factory = evaluator_factory(SPACE)
    values = factory().table.column("cifar10_valid_200").tolist()

    def trainable(config: dict[str, Any], values: list[float]) -> None:
        tune.report({"accuracy": values[config["row"]], "at": time.time()})

    with tempfile.TemporaryDirectory() as folder:
        results = tune.Tuner(
            tune.with_parameters(trainable, values=values),
            param_space={"row": tune.randint(0, len(values))},
            tune_config=tune.TuneConfig(num_samples=PLAIN_TRIALS, reuse_actors=True, max_concurrent_trials=2),
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        ).fit()
    times = sorted(result.metrics["at"] for result in results if result.metrics)
    return (len(times) - 1) / (times[-1] - times[0])


def main() -> None:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        narrow, narrow_regret = search_through_tune(64, 100, 20_000, folder)
        wide, wide_regret = search_through_tune(4096, 1000, 100_000, folder)
    plain = plain_tune_per_second()
    ray.shutdown()
    print("bars: > 1,000 a second at width 64, > 25 x plain Tune, > 10,000 a second at width 4,096")
    figures = {
        "per_second_width_64": round(narrow.per_second),
        "ratio_to_plain_tune": round(narrow.per_second / plain, 1),
        "per_second_width_4096": round(wide.per_second),
        "startup_seconds": round(narrow.startup_seconds, 2),
        "plain_tune_per_second": round(plain, 2),
        "final_regret_width_64": round(narrow_regret, 3),
        "final_regret_width_4096": round(wide_regret, 3),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
