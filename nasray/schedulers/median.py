"""The median stopping rule: whoever is worse than the middle of those before stops."""

from bisect import insort
from collections.abc import Sequence, Set
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from nasray.core.errors import require
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.schedulers.brackets import check_rungs
from nasray.schedulers.candidates import Candidates


@dataclass(kw_only=True)
class Median:
    """The median stopping rule in slot order.

    Golovin et al. 2017, "Google Vizier: A Service for Black-Box Optimization", section 3.2.2,
    https://doi.org/10.1145/3097983.3098043. A candidate goes on to the next rung when its value is at least the median
    of the values told on this rung before it.

    Departures from the paper:
        - Decided on rungs, not at every step, and in slot order: "before it" means a lower slot of the same rung, not
          an earlier time, so that the decision does not depend on who finished first.
        - The rung's own value stands for the best so far and for the running average of the paper.
        - The first ``grace`` candidates that are measured on a rung always go on.
        - A Failure stops, and is not among the values.

    Args:
        strategy: Who proposes candidates; told each once, at the highest rung it reached.
        rungs: Epochs of each rung.
        grace: Candidates of each rung that go on whatever they score.
    """

    needs_weights: ClassVar[bool] = True
    strategy: Strategy
    rungs: Sequence[int]
    grace: int

    def __post_init__(self) -> None:
        """Refuse a rule without anything to compare with."""
        check_rungs(self.rungs, "median")
        require(self.grace >= 1, f"median grace ({self.grace}) must be at least 1: the first one has no one before it")
        self._candidates = Candidates(self.strategy)
        self._values: list[list[float]] = [[] for _ in self.rungs]

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Promotions first, then new candidates."""
        return self._candidates.ask(slots, streams, Fidelity(self.rungs[0]))

    def tell(self, outcome: Outcome) -> None:
        """Go on, or stop."""
        _, level = self._candidates.told(outcome)
        if level + 1 == len(self.rungs) or not isinstance(outcome.result, Measurement):
            self._candidates.decide(outcome)
            return
        before = self._values[level]
        goes_on = len(before) < self.grace or outcome.value >= median(before)
        insort(before, outcome.value)
        if goes_on:
            self._candidates.promote(outcome, Fidelity(self.rungs[level + 1]))
        else:
            self._candidates.decide(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Climb again."""
        self._candidates.restore(history, self.tell, lambda: False)

    def live(self) -> Set[int]:
        """The candidates that may still go on."""
        return self._candidates.live()
