"""Who decides what to evaluate next."""

from collections.abc import Sequence
from typing import Protocol

from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


class Strategy(Protocol):
    """A search method, driven by the one loop in ``search``.

    Lifecycle, for width W::

        ask(slots 0..W-1)      state: nothing told
        tell(outcome 0)        as soon as slot 0 is known, whatever else is
        ask(slots W..W)        state includes outcome 0, and no other
        tell(outcome 1) …

    Asks and tells alternate in this order on one worker or on 64, so a strategy that draws only from ``streams``
    walks the same path everywhere. Both calls may block (a model may be asked), neither may change a Proposal.
    """

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Proposals for a prefix of ``slots``, in order.

        Fewer than ``slots`` means: ask me again after the next tell (a generational strategy waits for its
        generation). None at all while nothing is in flight means: the space is exhausted, end the search.
        """
        ...

    def tell(self, outcome: Outcome) -> None:
        """The next outcome, in slot order. A Failure is told too."""
        ...

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Become the strategy that asked and was told ``history``, without calling a model.

        Called once, before any ask. ``history`` holds proposals and outcomes in the order in which they happened.
        """
        ...
