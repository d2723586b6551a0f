"""Successive halving: many begin, the best part of each rung goes on."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import ClassVar

from nasray.core.errors import require
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.schedulers.brackets import Brackets, check_rungs
from nasray.schedulers.candidates import Candidates


@dataclass(kw_only=True)
class SuccessiveHalving:
    """Successive halving, bracket after bracket.

    Jamieson and Talwalkar 2016, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", Figure 3
    (Successive Halving), https://arxiv.org/abs/1502.07943. Of n candidates on a rung the best floor(n / eta) go on.

    Departures from the paper:
        - Rungs are given in epochs instead of being derived from a total budget, and eta need not be 2.
        - Brackets follow one another until the search's budget is used up; while a rung of one is being completed, the
          next one's candidates fill the window, so that nobody is idle at the barrier.
        - A Failure counts as a candidate of its rung and never goes on. When fewer than floor(n / eta) can be
          measured, all of those go on.
        - A strategy that waits for outcomes may leave a bracket unfilled while nothing is in flight: the bracket is
          then settled with the candidates it has, and at least one goes on.

    Args:
        strategy: Who proposes candidates; told each once, at the highest rung it reached.
        rungs: Epochs of each rung.
        eta: One in eta goes on.
        bracket_size: Candidates that are compared with each other.
    """

    needs_weights: ClassVar[bool] = True
    strategy: Strategy
    rungs: Sequence[int]
    eta: int
    bracket_size: int

    def __post_init__(self) -> None:
        """Refuse a ladder whose top nobody reaches."""
        check_rungs(self.rungs, "successive_halving")
        require(self.eta >= 2, f"successive_halving eta ({self.eta}) must be at least 2: one in eta goes on")
        least = self.eta ** (len(self.rungs) - 1)
        require(
            self.bracket_size >= least,
            f"successive_halving bracket_size ({self.bracket_size}) must be at least {least} (eta to the number of "
            "rungs minus 1), or nobody reaches the last rung; raise it, or lower eta or the number of rungs",
        )
        self._candidates = Candidates(self.strategy)
        self._brackets = Brackets(self._candidates, self.rungs, self.bracket_size, lambda n: max(1, n // self.eta))

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Promotions first, then candidates of the bracket being filled."""
        asked = self._candidates.ask(slots, streams, Fidelity(self.rungs[0]))
        if not asked and not self._candidates.n_open and self._brackets.close():
            return self._candidates.ask(slots, streams, Fidelity(self.rungs[0]))
        return asked

    def tell(self, outcome: Outcome) -> None:
        """Settle the rung when it is complete."""
        self._brackets.tell(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Climb again."""
        self._candidates.restore(history, self.tell, self._brackets.close)

    def live(self) -> Set[int]:
        """The candidates that may still go on."""
        return self._candidates.live()
