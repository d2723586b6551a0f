"""LAPT: search where the best of another task say that it is worth while, and look at that again on the way."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any, Literal

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, InvalidArchitecture, require
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.principles import Principles
from nasray.core.proposal import Proposal
from nasray.core.refiner import Copying, Refiner
from nasray.core.restrictable import Restrictable
from nasray.core.seeds import Streams
from nasray.core.space import Enumerable, SearchSpace, need
from nasray.core.strategy import Strategy
from nasray.core.transfer_source import TransferSource

NOTE = "principle_transfer"
"""The key of this strategy's facts among a proposal's notes."""

TRIES, LISTED = 100, 20_000
"""Draws before what is left of a refined space is listed, if it has so few members."""


@dataclass
class _Stage:
    """The time between two looks at the principles.

    Attributes:
        number: 0 for what was learnt from the sources.
        principles: In force.
        space: The members that keep to them; that of the stage before where they cannot be kept to.
        refused: Why they cannot be kept to; empty where they can.
        improved: What the refiner was told; None for the first stage.
        begins: Outcomes told before it.
        best: The best of their values.
        inner: Searches in ``space``; built when first asked.
    """

    number: int
    principles: Principles
    space: SearchSpace
    refused: str
    improved: bool | None
    begins: int
    best: float
    inner: Strategy | None = None

    def to_note(self) -> dict[str, Any]:
        size = self.space.size() if isinstance(self.space, Enumerable) else None
        known = {"principles": self.principles.to_json(), "improved": self.improved, "size": size}
        return {**known, "refused": self.refused} if self.refused else known


@dataclass(kw_only=True)
class PrincipleTransfer:
    """Design principle transfer.

    Zhou et al. 2024, "Design Principle Transfer in Neural Architecture Search via Large Language Models",
    https://arxiv.org/abs/2408.11330. A refiner learns principles from the best architectures of source tasks; another
    strategy searches among the members that keep to them; at given slots the refiner adapts them to what was found.

    No architecture is asked for twice: where the inner strategy repeats itself, its parent is mutated again, or
    another member is drawn. When the refined space has none left, the next adaptation comes early; after the last one
    the search ends. Principles that cannot be kept to, since they name what does not exist or leave fewer than two
    members, are put down with the reason, and the space stays as it was.

    With every new stage the inner strategy begins anew and is told all outcomes, so it must be one that learns from
    what it did not ask for: random search, evolution. ``kept`` outcomes are told as they were, and offspring of
    parents outside is brought inside; ``projected`` ones as if they had been measured at the nearest member.

    The principles are written beside the first proposal that they led to, so that a restart asks no refiner.

    Departures from the paper: ``copied`` and ``outside``, which are off at 0.

    Args:
        space: Must offer Restrictable.
        refiner: Learns principles; None is refused.
        sources: Source tasks, which must not be the one that is searched for.
        inner: Builds, given a space, the strategy that searches in it.
        copied: So many slots at the beginning repeat the best of the sources, in order; ``refiner=copy`` repeats all.
        adapt_at: Slots before which the principles are adapted, ascending; none: static transfer.
        shown: How many of the best found the refiner is shown.
        outside: Share of the other slots, by lot, that leave the refined space by mutation.
        history: ``kept`` or ``projected``.

    Raises:
        CapabilityError: The space cannot be restricted, there is no refiner, or the inner strategy does not learn from
            what it did not ask for.
        ConfigError: An impossible value.
    """

    space: SearchSpace
    refiner: Refiner | None
    sources: Sequence[TransferSource]
    inner: Callable[..., Strategy]
    copied: int
    adapt_at: Sequence[int]
    shown: int
    outside: float
    history: Literal["kept", "projected"]
    _stage: _Stage | None = field(init=False, default=None)
    _told: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _asked: set[Architecture] = field(init=False, default_factory=set[Architecture])
    _best: float = field(init=False, default=-math.inf)
    _own: Streams | None = field(init=False, default=None)
    _n_copied: int = field(init=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be transferred; read the sources."""
        self._view = need(self.space, Restrictable, "strategy principle_transfer")
        if self.refiner is None:
            raise CapabilityError(
                "strategy principle_transfer needs a refiner and got none; choose one, e.g. refiner=frequency"
            )
        self._refiner = self.refiner
        require(len(self.sources) > 0, "PrincipleTransfer sources are empty: name at least one source task")
        require(self.copied >= 0, f"PrincipleTransfer copied ({self.copied}) must not be negative")
        require(self.shown >= 1, f"PrincipleTransfer shown ({self.shown}) must be at least 1")
        require(0 <= self.outside < 1, f"PrincipleTransfer outside ({self.outside}) must be at least 0 and below 1")
        steps = [0, *self.adapt_at]
        require(
            all(one < other for one, other in pairwise(steps)),
            f"PrincipleTransfer adapt_at ({list(self.adapt_at)}) must be slots above 0 in ascending order",
        )
        require(
            self.history in ("kept", "projected"),
            f"PrincipleTransfer history ({self.history!r}) must be kept or projected",
        )
        ranked = zip_longest(*(source.best() for source in self.sources))
        self._good = list(dict.fromkeys(one for rank in ranked for one in rank if one is not None))
        self._n_copied = len(self._good) if isinstance(self.refiner, Copying) else min(self.copied, len(self._good))
        if self._n_copied or self.adapt_at:  # a probe: who cannot learn from others refuses now, not after hours
            untried = Proposal(0, self._good[0], "source")
            self.inner(space=self.space).tell(Outcome(untried, Failure("exception", "not measured")))

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Copies, then new members of the refined space, with some from outside."""
        made: list[Proposal] = []
        for slot in slots:
            proposal = self._next(slot, streams)
            if proposal is None:
                break
            self._asked.add(proposal.architecture)
            made.append(proposal)
        return made

    def tell(self, outcome: Outcome) -> None:
        """The inner strategy hears of it; the refiner will, if it is among the best."""
        self._told.append(outcome)
        self._best = max(self._best, outcome.value)
        if self._stage is not None and self._stage.inner is not None:
            self._stage.inner.tell(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Read the principles where they were written down."""
        for event in history:
            if isinstance(event, Outcome):
                self.tell(event)
                continue
            self._asked.add(event.architecture)
            if note := (event.notes or {}).get(NOTE):
                principles = Principles.from_json(note["principles"])
                self._stage = self._stage_with(principles, self._stage, note["improved"])

    def _next(self, slot: int, streams: Streams) -> Proposal | None:
        """The proposal for one slot; a new stage begins only with a proposal, which bears its principles."""
        stage = self._stage_at(slot)
        proposal = self._proposed(stage, slot, streams)
        nothing_in_flight = slot == len(self._told)
        while proposal is None and nothing_in_flight and stage.number < len(self.adapt_at):
            stage = self._adapted(stage)
            proposal = self._proposed(stage, slot, streams)
        if proposal is not None and stage is not self._stage:
            self._stage = stage
            return proposal._replace(notes={**(proposal.notes or {}), NOTE: stage.to_note()})
        return proposal

    def _stage_at(self, slot: int) -> _Stage:
        """The stage that a slot belongs to; a new one where it is time, and something is known."""
        stage = self._stage
        if stage is None:
            return self._stage_with(self._refiner.learn(self._good), None, None)
        due = stage.number < len(self.adapt_at) and slot >= self.adapt_at[stage.number]
        return self._adapted(stage) if due and self._told else stage

    def _adapted(self, stage: _Stage) -> _Stage:
        measured = [one for one in self._told if isinstance(one.result, Measurement)]
        measured.sort(key=lambda one: -one.value)
        found = [one.proposal.architecture for one in measured[: self.shown]]
        improved = self._best > stage.best
        return self._stage_with(self._refiner.adapt(stage.principles, found, improved), stage, improved)

    def _stage_with(self, principles: Principles, before: _Stage | None, improved: bool | None) -> _Stage:
        refused = ""
        try:
            space = self._view.restrict(principles)
        except ConfigError as error:
            space, refused = before.space if before else self.space, str(error)
        number = before.number + 1 if before else 0
        return _Stage(number, principles, space, refused, improved, len(self._told), self._best)

    def _proposed(self, stage: _Stage, slot: int, streams: Streams) -> Proposal | None:
        """A new architecture; None where there is none, or the inner strategy waits."""
        if slot < self._n_copied:
            return Proposal(slot, self._good[slot], "source")
        asked = self._inner_of(stage, streams).ask(range(slot, slot + 1), streams)
        if not asked:
            return None
        rng = self._again(streams).at(slot)
        if rng.random() < self.outside and (left := self._outside(stage.space, asked[0].architecture, rng)):
            return asked[0]._replace(architecture=left, operation="outside")
        inside = self._inside(stage.space, asked[0], rng)
        return inside and asked[0]._replace(architecture=inside)

    def _again(self, streams: Streams) -> Streams:
        """What this strategy draws itself; made once, since a seed's streams take as long as a whole proposal."""
        if self._own is None or self._own.seed != streams.seed:
            self._own = Streams(streams.seed, f"{streams.part}/again")
        return self._own

    def _inner_of(self, stage: _Stage, streams: Streams) -> Strategy:
        """The inner strategy of a stage, told everything so far."""
        if stage.inner is None:
            stage.inner = self.inner(space=stage.space)
            draws = Streams(streams.seed, f"{streams.part}/projected")
            for at, outcome in enumerate(self._told):
                projected = self.history == "projected" and at < stage.begins
                stage.inner.tell(_projected(outcome, stage.space, draws) if projected else outcome)
        return stage.inner

    def _inside(self, space: SearchSpace, proposal: Proposal, rng: np.random.Generator) -> Architecture | None:
        """The proposal's architecture, or one in its place, that was not asked for; None when there is none left."""
        known = proposal.parents and proposal.parents[0] < len(self._told)
        parent = self._told[proposal.parents[0]].proposal.architecture if known else None
        drawn = space.repair(proposal.architecture, rng)
        for attempt in range(TRIES):
            if drawn not in self._asked:
                return drawn
            again = parent is not None and attempt < TRIES // 2
            drawn = space.mutate(parent, rng) if again and parent else space.sample(rng)
        if not isinstance(space, Enumerable) or space.size() > LISTED:
            return None
        left = [one for one in space.enumerate() if one not in self._asked]
        return left[int(rng.random() * len(left))] if left else None

    def _outside(self, space: SearchSpace, start: Architecture, rng: np.random.Generator) -> Architecture | None:
        """The first new architecture outside the refined space on a walk of mutations."""
        drawn = start
        for _ in range(TRIES):
            drawn = self.space.mutate(drawn, rng)
            if drawn not in self._asked and not _is_member(space, drawn):
                return drawn
        return None


def _projected(outcome: Outcome, space: SearchSpace, draws: Streams) -> Outcome:
    """As if it had been measured at the nearest member of ``space``."""
    nearest = space.repair(outcome.proposal.architecture, draws.at(outcome.proposal.slot))
    return outcome._replace(proposal=outcome.proposal._replace(architecture=nearest))


def _is_member(space: SearchSpace, architecture: Architecture) -> bool:
    try:
        space.validate(architecture)
    except InvalidArchitecture:
        return False
    return True
