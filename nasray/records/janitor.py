"""Keeps the weights that a search may still need, and no others."""

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nasray.core.errors import RecordError
from nasray.core.measurement import Measurement, Outcome


@dataclass(kw_only=True)
class Janitor:
    """An Observer that has the weights of told slots deleted, unless they are live or the best so far.

    The best stays because its TEST is measured at the end. What was told is journaled before anything is deleted, so
    that a resumed search tells it again: the same slots are live then, what was deleted before a crash is not missed
    after it, and what was not deleted is found at the next sweep. A sweep that fails is done again with the next
    outcomes.

    Attributes:
        live: Slots whose weights may still be continued or inherited: the scheduler's.
        secure: Makes sure that what was told is in the journal: one that gathers what it writes must write it now.
        sweep: Deletes the weights of slots below a number that are not in a set.
    """

    live: Callable[[], Set[int]]
    secure: Callable[[], None]
    sweep: Callable[[int, Set[int]], None]
    _n_told: int = field(init=False, default=0)
    _best: tuple[float, float, int] | None = field(init=False, default=None)

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """Sweep."""
        for outcome in outcomes:
            self._n_told = outcome.proposal.slot + 1
            if isinstance(outcome.result, Measurement):
                found = (-outcome.rung, -outcome.value, outcome.proposal.slot)
                self._best = found if self._best is None else min(self._best, found)
        self._sweep()

    def close(self, summary: Mapping[str, Any]) -> None:  # noqa: ARG002 - an Observer
        """Sweep once more: random controls that were trained beside the winner are kept under slots of their own."""
        self._sweep()

    def _sweep(self) -> None:
        winner = set[int]() if self._best is None else {self._best[2]}
        with suppress(RecordError, OSError):  # an Observer must not raise; the next sweep finds it
            self.secure()
            self.sweep(self._n_told, self.live() | winner)
