"""The executor that runs a search on a Ray cluster, through Ray Tune."""

import faulthandler
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import ray
from ray import tune
from ray.exceptions import NodeDiedError, WorkerCrashedError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from nasray import __version__
from nasray.core.errors import NasrayError, require
from nasray.core.executor import Answer, EvaluatorFactory, Workload
from nasray.core.seeds import Streams
from nasray.tune.chunk_worker import ChunkWorker
from nasray.tune.desk import Desk
from nasray.tune.loop_scheduler import LoopScheduler

_SETTINGS = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # five files a trial, of no use here
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",  # Tune's state is scratch, and writing it grows with every trial
    "RAY_AIR_NEW_OUTPUT": "0",  # its reporter runs a thread; nasray reports progress itself
}


JOB_CANDIDATES = 10
"""A job after the search may take as long as so many candidates: a winner may be trained for longer."""


@dataclass(kw_only=True)
class TuneExecutor:
    """Runs a workload as Tune trials on the Ray cluster this process is connected to.

    Args:
        workers: How many trials run at once.
        cpus_per_worker: Ray CPUs that a trial holds.
        gpus_per_worker: Ray GPUs that a trial holds.
        time_limit_seconds: Longest time one candidate may take; null for no limit.
        max_attempts: How many workers a candidate may take down before it is recorded as a Failure.
        chunk_size: Most proposals in a chunk; the evaluator's own limit also holds.
        width: The search's width: a chunk is half a worker's share, so that the next one waits while one is run.
    """

    workers: int
    cpus_per_worker: float
    gpus_per_worker: float
    time_limit_seconds: float | None
    max_attempts: int
    chunk_size: int
    width: int

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
        """Drive Tune until the workload is finished."""
        if work.finished:
            return
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        # Beside this process: elsewhere it could die with a node of workers.
        desk = cast(Any, Desk).options(scheduling_strategy=here).remote()
        limit = max(1, min(self.chunk_size, self.width // (2 * self.workers)))
        scheduler = LoopScheduler(work, desk, limit)
        scratch = Path(tempfile.mkdtemp(prefix="nasray-tune-"))
        worker = tune.with_parameters(
            ChunkWorker,
            factory=factory,
            streams=streams,
            desk=desk,
            time_limit_seconds=self.time_limit_seconds,
            max_attempts=self.max_attempts,
            version=__version__,
        )
        resources = {"cpu": self.cpus_per_worker, "gpu": self.gpus_per_worker}
        try:
            with _environment(_SETTINGS):
                tune.Tuner(
                    tune.with_resources(worker, resources),
                    tune_config=tune.TuneConfig(num_samples=self.workers, scheduler=scheduler),
                    run_config=tune.RunConfig(
                        storage_path=str(scratch),
                        name="scratch",
                        verbose=0,
                        checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                        failure_config=tune.FailureConfig(max_failures=-1),  # the desk counts attempts
                    ),
                ).fit()
        finally:
            ray.kill(desk)
            shutil.rmtree(scratch, ignore_errors=True)
        if scheduler.error is not None:
            raise scheduler.error
        if not work.finished:  # Tune ends quietly on SIGINT
            raise KeyboardInterrupt

    def call(self, function: Callable[..., Answer], jobs: Sequence[tuple[Any, ...]]) -> list[Answer]:
        """Call as Ray tasks that hold what a worker holds; one that is stuck ends its process, and raises here.

        Raises:
            NasrayError: A job lost its process.
        """
        limit = None if self.time_limit_seconds is None else JOB_CANDIDATES * self.time_limit_seconds
        remote = ray.remote(num_cpus=self.cpus_per_worker, num_gpus=self.gpus_per_worker, max_retries=0)
        task: Any = remote(_in_time)  # not tried again, since what is stuck would be stuck again
        try:
            return ray.get([task.remote(limit, function, job) for job in jobs])
        except (WorkerCrashedError, NodeDiedError) as error:
            took = (
                "" if limit is None else f", or it took longer than {limit:g} s ({JOB_CANDIDATES} x time_limit_seconds)"
            )
            raise NasrayError(
                f"a job after the search lost its process: killed, out of memory, crashed{took}; the search itself is "
                "complete and kept: `nasray resume` does these jobs again"
            ) from error


def _in_time(limit_seconds: float | None, function: Callable[..., Answer], job: tuple[Any, ...]) -> Answer:
    """``function(*job)``; the process ends when it takes longer, since nothing else stops what is stuck in C code."""
    if limit_seconds is None:
        return function(*job)
    faulthandler.dump_traceback_later(limit_seconds, exit=True)
    try:
        return function(*job)
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Tune reads some of its settings from the environment only; put them back afterwards."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
