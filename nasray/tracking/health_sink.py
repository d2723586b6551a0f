"""Adds to what is written how the hosts of a search are."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nasray.tracking.sink import Message, Sink

EVERY_SECONDS = 10.0


@dataclass(kw_only=True)
class HealthSink:
    """A ``Sink`` whose rows also say how the search's hosts are: no message more than without.

    Hosts are asked in the writer's thread, when there is something to write: one that does not answer costs the
    search nothing.

    Attributes:
        inner: Where messages go.
        health: Asks; must come back in bounded time, and must not raise.
        every_seconds: Between two questions; rows in between say nothing about hosts.
        clock: Monotonic seconds.
    """

    inner: Sink
    health: Callable[[], Mapping[str, float]]
    every_seconds: float = EVERY_SECONDS
    clock: Callable[[], float] = time.monotonic
    _ask_at: float | None = field(default=None, init=False, repr=False)

    def open(self, mode: str, overdue: Callable[[], bool]) -> str:
        """As ``inner``."""
        return self.inner.open(mode, overdue)

    def send(self, *messages: Message) -> None:
        """Write rows, the last of them with the hosts' health if it is time."""
        *others, last = messages
        if self._ask_at is None or self.clock() >= self._ask_at:
            last = {**last, "row": {**last["row"], **self.health()}}
            self._ask_at = self.clock() + self.every_seconds
        self.inner.send(*others, last)

    def finish(self, message: Message) -> bool:
        """Write the end, with how the hosts are then."""
        return self.inner.finish({**message, "summary": {**message["summary"], **self.health()}})

    def kill(self) -> None:
        """As ``inner``."""
        self.inner.kill()
