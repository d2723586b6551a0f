"""A journal in memory."""

from collections.abc import Sequence

from nasray.core.event_log import Past
from nasray.core.measurement import Result
from nasray.core.proposal import Proposal


class MemoryLog:
    """An EventLog that keeps its events, so that a search can be resumed after any of them.

    Args:
        past: What an earlier log remembers.
    """

    def __init__(self, past: Past | None = None) -> None:
        """Begin with one event that stands for all of ``past``."""
        self._first = past or Past()
        self._events: list[tuple[int, list[Proposal]] | dict[int, Result] | str] = []

    @property
    def n_events(self) -> int:
        """How much has happened."""
        return len(self._events)

    def asked(self, told: int, proposals: Sequence[Proposal]) -> None:
        """Keep an ask."""
        self._events.append((told, list(proposals)))

    def arrived(self, slots: Sequence[int], results: Sequence[Result], wall_seconds: float) -> None:  # noqa: ARG002 - of no use here
        """Keep results."""
        self._events.append(dict(zip(slots, results, strict=True)))

    def stopped(self, reason: str) -> None:
        """Keep why."""
        self._events.append(reason)

    def commit(self, *, durable: bool) -> None:
        """Nothing to hand over."""

    def past(self, n_events: int | None = None) -> Past:
        """What the first ``n_events`` events say; all of them by default."""
        past = Past(list(self._first.asks), dict(self._first.results), self._first.stopped)
        for event in self._events[:n_events]:
            if isinstance(event, tuple):
                past.asks.append(event)
            elif isinstance(event, dict):
                past.results.update(event)
            else:
                past.stopped = event
        return past
