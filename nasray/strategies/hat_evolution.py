"""Evolution whose fitness comes from a ladder: predicted while that is good enough, measured in earnest afterwards."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.measurement import Outcome
from nasray.core.objective import Constraint
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import Crossable, SearchSpace, need
from nasray.strategies.feasibility import check_compatible
from nasray.strategies.ladder import Ladder, Rung
from nasray.strategies.measured_rung import MeasuredRung
from nasray.strategies.predicted_limit import PredictedLimit
from nasray.strategies.predicted_rung import PredictedRung
from nasray.strategies.switch import Switch
from nasray.strategies.variation import resampled

NOTE = "hat_evolution"
"""The key of this strategy's facts among a proposal's notes."""

MOST_DRAWS = 1_000
"""Random members, or children, that are drawn for one that keeps the limits."""


class Individual(NamedTuple):
    """A member of a population, and where it came from."""

    architecture: Architecture
    operation: str
    parents: tuple[Architecture, ...] = ()


Batches = Iterator[list[Proposal]]
"""Proposals of which all must be told before the next ones can be known."""


@dataclass(kw_only=True)
class HatEvolution:
    """HAT's evolutionary search, and HS-NAS, which scores its first half by a cheap predictor.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing", section 3.3,
    https://arxiv.org/abs/2005.14187; Jawahar et al. 2023, "LLM Performance Predictors are good initializers for
    Architecture Search", section 5, https://arxiv.org/abs/2310.16712. An iteration scores a population on one rung of
    the ladder; its best are the parents, and parents, mutations and crossovers are the next population. Since all of
    it is scored on the rung of its iteration, parents are scored again at a switch, and scores of two rungs, whatever
    their unit and direction, never meet.

    An architecture is scored once a rung, so that only distinct ones take a slot. A rung whose predictor gives no
    number, or always the same, is stopped; the next one above takes its place. Unlike scheduler=predictor_switch, which
    moves any strategy once, in candidates, this is the papers' own search and may go back again.

    Departures from the papers:
        - Any space with crossover; a gene is drawn anew as a random member of the space has it.
        - Parents are distinct. In HAT's space of 4e14 members twins are rare; in a small one, copies of the best would
          soon be all parents.
        - The search measures its winner on the top rung when its last iteration was on another one. A run's best is
          the best that was measured, so with "expensive first" it need not be that winner.
        - Predictors that learn are fitted once, on random members that are measured first.

    Args:
        space: Where to sample and recombine; needs Crossable.
        rungs: Name -> rung, cheapest first; the last one is measured.
        switch: Which rung an iteration is scored on.
        parents: Best of a population that live on.
        mutations: Children of one parent in a population.
        crossovers: Children of two.
        mutation_probability: That a gene of a mutation is drawn anew.
        iterations: Populations that are scored.
        warm_up: Random members that a predictor which learns is fitted on; without effect on one that does not. With 0
            it is asked as it is.
        constraints: Bounds on measured columns: feasible beats infeasible, less violation beats more.
        limits: Name -> bound on what a predictor says; candidates beyond it are rejected.
        released_code_best: Repeat a fault of HS-NAS's code: after an iteration with a predictor, the worst parent is
            taken for the best. It changes which architecture is measured last.
    """

    space: SearchSpace
    rungs: Mapping[str, Rung]
    switch: Switch
    parents: int
    mutations: int
    crossovers: int
    mutation_probability: float
    iterations: int
    warm_up: int
    constraints: Sequence[Constraint]
    limits: Mapping[str, PredictedLimit]
    released_code_best: bool
    _told: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _batch: list[Proposal] = field(init=False, default_factory=list[Proposal])
    _batches: Batches | None = field(init=False, default=None)
    _reserved: list[Architecture] = field(init=False, default_factory=list[Architecture])
    _n_planned: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        """Refuse what cannot evolve.

        Raises:
            CapabilityError: The space has no crossover.
            ConfigError: An impossible number, constraints that contradict each other, or limits that nothing keeps.
        """
        self._crossover = need(self.space, Crossable, "HatEvolution").crossover
        for name in ("mutations", "crossovers", "warm_up"):
            require(getattr(self, name) >= 0, f"HatEvolution {name} ({getattr(self, name)}) must not be negative")
        for name in ("parents", "iterations"):
            require(getattr(self, name) >= 1, f"HatEvolution {name} ({getattr(self, name)}) must be at least 1")
        require(
            self.parents >= 2 or self.crossovers == 0,
            f"HatEvolution parents ({self.parents}) must be at least 2: a crossover has two; or set crossovers=0",
        )
        require(
            0 <= self.mutation_probability <= 1,
            f"HatEvolution mutation_probability ({self.mutation_probability}) must be between 0 and 1",
        )
        check_compatible(self.constraints, "HatEvolution")
        self._ladder = Ladder(self.rungs, self.constraints)
        if self.limits:  # a probe: limits that nothing keeps are refused now, not when the run has begun
            self._drawn(1, Streams(0, f"{NOTE}/probe").fresh(0))

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """The rest of what is to be measured before the search can go on; nothing while some of it is not told."""
        if self._batches is None:
            self._batches = self._search(streams)
        while slots.start >= self._n_planned:
            if len(self._told) < self._n_planned:
                return []
            self._batch = next(self._batches, [])
            if not self._batch:
                return []
        first = slots.start - self._batch[0].slot
        return self._batch[first : first + len(slots)]

    def tell(self, outcome: Outcome) -> None:
        """Remember it; the search goes on at the next ask."""
        self._told.append(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Remember outcomes and journaled scores: with them, the search walks the same way again at the next ask."""
        for event in history:
            if isinstance(event, Outcome):
                self._told.append(event)
            else:
                self._ladder.restore((event.notes or {}).get(NOTE, {}))

    def __deepcopy__(self, memo: object) -> "HatEvolution":
        """Refused: candidates of copies, as strategy=screened draws them, are no population.

        Raises:
            CapabilityError: Always.
        """
        raise CapabilityError(
            "HatEvolution cannot be the inner strategy of Screened: it has a ladder of its own; choose "
            "strategy=hat_evolution alone"
        )

    def _search(self, streams: Streams) -> Batches:
        """The whole search, from the first population to the winner."""
        draws = Streams(streams.seed, f"{streams.part}/{NOTE}")
        reserved = yield from self._begin(draws.fresh(0))
        population = [Individual(one, "random") for one in self._drawn(self._size, draws.fresh(1))]
        number, best = 0, list[Individual]()
        for iteration in range(self.iterations):
            number = self.switch.rung(self._ladder.so_far(iteration, number, reserved))
            number = yield from self._score(number, population)
            best = self._best(population, number)
            population = self._offspring(best, draws.fresh(2 + iteration))
        predicted = isinstance(self._ladder[number], PredictedRung)
        winner = best[-1 if self.released_code_best and predicted else 0]
        yield from self._measure(self._ladder.top, [winner._replace(operation="winner")])

    @property
    def _size(self) -> int:
        return self.parents + self.mutations + self.crossovers

    def _begin(self, rng: np.random.Generator) -> Generator[list[Proposal], None, Sequence[Architecture]]:
        """Measure the warm-up, for predictors that learn, and the sample that the switch reserves, on every rung."""
        ladder = self._ladder
        warm = self._drawn(self.warm_up if ladder.learns else 0, rng)
        yield from self._measure(ladder.top, [Individual(one, "warm-up") for one in warm])
        if warm:
            ladder.teach(self._told[: self._n_planned])
        reserved = self._drawn(self.switch.reserved, rng)
        for number in range(ladder.top + 1 if reserved else 0):
            if isinstance(ladder[number], PredictedRung):
                ladder.predict(number, reserved)
            else:
                yield from self._measure(number, [Individual(one, "reserved") for one in reserved])
        return reserved

    def _score(self, number: int, population: Sequence[Individual]) -> Generator[list[Proposal], None, int]:
        """Score on a rung, or on the next one above that is not stopped; its number."""
        while isinstance(self._ladder[number], PredictedRung):
            if self._ladder.predict(number, [one.architecture for one in population]):
                return number
            number += 1
        yield from self._measure(number, population)
        return number

    def _measure(self, number: int, population: Sequence[Individual]) -> Batches:
        """Propose those that were not measured on a rung, each once; then take down what came of them."""
        rung, unknown = self._ladder[number], self._ladder.unknown(number, [one.architecture for one in population])
        if not unknown:
            return
        assert isinstance(rung, MeasuredRung)
        made = {one.architecture: one for one in reversed(population)}
        notes, first = self._ladder.notes(), self._n_planned
        batch = [
            self._proposal(slot, made[one], rung, notes if slot == first else {})
            for slot, one in enumerate(unknown, first)
        ]
        self._n_planned += len(batch)
        yield batch
        for planned in batch:
            told = self._told[planned.slot]
            require(
                (told.proposal.raw or told.proposal.architecture) == planned.architecture,
                f"HatEvolution was told of another architecture than it asked for in slot {planned.slot}: its "
                "populations cannot be shared; choose strategy=hat_evolution alone",
                CapabilityError,
            )
            self._ladder.measured(number, planned.architecture, told)

    def _proposal(self, slot: int, made: Individual, rung: MeasuredRung, notes: Mapping[str, Any]) -> Proposal:
        score = self._ladder.predicted(made.architecture)
        facts = dict(notes) if score is None else {**notes, "score": score}
        slots = self._ladder.slot_of
        return Proposal(
            slot,
            made.architecture,
            made.operation,
            tuple([slots[one] for one in made.parents if one in slots]),
            rung.fidelity(),
            notes={NOTE: facts} if facts else None,
        )

    def _best(self, population: Sequence[Individual], number: int) -> list[Individual]:
        """The next parents, best first; equals in the order of the population, where the last of twins counts."""
        distinct = [*{one.architecture: one for one in reversed(population)}.values()][::-1]
        return sorted(distinct, key=lambda one: self._ladder.place(number, one.architecture))[: self.parents]

    def _offspring(self, best: Sequence[Individual], rng: np.random.Generator) -> list[Individual]:
        """The parents, then mutations, then crossovers of two different ones."""
        known = [one.architecture for one in best]

        def mutation() -> Individual:
            parent = known[int(rng.random() * len(known))]
            return Individual(resampled(self.space, parent, self.mutation_probability, rng), "mutation", (parent,))

        def crossover() -> Individual:
            if len(known) == 1:
                return mutation()
            first, second = (int(draw * n) for draw, n in zip(rng.random(2), (len(known), len(known) - 1), strict=True))
            one, other = known[first], known[second + (second >= first)]
            return Individual(self._crossover(one, other, rng), "crossover", (one, other))

        made = [Individual(one, "parent", (one,)) for one in known]
        for variation, n in ((mutation, self.mutations), (crossover, self.crossovers)):
            made += [self._within_limits(variation) for _ in range(n)]
        return made

    def _within_limits(self, variation: Callable[[], Individual]) -> Individual:
        """The first child that keeps the limits; its parent, which does, where none is found."""
        for _ in range(MOST_DRAWS):
            child = variation()
            if all(limit.kept([child.architecture])[0] for limit in self.limits.values()):
                return child
        return Individual(child.parents[0], "parent", child.parents[:1])

    def _drawn(self, n: int, rng: np.random.Generator) -> list[Architecture]:
        """Random members within the limits.

        Raises:
            ConfigError: Of so many in a row none keeps them.
        """
        found: list[Architecture] = []
        while len(found) < n:
            drawn = [self.space.sample(rng) for _ in range(MOST_DRAWS if self.limits else n - len(found))]
            kept = np.ones(len(drawn), bool)
            for limit in self.limits.values():
                kept &= limit.kept(drawn)
            if not kept.any():
                raise min(self.limits.values(), key=lambda limit: sum(limit.kept(drawn))).impossible(drawn)
            found += [one for one, keeps in zip(drawn, kept, strict=True) if keeps]
        return found[:n]
