"""Watches the workers from inside Tune's loop: one that is stopped is ended, a search that has none says so."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import ray
from ray.tune.experiment import Trial

EVERY_SECONDS = 1.0
GRACE_SECONDS = 30.0
"""How much longer than its limit a worker may take: it ends itself at the limit, and leaves its stack, if it can."""
PATIENCE_SECONDS = 20.0
"""How long nobody may be at work before it is said: a worker that is started again takes some seconds."""


def say(what: str) -> None:
    """Below the line of progress, where there is a terminal."""
    print(f"\nnasray: {what}" if sys.stderr.isatty() else f"nasray: {what}", file=sys.stderr, flush=True)


class WorkerWatch:
    """What the driver does about workers that never come back, and about resources that nobody has.

    A process that is stopped as a whole (SIGSTOP, a frozen machine) cannot end itself. It is killed from outside; Tune
    starts another in its place, which finds the chunk on the desk.

    Args:
        desk: Handle of the Desk.
        asked: Ray resources that a worker holds, e.g. ``{"CPU": 1.0, "GPU": 0.0}``.
        clock: Monotonic seconds.
    """

    def __init__(self, desk: Any, asked: Mapping[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        """Begin."""
        self._desk, self._asked, self._clock = desk, asked, clock
        self._overdue = desk.overdue.remote(GRACE_SECONDS)
        self._next = self._at_work = clock()
        self._since = datetime.now()
        self._waits = False

    def look(self, trials: Sequence[Trial]) -> None:
        """Look after the workers; once a second, however often it is called."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        self._end_overdue(trials)
        if any(trial.status == Trial.RUNNING for trial in trials):
            self._go_on(now)
        elif not self._waits and now - self._at_work >= PATIENCE_SECONDS:
            self._wait()

    def _end_overdue(self, trials: Sequence[Trial]) -> None:
        answered, _ = ray.wait([self._overdue], timeout=0)  # the desk of a search that begins takes seconds to come
        if not answered:
            return
        late: dict[str, float] = ray.get(self._overdue)
        self._overdue = self._desk.overdue.remote(GRACE_SECONDS)
        for trial in trials:
            actor = trial.temporary_state.ray_actor
            if trial.trial_id in late and actor is not None:
                say(
                    f"worker {trial.trial_id} is stopped or stuck: the time limit of what it holds was over "
                    f"{late[trial.trial_id]:.0f} s ago (executor.time_limit_seconds a candidate); it is killed and "
                    "replaced, and what it held is given out again"
                )
                ray.kill(actor)

    def _go_on(self, now: float) -> None:
        if self._waits:
            say("workers are at work again")
            self._desk.needs.remote("")
        self._at_work, self._since, self._waits = now, datetime.now(), False

    def _wait(self) -> None:
        there, free = ray.cluster_resources(), ray.available_resources()
        amounts = [f"{free.get(kind, 0):g} of {there.get(kind, 0):g} {kind}s" for kind in self._asked]
        asked = " and ".join(f"{amount:g} {kind}s" for kind, amount in self._asked.items())
        need = f"no worker is at work since {self._since:%Y-%m-%d %H:%M:%S}; each asks for {asked}"
        say(f"{need}, and the cluster has free {' and '.join(amounts)}; waiting until there is room, or another node")
        self._desk.needs.remote(need)
        self._waits = True
