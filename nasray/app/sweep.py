"""A sweep that can be resumed: what Hydra's launcher ``nasray`` does."""

import os
import sys
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn, JobStatus, setup_globals
from hydra.experimental.callback import Callback
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf

from nasray.app.cluster import attached, needs_ray
from nasray.app.cluster_watch import watched
from nasray.app.composition_error import COMPOSITION_ERRORS, config_error
from nasray.app.schema import RunConfig, validated
from nasray.app.sweep_arms import Arms
from nasray.app.sweep_identity import SweepIdentity
from nasray.app.sweep_job import Job, progress_of
from nasray.app.sweep_pool import Pool
from nasray.app.sweep_table import Ticker, print_end
from nasray.app.sweep_task import ELSEWHERE, LOST, Ended, Task
from nasray.core.errors import ConfigError, NasrayError, require

_ALL_DONE, _MOST_TOLD = 100, 25
"""The exit code of a sweep is the first plus the number of failed jobs, at most the second."""

_TRIED_AGAIN = (LOST, 3)
_ASKS_NOTHING = "hydra._internal.core_plugins.basic_sweeper.BasicSweeper"


class Sweep(Callback):
    """The jobs of one sweep, in a pool of runners.

    A job that is done is not run again, one that another process is at work on is left alone, one that was interrupted
    goes on from its journal, one that crashed is tried again. No job takes another down. Hydra is asked to call
    ``on_multirun_end``.

    Args:
        context: Hydra's; its loader is replaced by one that composes an arm once.
        config: The configuration that the jobs begin with; a sweep folder named after the clock is renamed.
        concurrency: Searches at once; None for as many as this machine has CPUs.
        retries: How often a job that crashed is tried again.
        grain: ``search``: searches over tables share what they can; ``job``: none does.

    Raises:
        ConfigError: A setting is impossible.
    """

    def __init__(
        self, context: HydraContext, config: DictConfig, *, concurrency: int | None, retries: int, grain: str
    ) -> None:
        """Find the folder; start nothing."""
        require(
            concurrency is None or concurrency >= 1,
            f"hydra.launcher.concurrency ({concurrency}) must be at least 1, or null for one a CPU",
        )
        require(retries >= 0, f"hydra.launcher.retries ({retries}) must not be negative")
        require(grain in ("search", "job"), f"hydra.launcher.grain ({grain!r}) must be search or job")
        setup_globals()
        self._master, self._retries, self._shared = config, retries, grain == "search"
        self._arms = Arms(context.config_loader)
        context.config_loader = cast(ConfigLoader, self._arms)
        context.callbacks.callbacks.append(self)  # pyright: ignore[reportUnknownMemberType] - a list without a type
        self._identity = SweepIdentity.of(config)
        config.hydra.sweep.dir = str(self._identity.folder)
        self._folder = self._identity.sweep_folder()
        self._resources = ExitStack()
        self._address: str | None = None
        self._pool: Pool | None = None
        self._size = concurrency or _n_cpus()
        self._ended: dict[str, Ended] = {}
        self._n_before = 0

    def launch(self, batch: Sequence[Sequence[str]]) -> list[JobReturn]:
        """Run the jobs of ``batch`` and return their values, in order.

        Raises:
            ConfigError: There are none, the folder belongs to another sweep, or no cluster answers.
            RecordError: The folder cannot be used.
        """
        require(len(batch) > 0, "the sweep is empty: it has no job at all; give a setting values, e.g. seed=0,1,2")
        asked = [Job.of(overrides, self._identity.overrides) for overrides in batch]
        self._folder = self._folder.add(asked)
        known = {job.identity: job for job in self._folder.jobs}
        jobs = [known[job.identity] for job in asked]
        due = [job for job in dict.fromkeys(jobs) if not self._is_done(job)]
        with self._how_to_go_on():
            self._run({job.identity: task for job in due if (task := self._task(job))})
        return [self._returned(job) for job in jobs]

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:  # noqa: ARG002 - Hydra's
        """Say what came of it; end the program with 100 + n if n jobs failed."""
        self.close()
        end_with(print_end(self._folder, self._ended, self._n_before))

    def _is_done(self, job: Job) -> bool:
        """Whether it was finished before, here or by an earlier command."""
        if job.identity in self._ended:
            return True
        found = progress_of(self._folder.path / job.folder)
        if found.stage == "running":
            self._ended[job.identity] = Ended(job.identity, ELSEWHERE, "another process is at work on it", None, False)
        elif found.stage == "done":
            self._n_before += 1
            message = "" if found.value is not None else "not one of its candidates could be measured"
            self._ended[job.identity] = Ended(job.identity, 0 if not message else 3, message, found.value, True)
        return job.identity in self._ended

    def _task(self, job: Job) -> Task | None:
        """What a runner is told of a job; None where its configuration is refused."""
        try:
            try:
                raw = self._arms.raw(self._master, job.overrides)
            except COMPOSITION_ERRORS as error:
                raise config_error(error, job.overrides) from error
            config = validated(raw)
        except ConfigError as error:
            self._note(job, Ended(job.identity, 2, str(error), None, False))
            return None
        if raw["tracking"].get("mode") != "none" and raw["tracking"].get("group") is None:
            raw["tracking"] = {**raw["tracking"], "group": self._folder.path.name}
        return Task(
            identity=job.identity,
            folder=str(self._folder.path / job.folder),
            raw=raw,
            command=job.overrides,
            address=self._cluster(config) if needs_ray(config) else None,
            shared=self._shared and not needs_ray(config),
        )

    def _cluster(self, config: RunConfig) -> str:
        """The address of the cluster of the whole sweep: the first job that needs one connects to it, or starts it."""
        if self._address is None:
            ray = config.ray
            self._resources.enter_context(attached(ray.address, num_cpus=ray.num_cpus, num_gpus=ray.num_gpus))
            from ray import get_runtime_context

            how = f"`nasray sweep resume {self._folder.path}` goes on, on another cluster with ray.address=HOST:PORT"
            self._resources.enter_context(watched(config, how))
            self._address = cast(str, get_runtime_context().gcs_address)  # pyright: ignore[reportUnknownMemberType]
        return self._address

    def _run(self, tasks: dict[str, Task]) -> None:
        """Carry out the tasks, those that crashed once more, and note what came of each."""
        if not tasks:
            return
        jobs = {job.identity: job for job in self._folder.jobs}
        tries: dict[str, int] = {}
        waiting = deque(tasks.values())
        pool = self._pool_for(len(tasks))
        with Ticker(sys.stderr, len(tasks)) as ticker:
            for ended in pool.run(waiting):
                tries[ended.identity] = tries.get(ended.identity, 0) + 1
                self._note(jobs[ended.identity], ended)
                if ended.code in _TRIED_AGAIN and not ended.final and tries[ended.identity] <= self._retries:
                    waiting.append(tasks[ended.identity])
                else:
                    ticker.ended(ended)

    def _pool_for(self, n_tasks: int) -> Pool:
        """The pool, or a larger one in its place: the runners of a small one each hold too much of the cluster."""
        size = min(self._size, n_tasks)
        if self._pool is None or self._pool.size < size:
            if self._pool is not None:
                self._pool.close()
            self._pool = Pool(size, self._folder.path / "runners.log")
        return self._pool

    def _note(self, job: Job, ended: Ended) -> None:
        self._ended[job.identity] = ended
        if ended.code not in (0, ELSEWHERE):
            self._folder.note_failure(job, ended.message)

    def _returned(self, job: Job) -> JobReturn:
        """What the sweeper gets: a value, or an exception where it asks for values."""
        ended = self._ended[job.identity]
        asks = OmegaConf.select(self._master, "hydra.sweeper._target_") != _ASKS_NOTHING
        failed = asks and ended.value is None
        value = NasrayError(f"{job.folder}: {ended.message}") if failed else ended.value
        return JobReturn(
            overrides=job.overrides,
            working_dir=str(self._folder.path / job.folder),
            task_name="nasray run",
            status=JobStatus.FAILED if failed else JobStatus.COMPLETED,
            _return_value=value,
        )

    @contextmanager
    def _how_to_go_on(self) -> Generator[None]:
        """End all runners of a sweep that is cut short, and say what to do next."""
        whole = False
        try:
            yield
            whole = True
        finally:
            if not whole:
                self.close()
                print(f"sweep       cut short; `nasray sweep resume {self._folder.path}` goes on", file=sys.stderr)

    def close(self) -> None:
        """End all runners, and the cluster if it was started for them."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None
        self._resources.close()


def end_with(n_failed: int) -> None:
    """End the program if jobs failed."""
    if n_failed:
        sys.exit(_ALL_DONE + min(n_failed, _MOST_TOLD))


def n_failed_of(end: SystemExit) -> int:
    """How many failed jobs ``end_with`` told of; 0 for an end that has another cause."""
    told = end.code - _ALL_DONE if isinstance(end.code, int) else 0
    return told if 0 < told <= _MOST_TOLD else 0


def _n_cpus() -> int:
    """Those that this process may use, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
