"""What a sweep shows: a line while it goes on, a table of its jobs."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import IO, Self

from nasray.app.sweep_folder import SweepFolder
from nasray.app.sweep_job import Job, Progress, progress_of
from nasray.app.sweep_task import ELSEWHERE, Ended
from nasray.reports.metric import duration, plural

_REDRAW_SECONDS = 0.5
_MOST_LISTED = 20


class Ticker:
    """One line on a terminal, redrawn in place; elsewhere failures alone are told.

    Args:
        stream: Where.
        n_jobs: How many jobs there are to do.
    """

    def __init__(self, stream: IO[str], n_jobs: int) -> None:
        """Draw nothing yet."""
        self._stream, self._n_jobs = stream, n_jobs
        self._n_done = self._n_failed = 0
        self._began = self._drawn = time.monotonic()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the line."""
        if self._stream.isatty():
            self._stream.write("\n")

    def ended(self, ended: Ended) -> None:
        """One job is over."""
        self._n_done += 1
        self._n_failed += ended.code not in (0, ELSEWHERE)
        now = time.monotonic()
        if self._stream.isatty() and (now - self._drawn > _REDRAW_SECONDS or self._n_done == self._n_jobs):
            self._drawn = now
            left = (now - self._began) / self._n_done * (self._n_jobs - self._n_done)
            failed = f", {self._n_failed} failed" if self._n_failed else ""
            self._stream.write(f"\r\x1b[K{self._n_done}/{self._n_jobs} jobs{failed}, {duration(left)} left")
            self._stream.flush()


def print_end(folder: SweepFolder, ended: Mapping[str, Ended], n_before: int) -> int:
    """Print what came of a sweep; return how many jobs failed."""
    failed = [(job, ended[job.identity]) for job in folder.jobs if _failed(ended.get(job.identity))]
    elsewhere = sum(one.code == ELSEWHERE for one in ended.values())
    n_done = len(ended) - len(failed) - elsewhere
    before = f" ({n_before} of them before)" if n_before else ""
    print(f"sweep       {folder.path}")
    print(f"jobs        {n_done} of {len(ended)} done{before}")
    if elsewhere:
        print(f"            {elsewhere} left to other processes that are at work on them")
    for job, one in failed[:_MOST_LISTED]:
        print(f"failed      {job.folder}: {one.message}")
    if failed:
        print(f"            {plural(len(failed), 'job')} failed; `nasray sweep resume {folder.path}` tries again")
    return len(failed)


def _failed(ended: Ended | None) -> bool:
    return ended is not None and ended.code not in (0, ELSEWHERE)


def status_lines(folder: SweepFolder) -> Iterator[str]:
    """The table of ``nasray sweep status``."""
    failures, last = folder.failures()
    found = {job: progress_of(folder.path / job.folder) for job in folder.jobs}
    width = max((len(job.folder) for job in folder.jobs), default=0)
    stages: Counter[str] = Counter()
    for job, progress in found.items():
        stage, details = _state(job, progress, failures, last)
        stages[stage] += 1
        yield f"{job.folder:<{width}}  {stage:<11}  {details}".rstrip()
    yield ""
    yield f"{plural(len(found), 'job')}: {', '.join(f'{n} {stage}' for stage, n in stages.items())}"
    values = {job.folder: one.value for job, one in found.items() if one.value is not None}
    if values:
        best = max(values, key=values.__getitem__)
        yield f"best value {values[best]:.6g} in {best}"
    seconds = [progress.wall_seconds for progress in found.values() if progress.stage == "done"]
    n_left = len(found) - stages["done"]
    if seconds and n_left:
        left = sum(seconds) / len(seconds) * n_left / max(1, stages["running"])
        yield f"about {duration(left)} left with {plural(max(1, stages['running']), 'search', 'searches')} at once"


def _state(job: Job, progress: Progress, failures: Counter[str], last: Mapping[str, str]) -> tuple[str, str]:
    """One job in a word, and what there is to say of it."""
    if progress.stage == "done":
        return ("done", f"{progress.value:.6g}") if progress.value is not None else ("failed", "nothing was measured")
    n_failed = failures[job.identity]
    if progress.stage == "running" or not n_failed:
        return progress.stage, ""
    return "failed", f"{'once' if n_failed == 1 else f'{n_failed} times'}: {last[job.identity]}"
