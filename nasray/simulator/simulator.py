"""An executor on a virtual clock: workers are numbers in a heap, seconds are those the benchmark published."""

import heapq
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from nasray.core.errors import require
from nasray.core.evaluator import Evaluator
from nasray.core.executor import Answer, Chunk, EvaluatorFactory, Workload
from nasray.core.measurement import Result
from nasray.core.seeds import Streams
from nasray.core.uncollected import uncollected
from nasray.search.guard import guarded


@dataclass(kw_only=True)
class Simulator:
    """Runs a workload in this process, in the order in which a cluster would have finished it.

    A candidate takes its ``cost.benchmark_seconds``, or one second where the benchmark gives none. Results arrive in
    the order of their virtual ends, so that a search meets out-of-order arrivals as on a cluster, reproducibly.

    Args:
        workers: Number of virtual workers.
    """

    workers: int
    virtual_seconds: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Refuse a cluster without workers."""
        require(self.workers >= 1, f"simulator workers ({self.workers}) must be at least 1")

    def run(self, work: Workload, factory: EvaluatorFactory, streams: Streams) -> None:
        """Evaluate chunk after chunk until the workload is finished."""
        evaluator = factory()
        looked_up = evaluator.chunk_size > 1  # nothing is trained, so nothing makes cycles
        run = self._one_after_another if self.workers == 1 else self._side_by_side
        with uncollected() if looked_up else nullcontext():
            self.virtual_seconds = run(work, evaluator, streams)

    def _one_after_another(self, work: Workload, evaluator: Evaluator, streams: Streams) -> float:
        now, limit = 0.0, evaluator.chunk_size
        while (chunk := work.take(limit)) is not None:
            results = guarded(evaluator, chunk.proposals, streams)
            for result in results:
                now += result.cost.benchmark_seconds or 1.0
            work.deliver(chunk, results)
        return now

    def _side_by_side(self, work: Workload, evaluator: Evaluator, streams: Streams) -> float:
        running: list[tuple[float, int, Chunk, list[Result]]] = []
        now, free = 0.0, self.workers
        while True:
            while free and (chunk := work.take(1)) is not None:
                results = guarded(evaluator, chunk.proposals, streams)
                end = now + sum([result.cost.benchmark_seconds or 1.0 for result in results])
                heapq.heappush(running, (end, chunk.number, chunk, results))
                free -= 1
            if not running:
                return now
            now, _, chunk, results = heapq.heappop(running)
            free += 1
            work.deliver(chunk, results)

    def call(self, function: Callable[..., Answer], jobs: Sequence[tuple[Any, ...]]) -> list[Answer]:
        """Call in this process."""
        return [function(*job) for job in jobs]
