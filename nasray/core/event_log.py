"""Where a search writes down what it asked and what arrived."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from nasray.core.measurement import Result
from nasray.core.proposal import Proposal


@dataclass(slots=True)
class Past:
    """What a journal remembers of a search.

    Attributes:
        asks: ``(told, proposals)`` of every ask, in order: the proposals, and how many outcomes had been told.
        results: Slot -> what came of it, told or not.
        stopped: Why the search stopped asking before its budget was used up; empty if it did not.
        wall_seconds: Time spent by earlier processes.
    """

    asks: list[tuple[int, list[Proposal]]] = field(default_factory=list[tuple[int, list[Proposal]]])
    results: dict[int, Result] = field(default_factory=dict[int, Result])
    stopped: str = ""
    wall_seconds: float = 0.0

    @property
    def n_told(self) -> int:
        """How many outcomes were told: the slots from 0 on whose results arrived without a gap."""
        return next(slot for slot in count() if slot not in self.results)


class EventLog(Protocol):
    """An append-only record. The search calls ``commit`` before it acts on what it wrote."""

    def asked(self, told: int, proposals: Sequence[Proposal]) -> None:
        """Proposals that a strategy made when ``told`` outcomes had been told."""
        ...

    def arrived(self, slots: Sequence[int], results: Sequence[Result], wall_seconds: float) -> None:
        """Results as they come in; ``wall_seconds`` since the search began."""
        ...

    def stopped(self, reason: str) -> None:
        """The search asks no more, although its budget is not used up."""
        ...

    def commit(self, *, durable: bool) -> None:
        """Hand what was written to the operating system; with ``durable``, to the disk."""
        ...


class NoLog:
    """Remembers nothing: for studies whose every search is recomputed in a second."""

    def asked(self, told: int, proposals: Sequence[Proposal]) -> None:
        """Forget."""

    def arrived(self, slots: Sequence[int], results: Sequence[Result], wall_seconds: float) -> None:
        """Forget."""

    def stopped(self, reason: str) -> None:
        """Forget."""

    def commit(self, *, durable: bool) -> None:
        """Nothing to keep."""
