"""An executor that delivers in the worst orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nasray.core.executor import Answer, Chunk, EvaluatorFactory, Workload
from nasray.core.seeds import Streams
from nasray.search.guard import guarded


@dataclass(kw_only=True)
class UnorderedExecutor:
    """Takes all the work there is, in chunks of any size, and delivers one of the open chunks, drawn at random.

    Args:
        seed: Of the order and the sizes.
        most: Largest chunk.
    """

    seed: int
    most: int

    def run(self, work: Workload, factory: EvaluatorFactory, streams: Streams) -> None:
        """Evaluate until the workload is finished."""
        evaluator = factory()
        rng = np.random.default_rng(self.seed)
        open_chunks: list[Chunk] = []
        while not work.finished:
            while (chunk := work.take(int(rng.integers(1, self.most + 1)))) is not None:
                open_chunks.append(chunk)
            chunk = open_chunks.pop(int(rng.integers(len(open_chunks))))
            work.deliver(chunk, guarded(evaluator, chunk.proposals, streams))

    def call(self, function: Callable[..., Answer], jobs: Sequence[tuple[Any, ...]]) -> list[Answer]:
        """Call here."""
        return [function(*job) for job in jobs]
