"""What W&B tracking costs a search.

Run: ``python benchmarks/tracking_speed.py``. Regularized evolution in the simulator over a formula, 10,000 evaluations,
without tracking and with W&B offline, in turn, each first in every other round; the medians of 25 rounds, because one
search of a quarter of a second varies by a tenth. ``slowdown_ratio`` compares wall times from the first ask to the last
outcome, ``cpu_ratio`` the CPU seconds of the search's process meanwhile. W&B's own process runs
beside it on another core; ``close_seconds`` is what its end takes after the search. ``writes``: rows and the end. The
last line is one JSON object.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from nasray.core.budget import Budget
from nasray.core.observer import Observer
from nasray.core.seeds import Streams
from nasray.evaluators.synthetic import Synthetic
from nasray.records.journal import Journal
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.tracking.sink import Message
from nasray.tracking.wandb_run import WandbRun
from nasray.tracking.wandb_sink import WandbSink

EVALUATIONS, ROUNDS, MAX_POINTS = 10_000, 25, 300
SPACE = NasBench201(channels=16, cells_per_stage=5)


class CountingSink:
    """W&B on disk, and how often it was written to."""

    def __init__(self, folder: Path) -> None:
        self.writes = 0
        self._inner = WandbSink(folder=folder, init={"id": "speed", "project": "nasray"}, settings={}, metrics=())

    def open(self, mode: str, overdue: Callable[[], bool]) -> str:
        return self._inner.open(mode, overdue)

    def send(self, *messages: Message) -> None:
        self.writes += len(messages)
        self._inner.send(*messages)

    def finish(self, message: Message) -> bool:
        self.writes += 1
        return self._inner.finish(message)

    def kill(self) -> None:
        self._inner.kill()


def tracking(sink: CountingSink, folder: Path) -> WandbRun:
    settings: dict[str, Any] = {"entity": None, "group": None, "job_type": "search", "name": None, "tags": []}
    return WandbRun(
        run_id="speed",
        folder=folder,
        config={},
        total=EVALUATIONS,
        metric="value",
        describe=SPACE.to_text,
        resume_from_slot=0,
        mode="offline",
        project="nasray",
        max_points=MAX_POINTS,
        table_rows=2000,
        start_timeout_seconds=60.0,
        close_timeout_seconds=120.0,
        make_sink=lambda: sink,
        **settings,
    )


def search_seconds(folder: Path, observers: Sequence[Observer]) -> tuple[float, float]:
    """Wall and CPU seconds of one search."""
    search = Search(
        space=SPACE,
        strategy=RegularizedEvolution(space=SPACE, population_size=50, tournament_size=10),
        budget=Budget(evaluations=EVALUATIONS),
        width=8,
        seed=0,
        log=Journal(folder / "journal.jsonl", fsync=False),
        observers=observers,
    )
    factory = partial(Synthetic, n_choices=5, chunk_size=512)
    wall, cpu = time.perf_counter(), time.process_time()
    Simulator(workers=1).run(search, factory, Streams(0, "evaluator"))
    return time.perf_counter() - wall, time.process_time() - cpu


def tracked_seconds(folder: Path, sink: CountingSink) -> tuple[float, float, float]:
    """Wall and CPU seconds of one search with W&B offline, and the seconds that closing takes afterwards."""
    observer = tracking(sink, folder)
    wall, cpu = search_seconds(folder, [observer])
    begun = time.perf_counter()
    observer.close({})
    return wall, cpu, time.perf_counter() - begun


def main() -> None:
    plain: list[tuple[float, float]] = []
    tracked: list[tuple[float, float, float]] = []
    sinks: list[CountingSink] = []
    for number in range(ROUNDS):
        with tempfile.TemporaryDirectory() as scratch:
            first, second = Path(scratch) / "plain", Path(scratch) / "tracked"
            first.mkdir()
            second.mkdir()
            sinks.append(CountingSink(second))
            both = [
                lambda first=first: plain.append(search_seconds(first, [])),
                lambda second=second: tracked.append(tracked_seconds(second, sinks[-1])),
            ]
            for one in both if number % 2 else reversed(both):
                one()
    own_wall, own_cpu = map(median, zip(*plain, strict=True))
    wall, cpu, closing = map(median, zip(*tracked, strict=True))
    print(f"bars: slowdown_ratio < 1.05, writes < 400; {os.cpu_count()} cores")
    figures = {
        "slowdown_ratio": round(wall / own_wall, 3),
        "cpu_ratio": round(cpu / own_cpu, 3),
        "writes": max(sink.writes for sink in sinks),
        "search_seconds": round(own_wall, 3),
        "close_seconds": round(closing, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
