"""A pool of runner processes that outlive their jobs, and a sweep that outlives its runners."""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import cast

from nasray.app.sweep_task import LOST, Ended, Task

_MODULE = "nasray.app.sweep_runner"
_PATIENCE_SECONDS = 10.0


class Runner:
    """One process, and what it was given to do.

    Args:
        log: Where the process says what no search says.
        sharing: How many searches share the cluster.
    """

    def __init__(self, log: Path, sharing: int) -> None:
        """Start it."""
        self.line, theirs = Pipe()
        self.given: deque[Task] = deque()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _MODULE, str(theirs.fileno()), str(sharing)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                pass_fds=[theirs.fileno()],
            )
        theirs.close()

    def give(self, task: Task) -> bool:
        """Hand out a task; False if the process is dead, which then has nothing to do with it."""
        if self._process.poll() is not None:
            return False
        try:
            self.line.send(task)
        except OSError:  # it died in between
            return False
        self.given.append(task)
        return True

    def answer(self) -> Ended | None:
        """What came of the oldest task; None when the process is dead."""
        try:
            ended: Ended = self.line.recv()
        except (EOFError, OSError):
            return None
        self.given.popleft()
        return ended

    def dismiss(self) -> None:
        """Let the process end when it has done what it was given."""
        with suppress(OSError):  # it is dead already
            self.line.send(None)

    def ended(self) -> int:
        """Cut the line, which ends the process at once unless it was dismissed; how it ended."""
        if self.given:
            self.line.close()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.line.close()
        return self._process.returncode


class Pool:
    """Runs tasks in at most ``size`` processes, which are started when they are needed and kept.

    Args:
        size: Tasks at once.
        log: As for a Runner.
    """

    def __init__(self, size: int, log: Path) -> None:
        """Start nothing yet."""
        self.size, self._log = size, log
        self._runners: list[Runner] = []

    def run(self, tasks: deque[Task]) -> Iterator[Ended]:
        """What came of each task, as it comes; tasks may be added while this goes on.

        A task that takes its process down is answered by LOST; tasks that waited behind it are given to another.
        """
        while True:
            self._hand_out(tasks)
            busy = {runner.line: runner for runner in self._runners if runner.given}
            if not busy:
                return
            for line in wait(list(busy)):
                runner = busy[cast(Connection, line)]
                ended = runner.answer()
                yield ended if ended else self._buried(runner, tasks)

    def close(self) -> None:
        """End all processes; those that are at work are cut short."""
        for runner in self._runners:
            if not runner.given:
                runner.dismiss()
        for runner in self._runners:
            runner.ended()
        self._runners.clear()

    def _hand_out(self, tasks: deque[Task]) -> None:
        """One task for each process, then one ahead where a task takes milliseconds.

        A process that died while it had nothing to do is replaced: no task can be blamed for it.
        """
        for runner in [one for one in self._runners if not one.given]:
            self._offer(runner, tasks)
        while tasks and len(self._runners) < self.size:
            self._runners.append(Runner(self._log, self.size))
            self._offer(self._runners[-1], tasks)
        for runner in self._runners:
            if tasks and tasks[0].shared and len(runner.given) == 1 and runner.give(tasks[0]):
                tasks.popleft()

    def _offer(self, runner: Runner, tasks: deque[Task]) -> None:
        """The next task for a runner that has none; one that is dead goes without it."""
        if not tasks:
            return
        if runner.give(tasks[0]):
            tasks.popleft()
        else:
            self._runners.remove(runner)
            runner.ended()

    def _buried(self, runner: Runner, tasks: deque[Task]) -> Ended:
        self._runners.remove(runner)
        code = runner.ended()
        lost = runner.given.popleft()
        tasks.extendleft(reversed(runner.given))
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return Ended(lost.identity, LOST, f"the process that ran it died ({how}); see {self._log}", None, False)
