"""Evaluates what a generator proposes from the best so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.measurement import Outcome
from nasray.core.predictor import Generator
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace


@dataclass(kw_only=True)
class GeneratorSearch:
    """Random members first; then a generator is shown the best so far and proposes one architecture a slot.

    What a generator gave is in the proposal, so that a restart calls none.

    Args:
        space: Where the random members come from.
        generator: Who proposes; None is refused.
        warm_up: Outcomes before the generator is asked.
        context: How many of the best distinct architectures it is shown.

    Raises:
        CapabilityError: There is no generator.
        ConfigError: An impossible number.
    """

    space: SearchSpace
    generator: Generator | None
    warm_up: int
    context: int
    _told: int = field(init=False, default=0)
    _best: dict[Architecture, float] = field(init=False, default_factory=dict[Architecture, float])

    def __post_init__(self) -> None:
        """Refuse to search without a generator."""
        if self.generator is None:
            raise CapabilityError(
                "strategy generator_search needs a generator and got none; choose one, e.g. generator=uniform"
            )
        require(self.warm_up >= 0, f"GeneratorSearch warm_up ({self.warm_up}) must not be negative")
        require(self.context >= 1, f"GeneratorSearch context ({self.context}) must be at least 1")
        self._proposer = self.generator

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """A random member a slot during the warm-up, then what the generator makes of the best."""
        if self._told < self.warm_up:
            return [Proposal(slot, self.space.sample(streams.at(slot))) for slot in slots]
        made: list[Proposal] = []
        for slot in slots:
            (architecture,) = self._proposer.propose(list(self._best), 1, streams.fresh(slot))
            made.append(Proposal(slot, architecture, "generated"))
        return made

    def tell(self, outcome: Outcome) -> None:
        """Keep the best distinct ones, best first, the earlier first among equals; a Failure is none of them."""
        self._told += 1
        architecture = outcome.proposal.architecture
        if outcome.value > self._best.get(architecture, -math.inf):
            found = {**self._best, architecture: outcome.value}
            self._best = dict(sorted(found.items(), key=lambda one: -one[1])[: self.context])

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Hear all outcomes again."""
        for event in history:
            if isinstance(event, Outcome):
                self.tell(event)
