"""Every candidate once, at full effort, beginning with its parent's weights."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import ClassVar

from nasray.core.errors import require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy


@dataclass(kw_only=True)
class Inheriting:
    """A slot is a candidate, as under ``never_stop``, and begins with its first remembered parent's weights.

    Inherited weights as in Real et al. 2017, "Large-Scale Evolution of Image Classifiers", section 3.4,
    https://arxiv.org/abs/1703.01041: whatever fits is copied, the rest begins afresh. Remembered are the latest
    measured candidates and the best one, so that an elite is not forgotten.

    Args:
        strategy: Who proposes, and names the parents of each.
        remembered: How many of the latest measured candidates may be inherited from; twice the population of a
            generational strategy is enough for all parents.
    """

    needs_weights: ClassVar[bool] = True
    strategy: Strategy
    remembered: int
    _latest: list[int] = field(init=False, default_factory=list[int])
    _best: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _heirs: dict[int, int] = field(init=False, default_factory=dict[int, int])

    def __post_init__(self) -> None:
        """Refuse to forget everybody."""
        require(
            self.remembered >= 1,
            f"inheriting remembered ({self.remembered}) must be at least 1, or nobody inherits: use "
            "scheduler=never_stop for that",
        )

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """What the strategy proposes, with heritage."""
        known = self._remembered()
        made = [one._replace(inherits=_first(one.parents, known)) for one in self.strategy.ask(slots, streams)]
        self._note_heirs(made)
        return made

    def tell(self, outcome: Outcome) -> None:
        """Whoever was measured may be inherited from."""
        self._note(outcome)
        self.strategy.tell(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Remember again; the strategy restores itself, and pays no attention to heritage."""
        for event in history:
            if isinstance(event, Outcome):
                self._note(event)
            else:
                self._note_heirs([event])
        self.strategy.restore(history)

    def live(self) -> Set[int]:
        """Who may be inherited from, and the parents of those that are being trained."""
        return self._remembered() | set(self._heirs.values())

    def _remembered(self) -> set[int]:
        return {*self._latest, *(one.proposal.slot for one in self._best)}

    def _note(self, outcome: Outcome) -> None:
        self._heirs.pop(outcome.proposal.slot, None)
        if isinstance(outcome.result, Measurement):
            self._latest = [*self._latest, outcome.proposal.slot][-self.remembered :]
            self._best = [max([*self._best, outcome], key=lambda one: one.value)]

    def _note_heirs(self, proposals: Sequence[Proposal]) -> None:
        self._heirs |= {one.slot: one.inherits for one in proposals if one.inherits is not None}


def _first(parents: Sequence[int], known: Set[int]) -> int | None:
    """The first parent that is known."""
    return next((parent for parent in parents if parent in known), None)
