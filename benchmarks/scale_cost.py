"""What one evaluation costs the driver: CPU, disk and memory. What ``docs/scale.md`` is computed from.

Run: ``python benchmarks/scale_cost.py``. Regularized evolution on NAS-Bench-201 cells over a formula, with virtual
workers, every chunk a line of the journal: 1 evaluation a chunk, as in training, and 64, as over tables. CPU seconds of
this process alone, so that a busy machine changes little. The last line is one JSON object.
"""

import json
import tempfile
import time
import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

from nasray.core.budget import Budget
from nasray.core.seeds import Streams
from nasray.evaluators.synthetic import Synthetic
from nasray.records.journal import Journal, read_journal
from nasray.records.snapshot import write_snapshot
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution

EVALUATIONS, MEMORY_EVALUATIONS = 50_000, 10_000
SPACE = NasBench201(channels=16, cells_per_stage=5)


def search_of(n: int, width: int, log: Any) -> Search:
    strategy = RegularizedEvolution(space=SPACE, population_size=100, tournament_size=10)
    return Search(space=SPACE, strategy=strategy, budget=Budget(evaluations=n), width=width, seed=0, log=log)


def run(search: Search, chunk: int, workers: int) -> None:
    factory = partial(Synthetic, n_choices=5, chunk_size=chunk)
    Simulator(workers=workers).run(search, factory, Streams(0, "evaluator"))


def costs(folder: Path, chunk: int, workers: int) -> dict[str, float]:
    """Microseconds of CPU an evaluation, and bytes."""
    journal = folder / f"{chunk}.jsonl"
    begun = time.process_time()
    log = Journal(journal, fsync=False)
    run(search_of(EVALUATIONS, 4 * workers * chunk, log), chunk, workers)
    log.close()
    searched = time.process_time()
    past, tail = read_journal(journal)
    read = time.process_time()
    write_snapshot(folder / "snapshot.json", past, tail)
    return {
        f"search_us_chunk_{chunk}": round(1e6 * (searched - begun) / EVALUATIONS, 1),
        f"replay_us_chunk_{chunk}": round(1e6 * (read - searched) / EVALUATIONS, 1),
        f"journal_bytes_chunk_{chunk}": round(journal.stat().st_size / EVALUATIONS, 1),
        f"snapshot_bytes_chunk_{chunk}": round((folder / "snapshot.json").stat().st_size / EVALUATIONS, 1),
    }


def memory_bytes(folder: Path) -> float:
    """What the driver keeps of an evaluation."""
    tracemalloc.start()
    search = search_of(MEMORY_EVALUATIONS, 256, Journal(folder / "memory.jsonl", fsync=False))
    before, _ = tracemalloc.get_traced_memory()
    run(search, 1, 64)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round((after - before) / MEMORY_EVALUATIONS)


def fsync_milliseconds(folder: Path) -> float:
    """Wall time of a durable commit."""
    log = Journal(folder / "fsync.jsonl", fsync=True)
    begun = time.perf_counter()
    for _ in range(200):
        log.stopped("")
        log.commit(durable=True)
    return round((time.perf_counter() - begun) / 200 * 1000, 2)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = costs(folder, 1, 1000) | costs(folder, 64, 1000)
        figures |= {"memory_bytes": memory_bytes(folder), "fsync_milliseconds": fsync_milliseconds(folder)}
    print("bar: less than 1 MB of state per 1,000 evaluations")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
