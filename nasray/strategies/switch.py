"""Which rung of a ladder an iteration is scored on: what policies are told, and what they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SoFar:
    """What a search on R rungs, cheapest first, knows before an iteration.

    Attributes:
        iteration: That will be scored, from 0.
        rung: Of the iteration before; 0 at first.
        scored: ``(R,)`` distinct architectures that were scored on each rung.
        seconds: ``(R,)`` what they cost, as journaled.
        reserved: ``(R, S)`` scores of the reserved sample, higher is better; NaN where there is none.
    """

    iteration: int
    rung: int
    scored: Sequence[int]
    seconds: Sequence[float]
    reserved: Sequence[Sequence[float]]

    @property
    def top(self) -> int:
        """The most expensive rung."""
        return len(self.scored) - 1


class Switch(Protocol):
    """A policy. What it answers depends on what it is told alone, so that a restarted search goes the same way."""

    @property
    def reserved(self) -> int:
        """S, random members that are scored on every rung before the search begins; 0 for none."""
        ...

    def rung(self, so_far: SoFar) -> int:
        """The rung of the iteration."""
        ...


def climbed(so_far: SoFar, *, due: bool, latest: int) -> int:
    """The same rung as before, or the next one where that is ``due``; the top from iteration ``latest`` on."""
    return so_far.top if so_far.iteration >= latest else min(so_far.rung + due, so_far.top)
