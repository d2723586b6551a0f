"""Aging evolution: the parent is the best of a few, the oldest dies."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nasray.core.errors import require
from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace


@dataclass(kw_only=True)
class RegularizedEvolution:
    """Regularized evolution.

    Real, Aggarwal, Huang and Le 2019, "Regularized Evolution for Image Classifier Architecture Search",
    Algorithm 1, https://arxiv.org/abs/1802.01548.

    Departures from the paper:
        - Several candidates are in flight: slot t sees the outcomes up to t - width, as everywhere in nasray; with
          width 1 this is Algorithm 1.
        - A Failure joins the population as minus infinity, so that it ages and dies like any other.

    Args:
        space: Where to sample and mutate.
        population_size: P, how many of the latest outcomes may be parents.
        tournament_size: S, how many are drawn (with replacement) to find the parent.
    """

    space: SearchSpace
    population_size: int
    tournament_size: int
    _population: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _values: list[float] = field(init=False, default_factory=list[float])
    _told: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Refuse a population that cannot evolve."""
        require(
            self.population_size >= 2,
            f"population_size ({self.population_size}) must be at least 2: one architecture leaves nothing to select",
        )
        require(
            1 <= self.tournament_size <= self.population_size,
            f"tournament_size ({self.tournament_size}) must be between 1 and population_size ({self.population_size})",
        )

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Samples until P outcomes are told, then mutations of tournament winners."""
        if len(self._population) < self.population_size:
            return [Proposal(slot, self.space.sample(streams.at(slot))) for slot in slots]
        return [self._offspring(slot, streams) for slot in slots]

    def _offspring(self, slot: int, streams: Streams) -> Proposal:
        rng, size, values = streams.at(slot), self.population_size, self._values
        winner = -1
        for u in rng.random(self.tournament_size).tolist():
            drawn = int(u * size)
            if winner < 0 or values[drawn] > values[winner]:
                winner = drawn
        parent = self._population[winner].proposal
        return Proposal(slot, self.space.mutate(parent.architecture, rng), "mutation", (parent.slot,))

    def tell(self, outcome: Outcome) -> None:
        """The newcomer takes the place of the oldest."""
        if len(self._population) < self.population_size:
            self._population.append(outcome)
            self._values.append(outcome.value)
        else:
            oldest = self._told % self.population_size
            self._population[oldest] = outcome
            self._values[oldest] = outcome.value
        self._told += 1

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Tell the outcomes again."""
        for event in history:
            if isinstance(event, Outcome):
                self.tell(event)
