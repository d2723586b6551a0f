"""Who decides what training candidates do at each rung."""

from collections.abc import Set
from typing import ClassVar, Protocol

from nasray.core.strategy import Strategy


class Scheduler(Strategy, Protocol):
    """A policy between a strategy and the search: stop, promote, or begin from a parent's weights.

    It is a Strategy around a strategy. A slot is a candidate at one rung: a promotion is a new slot that ``continues``
    an earlier one at a higher Fidelity, a stop is a promotion that never comes, an offspring ``inherits`` a parent's
    weights. So a policy sees told slots and complete rungs only, in slot order, and cannot depend on who finished
    first; journal, resume and the executors know nothing of it. The inner strategy counts candidates, not slots, and is
    told each candidate once, at the highest rung it reached.

    Attributes:
        needs_weights: Whether its slots continue or inherit trainings, so that trained weights must be kept.
    """

    needs_weights: ClassVar[bool]

    def live(self) -> Set[int]:
        """Slots whose weights may still be continued or inherited; those of all other told slots may be deleted."""
        ...
