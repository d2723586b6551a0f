"""What the driver wants a worker to do."""

from collections.abc import Callable
from typing import Any, NamedTuple

from nasray.core.proposal import Proposal

Work = tuple[Proposal, ...] | Callable[[], Any]
"""Proposals to evaluate, or something to call."""


class Order(NamedTuple):
    """A piece of work on the desk, packed: the desk need not import what it passes on.

    Attributes:
        number: Told apart by it from all others of its desk.
        shift: Number of the search that it belongs to.
        candidates: It may take the time of so many candidates.
        limit_seconds: Longest time for one candidate; None for no limit.
        work: A pickled ``Work``.
    """

    number: int
    shift: int
    candidates: int
    limit_seconds: float | None
    work: bytes

    @property
    def seconds(self) -> float | None:
        """The longest time that it may take; None for no limit."""
        return None if self.limit_seconds is None else self.candidates * self.limit_seconds
