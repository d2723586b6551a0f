"""No policy: every candidate is measured once, at full effort."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import ClassVar

from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy


@dataclass(kw_only=True)
class NeverStop:
    """Passes everything through: a slot is a candidate.

    Args:
        strategy: Who proposes.
    """

    needs_weights: ClassVar[bool] = False
    strategy: Strategy

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """What the strategy proposes."""
        return self.strategy.ask(slots, streams)

    def tell(self, outcome: Outcome) -> None:
        """Tell the strategy."""
        self.strategy.tell(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Restore the strategy."""
        self.strategy.restore(history)

    def live(self) -> Set[int]:
        """None: a strategy may set what continues and inherits itself, but then it needs a policy that knows."""
        return frozenset()
