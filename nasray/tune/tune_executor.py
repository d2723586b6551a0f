"""The executor that runs a search on a Ray cluster, through Ray Tune."""

import pickle
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from ray.cloudpickle.cloudpickle_fast import dumps

from nasray import __version__
from nasray.core.errors import JobLost, NasrayError, require
from nasray.core.executor import Answer, Chunk, EvaluatorFactory, Workload
from nasray.core.measurement import result_from_json
from nasray.core.seeds import Streams
from nasray.tune.crew import Crew
from nasray.tune.desk import JOB_CANDIDATES
from nasray.tune.kept_crew import KeptCrew
from nasray.tune.shift import Shift


@dataclass(kw_only=True)
class TuneExecutor:
    """Runs a workload on Tune trials on the Ray cluster this process is connected to.

    Args:
        workers: How many trials run at once.
        cpus_per_worker: Ray CPUs that a trial holds.
        gpus_per_worker: Ray GPUs that a trial holds.
        time_limit_seconds: Longest time one candidate may take; null for no limit.
        max_attempts: How many workers a candidate may take down before it is recorded as a Failure.
        chunk_size: Most proposals in a chunk.
        evaluator_chunk_size: Most that the evaluator takes at once, which holds as well: candidates that are trained
            go one by one, so that each is delivered when it is done, and has its own time limit on any number of
            workers.
        width: The search's width: a chunk is half a worker's share, so that the next one waits while one is run.
        crew: Keeps the workers for what comes next; None to let them go each time.
    """

    workers: int
    cpus_per_worker: float
    gpus_per_worker: float
    time_limit_seconds: float | None
    max_attempts: int
    chunk_size: int
    evaluator_chunk_size: int
    width: int
    crew: KeptCrew | None = None

    def __post_init__(self) -> None:
        """Refuse an executor that cannot run anything."""
        require(self.workers >= 1, f"executor workers ({self.workers}) must be at least 1")
        require(self.max_attempts >= 1, f"executor max_attempts ({self.max_attempts}) must be at least 1")
        require(self.chunk_size >= 1, f"executor chunk_size ({self.chunk_size}) must be at least 1")
        for name in ("cpus_per_worker", "gpus_per_worker"):
            require(getattr(self, name) >= 0, f"executor {name} ({getattr(self, name)}) must not be negative")
        require(
            self.time_limit_seconds is None or self.time_limit_seconds > 0,
            f"executor time_limit_seconds ({self.time_limit_seconds}) must be positive, or null for no limit",
        )

    def run(self, work: Workload, factory: EvaluatorFactory, streams: Streams) -> None:
        """Hand out chunks and deliver their results as they come until the workload is finished."""
        if work.finished:
            return
        limit = max(1, min(self.chunk_size, self.evaluator_chunk_size, self.width // (2 * self.workers)))
        shift = Shift(factory=dumps(factory), streams=streams, max_attempts=self.max_attempts, version=__version__)
        open_chunks: dict[int, Chunk] = {}
        with self._crew_at_work() as crew:
            crew.begin(shift)
            delivered = None
            while True:
                chunks = _taken(work, limit)
                works = [(chunk.proposals, len(chunk.proposals)) for chunk in chunks]
                numbers = crew.order(works, self.time_limit_seconds, delivered)
                open_chunks.update(zip(numbers, chunks, strict=True))
                if work.finished:
                    return
                delivered, answer = crew.report()
                chunk = open_chunks.pop(delivered, None)
                if chunk is not None:
                    work.deliver(chunk, [result_from_json(data) for data in orjson.loads(answer)])

    def call(self, function: Callable[..., Answer], jobs: Sequence[tuple[Any, ...]]) -> list[Answer | Exception]:
        """Call in the workers; a job that takes its worker down, or too long, is not tried again.

        What ends the whole crew is the answer to every job that is not done by then.
        """
        answers: dict[int, Answer | Exception] = {}
        try:
            with self._crew_at_work() as crew:
                works = [(partial(function, *job), JOB_CANDIDATES) for job in jobs]
                places = {number: place for place, number in enumerate(crew.order(works, self.time_limit_seconds))}
                while places:
                    number, answer = crew.report()
                    if number in places:
                        answers[places.pop(number)] = self._lost() if answer is None else pickle.loads(answer)
                    crew.order([], self.time_limit_seconds, number)
        except (NasrayError, RuntimeError) as error:
            return [answers.get(place, error) for place in range(len(jobs))]
        return [answers[place] for place in range(len(jobs))]

    def _lost(self) -> JobLost:
        limit = self.time_limit_seconds
        late = f", or it took longer than {JOB_CANDIDATES} x executor.time_limit_seconds ({limit:g})" if limit else ""
        return JobLost(
            f"a job after the search lost its process: killed, out of memory, crashed{late}; the search itself is "
            "complete and kept: `nasray resume` does these jobs again, if need be on a cluster with more room "
            "(ray.address=HOST:PORT)"
        )

    @contextmanager
    def _crew_at_work(self) -> Generator[Crew]:
        resources = {"CPU": self.cpus_per_worker, "GPU": self.gpus_per_worker}
        with ExitStack() as stack:
            kept = self.crew or stack.enter_context(KeptCrew())
            yield stack.enter_context(kept.at_work(self.workers, resources))


def _taken(work: Workload, limit: int) -> list[Chunk]:
    """All that can be handed out now."""
    chunks: list[Chunk] = []
    while (chunk := work.take(limit)) is not None:
        chunks.append(chunk)
    return chunks
