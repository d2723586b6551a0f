"""Evolution towards a front of several objectives: generation by generation, rank before crowding."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.objective import Constraint, Objective
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import Crossable, SearchSpace, need
from nasray.strategies.feasibility import check_compatible, violation_of

MOST_TRIES = 20
"""How often a child that is a twin is mutated again before it is let through."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A survivor and what it competes with: a smaller key wins.

    Attributes:
        outcome: The candidate.
        key: ``(total violation, front, -crowding distance)``.
    """

    outcome: Outcome
    key: tuple[float, int, float]


@dataclass(kw_only=True)
class Nsga2:
    """NSGA-II.

    Deb, Pratap, Agarwal and Meyarivan 2002, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II",
    https://doi.org/10.1109/4235.996017, with the constrained domination of its section VI. Sorting and crowding are
    pymoo's (Blank and Deb 2020, https://doi.org/10.1109/ACCESS.2020.2990567), the variation is the space's.

    Departures from the paper:
        - Violations are relative to their bounds before they are added up.
        - A child that is in the population, or was proposed in this generation already, is mutated again: on a
          deterministic table a twin is an evaluation wasted.
        - Ties in rank and crowding are broken by age, the older first, rather than at random.
        - A Failure is the most infeasible candidate there is.
        - With more slots than one generation the strategy waits: it proposes nothing until a generation is known.

    Args:
        space: Where to sample, mutate and recombine; needs Crossable.
        population_size: N, candidates of a generation and survivors of two.
        objectives: What is traded off, at least two.
        constraints: What candidates should keep; may be empty.
        crossover_probability: That a child has two parents rather than one.
        mutation_probability: That a child is mutated.
        reference: The corner that hypervolumes are measured from, one number an objective in its own unit; None is the
            worst that the run measured. It steers nothing, and makes runs comparable.
    """

    space: SearchSpace
    population_size: int
    objectives: Sequence[Objective]
    constraints: Sequence[Constraint]
    crossover_probability: float
    mutation_probability: float
    reference: Sequence[float] | None
    _parents: list[Ranked] = field(init=False, default_factory=list[Ranked])
    _told: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _taken: set[Architecture] = field(init=False, default_factory=set[Architecture])
    _generation: int = field(init=False, default=0)
    _sorting: Any = field(init=False, repr=False)
    _crowding: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot evolve or be traded off.

        Raises:
            CapabilityError: The space has no crossover.
            ConfigError: An impossible value, or constraints that contradict each other.
        """
        self._crossover = need(self.space, Crossable, "Nsga2").crossover
        require(
            self.population_size >= 2,
            f"Nsga2 population_size ({self.population_size}) must be at least 2: a child has two parents",
        )
        columns = [objective.column for objective in self.objectives]
        require(
            len(columns) >= 2,
            f"Nsga2 objectives ({', '.join(columns) or 'none'}) must be at least 2: for one choose another strategy",
        )
        require(
            len(set(columns)) == len(columns),
            f"Nsga2 objectives ({', '.join(columns)}) must be of different columns: name each once",
        )
        for name in ("crossover_probability", "mutation_probability"):
            require(0 <= getattr(self, name) <= 1, f"Nsga2 {name} ({getattr(self, name)}) must be between 0 and 1")
        require(
            self.reference is None or len(self.reference) == len(columns),
            f"Nsga2 reference ({self.reference}) needs {len(columns)} numbers, one an objective; or null",
        )
        check_compatible(self.constraints, "Nsga2")
        self._import_pymoo()

    def _import_pymoo(self) -> None:
        """Half a second that other strategies need not spend."""
        from pymoo.operators.survival.rank_and_crowding.metrics import get_crowding_function
        from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

        self._sorting, self._crowding = NonDominatedSorting(), get_crowding_function("cd")

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """The rest of this generation, as far as it was asked for; nothing while the last one is not known."""
        n, first = self.population_size, slots.start // self.population_size
        if first > self._generation:
            return []
        asked: list[Proposal] = []
        for slot in slots[: (first + 1) * n - slots.start]:
            proposal = self._child(slot, streams) if self._generation else self._sample(slot, streams)
            self._taken.add(proposal.architecture)
            asked.append(proposal)
        return asked

    def tell(self, outcome: Outcome) -> None:
        """Collect a generation; when it is whole, select among it and its parents.

        Raises:
            CapabilityError: The evaluator does not measure a column that is an objective or constrained.
        """
        if isinstance(outcome.result, Measurement):
            for objective in self.objectives:
                objective.loss(outcome.result)
        violation_of(outcome, self.constraints)
        self._told.append(outcome)
        if len(self._told) == self.population_size:
            candidates = [ranked.outcome for ranked in self._parents] + self._told
            self._parents = self._survivors(candidates)
            self._told, self._taken = [], {ranked.outcome.proposal.architecture for ranked in self._parents}
            self._generation += 1

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Tell the outcomes again; remember what was proposed since the last selection."""
        for event in history:
            if isinstance(event, Outcome):
                self.tell(event)
            else:
                self._taken.add(event.raw or event.architecture)

    def _sample(self, slot: int, streams: Streams) -> Proposal:
        return Proposal(slot, self.space.sample(streams.at(slot)))

    def _child(self, slot: int, streams: Streams) -> Proposal:
        """Two tournaments, crossover, mutation."""
        rng = streams.at(slot)
        first = self._tournament(rng)
        child, parents, operation = first.proposal.architecture, (first.proposal.slot,), "copy"
        if rng.random() < self.crossover_probability:
            second = self._tournament(rng)
            child = self._crossover(child, second.proposal.architecture, rng)
            parents, operation = (first.proposal.slot, second.proposal.slot), "crossover"
        if rng.random() < self.mutation_probability:
            child = self.space.mutate(child, rng)
            operation = "mutation" if operation == "copy" else "crossover and mutation"
        for _ in range(MOST_TRIES):
            if child not in self._taken:
                break
            child = self.space.mutate(child, rng)
        return Proposal(slot, child, operation, parents)

    def _tournament(self, rng: np.random.Generator) -> Outcome:
        """The better of two drawn with replacement; the first of two equals."""
        n = len(self._parents)
        one, other = (self._parents[int(draw * n)] for draw in rng.random(2).tolist())
        return (other if other.key < one.key else one).outcome

    def _survivors(self, candidates: Sequence[Outcome]) -> list[Ranked]:
        """The best N by violation, front and crowding; crowding is that among the candidates of the same front."""
        ranked: list[Ranked] = []
        losses, outcomes, infeasible = [], [], []
        for outcome in candidates:
            violation = violation_of(outcome, self.constraints)
            if violation == 0 and isinstance(outcome.result, Measurement):
                losses.append([objective.loss(outcome.result) for objective in self.objectives])
                outcomes.append(outcome)
            else:
                infeasible.append(Ranked(outcome, (violation, 0, 0.0)))
        if outcomes:
            points = np.array(losses)
            for rank, front in enumerate(self._sorting.do(points, n_stop_if_ranked=self.population_size)):
                distances = self._crowding.do(points[front])
                ranked += [
                    Ranked(outcomes[index], (0.0, rank, -float(distance)))
                    for index, distance in zip(front.tolist(), distances.tolist(), strict=True)
                ]
        ranked.sort(key=lambda one: (*one.key, one.outcome.proposal.slot))
        infeasible.sort(key=lambda one: (*one.key, one.outcome.proposal.slot))
        return [*ranked, *infeasible][: self.population_size]
