"""Evolution whose offspring are partly eliminated and rebuilt by a generative model."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from nasray.core.adaptable import Adaptable
from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.predictor import Rebuilder
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import Chained, Crossable, SearchSpace, need
from nasray.strategies.diversity import Diversity
from nasray.strategies.elimination import UNITS, Elimination, Unit, eliminated

NOTE = "gpt_evolution"
"""The key of this strategy's facts among a proposal's notes."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A child before its eliminated units are rebuilt.

    Attributes:
        slot: Whose child.
        child: What variation made.
        operation: How.
        parents: Slots of its parents.
        eliminated: Units to rebuild.
        rng: The rest of the slot's randomness.
    """

    slot: int
    child: Architecture
    operation: str
    parents: tuple[int, ...]
    eliminated: tuple[int, ...]
    rng: np.random.Generator


@dataclass(kw_only=True)
class GptEvolution:
    """GPT-NAS.

    Yu, Liu, Feng, Tang and Lv 2023, "GPT-NAS: Evolutionary Neural Architecture Search with the Generative Pre-Trained
    Model", Algorithm 1 and equation 3, https://arxiv.org/abs/2305.05351. The generator is whoever can rebuild: a GPT,
    or one of its controls.

    Departures from the paper, and what it leaves open:
        - The first, random generation counts among the T generations and has the rate of t = 0.
        - Elimination is per unit (block), or per layer as the paper has it: then long blocks almost always go.
        - Selection is by binary tournament; the best of the last population replace the worst children.
        - Crossover (one-point on chains) and mutation are the space's.
        - A rebuilt child becomes the genotype (Lamarck), or is only measured in its place (Baldwin).
        - A Failure is minus infinity; with more slots than a generation the strategy waits.

    What a generator gave is in the proposal, so that a restart calls none. The first proposal of each generation notes
    its rate, and how different its parents are; premature convergence is noted there, and logged as a warning when it
    begins.

    Args:
        space: Where to sample, mutate and recombine; needs Crossable and Chained.
        generator: Who rebuilds; may be None where the rate is 0.
        population_size: Candidates of a generation, and parents of the next.
        generations: T, the length of the elimination schedule; the budget ends the search.
        crossover_probability: That a child has two parents rather than one.
        mutation_probability: That a child is mutated.
        elites: Best parents that stay parents.
        elimination: The rate over the generations.
        elimination_unit: What is drawn: ``block`` (a whole unit), or ``layer`` (a unit goes if one of its layers does).
        genotype: ``lamarckian`` or ``baldwinian``.
        learn_from_best: How many of the best architectures so far the generator learns from before each generation
            but the first; None for a generator that stays as it is.
    """

    space: SearchSpace
    generator: Rebuilder | None
    population_size: int
    generations: int
    crossover_probability: float
    mutation_probability: float
    elites: int
    elimination: Elimination
    elimination_unit: Unit
    genotype: Literal["lamarckian", "baldwinian"]
    learn_from_best: int | None
    _parents: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _told: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _best: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _generation: int = field(init=False, default=0)
    _learnt_for: int = field(init=False, default=0)
    _first: Diversity | None = field(init=False, default=None)
    _alarmed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Refuse what cannot evolve or be rebuilt.

        Raises:
            CapabilityError: The space has no crossover or no units, or the generator cannot do what is asked of it.
            ConfigError: An impossible value.
        """
        self._crossover = need(self.space, Crossable, "GptEvolution").crossover
        self._layers = need(self.space, Chained, "GptEvolution").unit_layers
        n = self.population_size
        require(n >= 2, f"GptEvolution population_size ({n}) must be at least 2: a child has two parents")
        require(self.generations >= 1, f"GptEvolution generations ({self.generations}) must be at least 1")
        for name in ("crossover_probability", "mutation_probability"):
            require(
                0 <= getattr(self, name) <= 1, f"GptEvolution {name} ({getattr(self, name)}) must be between 0 and 1"
            )
        require(
            0 <= self.elites < n,
            f"GptEvolution elites ({self.elites}) must be at least 0 and below population_size ({n}): children follow",
        )
        for name, known in (("elimination_unit", UNITS), ("genotype", ("lamarckian", "baldwinian"))):
            got = getattr(self, name)
            require(got in known, f"GptEvolution {name} ({got!r}) must be one of {', '.join(known)}")
        self._check_generator()

    def _check_generator(self) -> None:
        k, name = self.learn_from_best, type(self.generator).__name__
        require(k is None or k >= 1, f"GptEvolution learn_from_best ({k}) must be at least 1, or null to learn nothing")
        if self.generator is None:
            require(
                self.elimination.rate == 0,
                f"GptEvolution eliminates at rate {self.elimination.rate} and needs a generator that rebuilds, but got "
                "none; choose one, e.g. generator=gpt, or set strategy.elimination.rate=0",
                CapabilityError,
            )
        else:
            require(
                isinstance(self.generator, Rebuilder),
                f"GptEvolution needs a generator that rebuilds, but {name} only proposes; choose another, e.g. "
                "generator=gpt",
                CapabilityError,
            )
        require(
            k is None or isinstance(self.generator, Adaptable),
            f"GptEvolution learn_from_best ({k}) needs a generator that learns, but {name} does not; choose another, "
            "e.g. generator=gpt, or set strategy.learn_from_best=null",
            CapabilityError,
        )

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """The rest of this generation, as far as it was asked for; nothing while the last one is not known."""
        n, generation = self.population_size, slots.start // self.population_size
        if generation > self._generation:
            return []
        rate = self.elimination.at(generation, self.generations)
        drafts = [self._draft(slot, rate, streams) for slot in slots[: (generation + 1) * n - slots.start]]
        self._learn(generation)
        made = self._rebuilt([one for one in drafts if one.eliminated])
        return [self._proposal(one, made.get(one.slot, one.child), rate) for one in drafts]

    def tell(self, outcome: Outcome) -> None:
        """Collect a generation; when it is whole, its best and the elites are the next parents."""
        self._told.append(outcome)
        if len(self._told) < self.population_size:
            return
        elites = sorted(self._parents, key=_place)[: self.elites]
        children = sorted(self._told, key=_place)[: self.population_size - len(elites)]
        self._parents = elites + children
        if self.learn_from_best is not None:
            self._best = _distinct(self._best + self._told)[: self.learn_from_best]
        self._first = self._first or Diversity.of([self._genotype_of(one) for one in self._parents])
        self._told = []
        self._generation += 1

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Tell the outcomes again; what was asked is told by them, and drawn by slot."""
        for event in history:
            if isinstance(event, Outcome):
                self.tell(event)

    def _draft(self, slot: int, rate: float, streams: Streams) -> _Draft:
        """Two tournaments, crossover, mutation, elimination."""
        rng = streams.fresh(slot)
        if not self._parents:
            child, operation, parents = self.space.sample(rng), "random", ()
        else:
            child, operation, parents = self._varied(rng)
        gone = eliminated(self._layers(child), rate, self.elimination_unit, rng) if rate > 0 else ()
        return _Draft(slot, child, operation, parents, gone, rng)

    def _varied(self, rng: np.random.Generator) -> tuple[Architecture, str, tuple[int, ...]]:
        first = self._tournament(rng)
        child, parents, operation = self._genotype_of(first), (first.proposal.slot,), "copy"
        if rng.random() < self.crossover_probability:
            second = self._tournament(rng)
            child = self._crossover(child, self._genotype_of(second), rng)
            parents, operation = (first.proposal.slot, second.proposal.slot), "crossover"
        if rng.random() < self.mutation_probability:
            child = self.space.mutate(child, rng)
            operation = "mutation" if operation == "copy" else "crossover and mutation"
        return child, operation, parents

    def _tournament(self, rng: np.random.Generator) -> Outcome:
        """The better of two drawn with replacement; the first of two equals."""
        n = len(self._parents)
        one, other = (self._parents[int(draw * n)] for draw in rng.random(2).tolist())
        return other if other.value > one.value else one

    def _rebuilt(self, drafts: Sequence[_Draft]) -> dict[int, Architecture]:
        """Slot -> what the generator made of its child, in one call for all."""
        if not drafts:
            return {}
        assert self.generator is not None, "nothing is eliminated at rate 0"
        children = [one.child for one in drafts]
        masks = [[unit in one.eliminated for unit in range(len(self._layers(one.child)))] for one in drafts]
        rebuilt = self.generator.rebuild(children, masks, [one.rng for one in drafts])
        return {one.slot: made for one, made in zip(drafts, rebuilt, strict=True)}

    def _proposal(self, draft: _Draft, made: Architecture, rate: float) -> Proposal:
        notes = self._generation_notes(rate) if draft.slot % self.population_size == 0 else {}
        if self.genotype == "baldwinian" and made != draft.child:
            notes["genotype"] = draft.child.to_json()
        return Proposal(
            draft.slot,
            made,
            f"{draft.operation} and rebuilding" if draft.eliminated else draft.operation,
            draft.parents,
            predicted=draft.eliminated,
            notes={NOTE: notes} if notes else None,
        )

    def _generation_notes(self, rate: float) -> dict[str, Any]:
        notes: dict[str, Any] = {"generation": self._generation, "rate": rate}
        if self._first is not None:
            diversity = Diversity.of([self._genotype_of(one) for one in self._parents])
            notes |= {"entropy_bits": diversity.entropy_bits, "distinct_share": diversity.distinct_share}
            alarm = diversity.alarm(self._first)
            if alarm is not None:
                notes["alarm"] = alarm
                if not self._alarmed:
                    logger.warning("gpt_evolution, generation %d: %s", self._generation, alarm)
            self._alarmed = alarm is not None
        if self._best:
            notes["learnt_from"] = [one.proposal.slot for one in self._best]
        return notes

    def _learn(self, generation: int) -> None:
        """Teach the generator once a generation; after a restart, too, since what it learns replaces what it knew."""
        if self._best and self._learnt_for != generation:
            assert isinstance(self.generator, Adaptable)
            self.generator.adapt([one.proposal.architecture for one in self._best])
            self._learnt_for = generation

    def _genotype_of(self, outcome: Outcome) -> Architecture:
        """What is inherited: what was measured, or under Baldwin what it was rebuilt from."""
        own = (outcome.proposal.notes or {}).get(NOTE, {})
        return Architecture.from_json(own["genotype"]) if "genotype" in own else outcome.proposal.architecture


def _place(outcome: Outcome) -> tuple[float, int]:
    """Best first, among equals the older one."""
    return -outcome.value, outcome.proposal.slot


def _distinct(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The measured ones, best first, each architecture once."""
    found: dict[Architecture, Outcome] = {}
    for one in sorted((one for one in outcomes if isinstance(one.result, Measurement)), key=_place):
        found.setdefault(one.proposal.architecture, one)
    return list(found.values())
