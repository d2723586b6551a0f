"""What Ray Tune and the loop add to real training.

Run: ``python benchmarks/tune_training_overhead.py``. 60 random NAS-Bench-201 cells are trained on scikit-learn's
digits for 1 to 3 seconds each, by 2 workers of one torch thread, through the Tune executor with a durable journal.
The last line is one JSON object: ``overhead_ratio`` is wall time / (pure training time / workers), the wall time from
the begin of the first training to the last outcome, the training time as the workers measured it; ``startup_seconds``
is what came before.
"""

import functools
import json
import logging
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import ray

from nasray.core.budget import Budget
from nasray.core.measurement import Outcome
from nasray.core.seeds import Streams
from nasray.data.image_sets.digits import Digits
from nasray.evaluators.training import Training
from nasray.models.recipe import Recipe
from nasray.records.journal import Journal
from nasray.search.search import Search
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.random_search import RandomSearch
from nasray.tune.tune_executor import TuneExecutor

CANDIDATES, WORKERS, WIDTH = 60, 2, 8
SPACE = NasBench201(channels=8, cells_per_stage=1)
RECIPE = Recipe(
    epochs=24,
    batch_size=32,
    optimizer="sgd",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="cosine",
    warmup_epochs=0,
    label_smoothing=0.1,
    augmentation=[],
    mixed_precision=False,
)
FACTORY = functools.partial(
    Training,
    space=SPACE,
    images=Digits(n_train=200, n_valid=600, seed=0),
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


class Watch:
    """Notes when outcomes were told."""

    def __init__(self) -> None:
        self.first = self.last = 0.0

    def told(self, outcomes: Sequence[Outcome]) -> None:
        self.last = time.perf_counter()
        self.first = self.first or self.last - outcomes[0].result.cost.wall_seconds

    def close(self, summary: object) -> None:
        pass


def main() -> None:
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        search = Search(
            space=SPACE,
            strategy=RandomSearch(space=SPACE),
            budget=Budget(evaluations=CANDIDATES),
            width=WIDTH,
            seed=0,
            log=Journal(Path(folder) / "journal.jsonl", fsync=True),
            observers=[watch],
        )
        executor = TuneExecutor(
            workers=WORKERS,
            cpus_per_worker=1,
            gpus_per_worker=0,
            time_limit_seconds=600,
            max_attempts=3,
            chunk_size=1,
            evaluator_chunk_size=1,
            width=WIDTH,
        )
        began = time.perf_counter()
        executor.run(search, FACTORY, Streams(0, "evaluator"))
    ray.shutdown()
    seconds = sorted(outcome.result.cost.wall_seconds for outcome in search.outcomes)
    wall = watch.last - watch.first
    figures = {
        "overhead_ratio": round(wall / (sum(seconds) / WORKERS), 4),
        "startup_seconds": round(watch.first - began, 2),
        "wall_seconds": round(wall, 1),
        "training_seconds": round(sum(seconds), 1),
        "candidate_seconds": [round(seconds[0], 2), round(seconds[len(seconds) // 2], 2), round(seconds[-1], 2)],
    }
    print("bar: overhead ratio < 1.15 (candidate_seconds: shortest, median, longest)")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
