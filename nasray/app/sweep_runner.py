"""A runner: a process that carries out one search of a sweep after the other, and starts Python and Ray once."""

import os
import queue
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from nasray.app.cluster import attached
from nasray.app.exit_codes import exit_codes
from nasray.app.session import resume, start
from nasray.app.summary import check_measured
from nasray.app.sweep_job import claimed, progress_of
from nasray.app.sweep_study import Studies
from nasray.app.sweep_task import ELSEWHERE, Ended, Task
from nasray.core.errors import NasrayError
from nasray.records.journal import config_hash
from nasray.tune.kept_crew import KeptCrew

_CRASH = 3
_PREFIX = "nasray: "

_HOLDING = ("executor", "host", "predictor", "generator", "language_model")
"""Sections that say what a search holds of its cluster."""

_IDLE_SECONDS = 1.0
"""How long workers wait for the next search before they leave what they hold to others."""

_TURN_SECONDS = 60.0
"""After so long they do so at the end of the search that they are at: others are waiting perhaps."""


@dataclass
class _Workshop:
    """What a runner keeps from one search to the next.

    Attributes:
        studies: Searches over tables, as far as they have been composed.
        cluster: The connection to Ray.
        crew: Workers there.
        holding: What the last search held there.
    """

    studies: Studies
    cluster: ExitStack
    crew: KeptCrew
    holding: str = ""


def main() -> None:
    """Serve the sweep at the other end of a line: its file descriptor, and how many searches share the cluster."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the sweep ends its runners
    serve(Connection(int(sys.argv[1])), int(sys.argv[2]))


def serve(line: Connection, sharing: int) -> None:
    """Carry out ``Task`` after ``Task`` and answer each with ``Ended``, until None comes."""
    tasks = _inbox(line)
    with ExitStack() as cluster, KeptCrew(sharing) as crew:
        shop = _Workshop(Studies(), cluster, crew)
        while (task := _next(tasks, crew)) is not None:
            line.send(_carried_out(task, shop))


def _next(tasks: "queue.SimpleQueue[Task | None]", crew: KeptCrew) -> Task | None:
    """What comes next; workers that wait for it too long go."""
    if crew.hired_seconds > _TURN_SECONDS:
        crew.dismiss()
    with suppress(queue.Empty):
        return tasks.get(timeout=_IDLE_SECONDS)
    crew.dismiss()
    return tasks.get()


def _inbox(line: Connection) -> "queue.SimpleQueue[Task | None]":
    """Tasks as they come, read by a thread: when the sweep is killed, its runners end at once, whatever they do."""
    tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()

    def read() -> None:
        try:
            task: Task | None = line.recv()
            while task is not None:
                tasks.put(task)
                task = line.recv()
            tasks.put(None)
        except (EOFError, OSError):
            os._exit(1)  # journals are written by whole lines: the searches are interrupted, not harmed

    threading.Thread(target=read, daemon=True).start()
    return tasks


def _carried_out(task: Task, shop: _Workshop) -> Ended:
    """One search, unless another process is at work on it."""
    folder = Path(task.folder)
    with claimed(folder) as free:
        if free:
            return _ended(task, folder, shop)
    return Ended(task.identity, ELSEWHERE, "another process is at work on it", None, False)


def _ended(task: Task, folder: Path, shop: _Workshop) -> Ended:
    """One search, with the exit code and the last line that ``nasray run`` would have left."""
    code: object = 0
    value: float | None = None
    with _console(task) as told:
        try:
            with exit_codes(folder):
                if task.address:
                    shop.cluster.enter_context(attached(task.address))  # the first time; it stays
                value = _best(_searched(task, folder, shop), folder)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else _CRASH
        said = told.getvalue() if code else ""
    failed = code not in (0, None)
    message = _last_line(said) if failed else ""
    final = failed and progress_of(folder).stage == "done"
    return Ended(task.identity, int(str(code)) if failed else 0, message, value, final)


def _searched(task: Task, folder: Path, shop: _Workshop) -> dict[str, Any]:
    """What ``result.json`` holds."""
    if task.shared and (study := shop.studies.of(task.raw)):
        return study.search(task.raw, folder, task.command)
    holding = config_hash({name: task.raw.get(name) for name in _HOLDING})
    if holding != shop.holding:  # the room that the workers take may be what this search asks for first
        shop.crew.dismiss()
        shop.holding = holding
    if (folder / "manifest.json").exists():
        return resume(folder, crew=shop.crew)
    return start(task.raw, folder, task.command, shop.crew)


def _best(result: dict[str, Any], folder: Path) -> float | None:
    """The value of the winner; without one, the program's end as of ``nasray run``."""
    if result["best"] is None:
        check_measured(folder)
        raise NasrayError(f"{folder}: nothing was measured")
    return result["best"]["value"]


class _Kept(StringIO):
    """What a search says, kept for its last line and copied to a file."""

    def __init__(self, copy: IO[str]) -> None:
        super().__init__()
        self._copy = copy

    def write(self, text: str, /) -> int:
        """Both."""
        self._copy.write(text)
        return super().write(text)

    def flush(self) -> None:
        """The file."""
        self._copy.flush()


@contextmanager
def _console(task: Task) -> Generator[StringIO]:
    """Where a search speaks instead of the terminal: ``console.log`` in its folder; those over tables are silent."""
    if task.shared:
        told = StringIO()
        with redirect_stdout(told), redirect_stderr(told):
            yield told
        return
    folder = Path(task.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "console.log").open("a", buffering=1, encoding="utf-8", errors="replace") as file:
        told = _Kept(file)
        with redirect_stdout(told), redirect_stderr(told):
            yield told


def _last_line(said: str) -> str:
    """Why a search failed: what exit_codes said last, or the exception before that."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines:
        return "it ended without a word"
    if len(lines) > 1 and "was not foreseen" in lines[-1]:
        return lines[-2]
    told = [i for i, line in enumerate(lines) if line.startswith(_PREFIX)]
    return " ".join(lines[told[-1] :]).removeprefix(_PREFIX) if told else lines[-1]


if __name__ == "__main__":
    main()
