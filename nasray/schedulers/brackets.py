"""Candidates that are compared with each other: rung by rung, all of a rung at once."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from nasray.core.errors import require
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Measurement, Outcome
from nasray.schedulers.candidates import Candidates


def check_rungs(rungs: Sequence[int], who: str) -> None:
    """Refuse rungs that cannot be climbed.

    Raises:
        ConfigError: There are fewer than two, or one is not above the one before it.
    """
    climbs = all(low < high for low, high in pairwise(rungs))
    require(
        len(rungs) >= 2 and rungs[0] >= 1 and climbs,
        f"{who} rungs ({list(rungs)}) must be at least two numbers of epochs, each above the one before, "
        "e.g. [1, 2, 4]; for a single rung use scheduler=never_stop",
    )


class _Bracket:
    """The candidates ``first`` to ``last - 1``, and what was told of them on each rung."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.told: list[list[Outcome]] = [[]]
        self.n_promoted: list[int] = []

    def complete(self, level: int) -> bool:
        """Whether everybody who got to this rung has been told."""
        size = self.n_promoted[level - 1] if level else self.last - self.first
        return len(self.told[level]) == size


class Brackets:
    """Cuts the candidates into brackets, in their order, and settles each rung of a bracket when it is complete.

    A Failure is never promoted: its end is decided at once. Of a complete rung the best go on, best first; among
    equals the lower slot. Which outcome arrived first does not matter, for outcomes are told in slot order.

    Args:
        candidates: Whose candidates.
        rungs: Epochs of each rung.
        size: Candidates of a bracket.
        n_survivors: From the number of candidates told on a rung to how many go on, at least 1.
    """

    def __init__(
        self, candidates: Candidates, rungs: Sequence[int], size: int, n_survivors: Callable[[int], int]
    ) -> None:
        self._candidates, self._size, self._n_survivors = candidates, size, n_survivors
        self._rungs = [Fidelity(epochs) for epochs in rungs]
        self._brackets = [_Bracket(0, size)]

    @property
    def n_seats(self) -> int:
        """How many candidates the bracket being filled still takes; 0 when it is full."""
        return max(0, self._brackets[-1].last - self._candidates.n_begun)

    def tell(self, outcome: Outcome) -> tuple[int, int]:
        """Settle what can be settled.

        Returns:
            The number of the bracket, and the rung, from 0.
        """
        candidate, level = self._candidates.told(outcome)
        number = self._number_of(candidate)
        bracket = self._brackets[number]
        if level + 1 == len(self._rungs) or not isinstance(outcome.result, Measurement):
            self._candidates.decide(outcome)
        bracket.told[level].append(outcome)
        self._settle_if_complete(bracket, level)
        return number, level

    def close(self) -> bool:
        """Settle a bracket that gets no more candidates; False if there is none that waits for some."""
        bracket, begun = self._brackets[-1], self._candidates.n_begun
        measured = any(isinstance(outcome.result, Measurement) for outcome in bracket.told[0])
        if not measured or not bracket.first < begun < bracket.last:
            return False
        bracket.last = begun
        self._settle_if_complete(bracket, 0)
        return True

    def _number_of(self, candidate: int) -> int:
        while self._brackets[-1].last <= candidate:
            first = self._brackets[-1].last
            self._brackets.append(_Bracket(first, first + self._size))
        number = len(self._brackets) - 1
        while self._brackets[number].first > candidate:
            number -= 1
        return number

    def _settle_if_complete(self, bracket: _Bracket, level: int) -> None:
        if level + 1 == len(self._rungs) or not bracket.complete(level):
            return
        told = bracket.told[level]
        measured = [outcome for outcome in told if isinstance(outcome.result, Measurement)]
        measured.sort(key=lambda outcome: (-outcome.value, outcome.proposal.slot))
        n = min(len(measured), self._n_survivors(len(told)))
        for outcome in measured[:n]:
            self._candidates.promote(outcome, self._rungs[level + 1])
        for outcome in measured[n:]:
            self._candidates.decide(outcome)
        bracket.n_promoted.append(n)
        bracket.told.append([])
