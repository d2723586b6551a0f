"""Evolution of trained candidates: survivors train longer, offspring begin with their parents' weights."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import ClassVar

from nasray.core.errors import require
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.schedulers.brackets import Brackets, check_rungs
from nasray.schedulers.candidates import Candidates


@dataclass(kw_only=True)
class Evolution:
    """Generations with a short and a long training.

    A generation of P candidates is trained for the short budget; its best k go on to the long one; then the strategy
    is told all P, and proposes the next generation. An offspring whose parent is a survivor of one of the latest
    generations begins with that parent's weights as far as they fit (of several, the first); every other candidate
    begins with fresh ones. Inherited weights as in Real et al. 2017, "Large-Scale Evolution of Image Classifiers",
    section 3.4, https://arxiv.org/abs/1703.01041.

    A generation waits for the one before: the price of offspring that know all their parents. When the strategy gives
    fewer than P candidates and waits itself, the generation is settled with those.

    Args:
        strategy: Who proposes candidates, and names the parents of each.
        generation_size: P.
        survivors: k, how many of a generation go on.
        short_epochs: The first rung.
        long_epochs: The second rung.
        remembered_generations: Survivors of so many latest generations may be inherited from; k times as many
            trained states are kept.
    """

    needs_weights: ClassVar[bool] = True
    strategy: Strategy
    generation_size: int
    survivors: int
    short_epochs: int
    long_epochs: int
    remembered_generations: int

    def __post_init__(self) -> None:
        """Refuse a generation without selection."""
        check_rungs(self.rungs, "evolution (short_epochs, long_epochs as)")
        require(
            1 <= self.survivors < self.generation_size,
            f"evolution survivors ({self.survivors}) must be at least 1 and below generation_size "
            f"({self.generation_size}): without losers there is no selection",
        )
        require(
            self.remembered_generations >= 1,
            f"evolution remembered_generations ({self.remembered_generations}) must be at least 1, or nobody inherits",
        )
        self._candidates = Candidates(self.strategy)
        self._generations = Brackets(self._candidates, self.rungs, self.generation_size, lambda _: self.survivors)
        self._heritage: dict[int, dict[int, int]] = {}

    @property
    def rungs(self) -> tuple[int, int]:
        """Epochs of each rung."""
        return self.short_epochs, self.long_epochs

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Survivors first, then the rest of the generation; nobody of the next before this one is settled."""
        asked = self._ask(slots, streams)
        if not asked and not self._candidates.n_open and self._generations.close():
            return self._ask(slots, streams)
        return asked

    def tell(self, outcome: Outcome) -> None:
        """Settle the generation when it is complete; a survivor at its long budget may be inherited from."""
        candidate = self._candidates.candidate_of(outcome.proposal.slot)
        generation, level = self._generations.tell(outcome)
        if level == 1 and isinstance(outcome.result, Measurement):
            self._heritage.setdefault(generation, {})[candidate] = outcome.proposal.slot
            while len(self._heritage) > self.remembered_generations:
                del self._heritage[min(self._heritage)]

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Live through it again."""
        self._candidates.restore(history, self.tell, self._generations.close)

    def live(self) -> Set[int]:
        """Who may go on, and who may be inherited from."""
        return self._candidates.live() | {slot for one in self._heritage.values() for slot in one.values()}

    def _ask(self, slots: range, streams: Streams) -> list[Proposal]:
        seats = self._generations.n_seats
        if seats == 0 and self._candidates.n_undecided == 0:
            seats = self.generation_size
        return self._candidates.ask(slots, streams, Fidelity(self.short_epochs), room=seats, heir=self._heir)

    def _heir(self, parents: Sequence[int]) -> int | None:
        """The slot of the first parent that is remembered."""
        found = [one[parent] for parent in parents for one in self._heritage.values() if parent in one]
        return found[0] if found else None
