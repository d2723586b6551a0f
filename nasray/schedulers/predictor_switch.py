"""Search on predictions first, then on trained fitness."""

import logging
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, ClassVar

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.measurement import Failure, Measurement, Outcome, Result
from nasray.core.predictor import Learner, Predictor
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy

logger = logging.getLogger(__name__)

Prediction = tuple[Architecture, float | None]
"""A candidate and its score, higher is better; None where the predictor gave no finite number."""

NOTE = "predictor_switch"
"""The key of this scheduler's facts among a proposal's notes, where it goes on without predictions."""


@dataclass(kw_only=True)
class PredictorSwitch:
    """Moves a search from predicted to trained fitness, at a switch point given in candidates.

    1. For a predictor that learns, the first ``warm_up`` slots are random members of the space. When all of them are
       told, it is fitted once, on those that could be measured; if none could, as many again are drawn. A predictor
       that does not learn needs no such slots.
    2. Inside one ask, the strategy is asked for ``switch_after`` candidates and told the predictor's scores. That takes
       no slot. The scores are journaled in the first parent's notes, so that a resumed search neither fits nor calls
       the predictor again.
    3. The parents, which are the ``parents`` best predicted candidates (each architecture once, the earlier one first
       among equals, none of the warm-up while there are others), are the next slots: they are measured in earnest.
    4. When all of them are told, a new strategy of the same settings goes on from everything that was measured, as if
       it had proposed it. So no prediction is ever compared with a measurement. From then on a slot is a candidate.

    Where all predictions are missing, or all the same, there is nothing to choose parents by: the notes say so, and the
    strategy goes on from the warm-up without them.

    Choose ``parents`` equal to the strategy's population, so that it goes on with a whole one.

    Args:
        strategy: Who proposes; a component whose fields are its settings, so that it can be made anew.
        space: Where the warm-up is drawn; repairs invalid candidates before they are predicted.
        predictor: Who scores.
        warm_up: Candidates that a predictor which learns is fitted on; without effect on one that does not.
        switch_after: Candidates that are predicted.
        parents: How many of them are measured at the switch.
        batch_size: Candidates that the predictor scores at once; the strategy's width while it learns from scores.
    """

    needs_weights: ClassVar[bool] = False
    strategy: Strategy
    space: SearchSpace
    predictor: Predictor
    warm_up: int
    switch_after: int
    parents: int
    batch_size: int
    _history: list[Proposal | Outcome] = field(init=False, default_factory=list[Proposal | Outcome])
    _parents: Sequence[Prediction] | None = field(init=False, default=None)
    _n_told: int = field(init=False, default=0)
    _n_warm: int = field(init=False, default=0)
    _trained: Strategy | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Refuse a switch that cannot happen."""
        require(
            1 <= self.parents <= self.switch_after,
            f"predictor_switch parents ({self.parents}) must be between 1 and switch_after ({self.switch_after}): they "
            "are chosen among the predicted candidates",
        )
        for name in ("warm_up", "batch_size"):
            require(getattr(self, name) >= 1, f"predictor_switch {name} ({getattr(self, name)}) must be at least 1")
        require(
            is_dataclass(self.strategy),
            f"predictor_switch got strategy {type(self.strategy).__name__}; it must be a dataclass whose fields are "
            "its settings, because a new one of the same settings is made at the switch",
        )
        self._n_warm = self.warm_up if isinstance(self.predictor, Learner) else 0

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """The warm-up, then parents; nothing until all of them are told; then what the strategy proposes."""
        if self._trained is not None:
            return self._trained.ask(slots, streams)
        if slots.start < self._n_warm:
            warming = slots[: self._n_warm - slots.start]
            asked = [Proposal(slot, self.space.sample(streams.at(slot))) for slot in warming]
        elif self._n_told < self._n_warm:
            return []
        else:
            asked = self._ask_parents(slots, streams)
        self._history.extend(asked)
        return asked

    def tell(self, outcome: Outcome) -> None:
        """Collect the measurements of warm-up and parents; switch at the last one."""
        if self._trained is not None:
            self._trained.tell(outcome)
            return
        self._history.append(outcome)
        self._n_told += 1
        self._prolong_warm_up()
        self._switch_if_told()

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Read the parents from the notes; with all of them told, the strategy is restored at once."""
        self._history = list(history)
        self._n_told = sum(isinstance(event, Outcome) for event in history)
        self._prolong_warm_up()
        first = next((one for one in history if isinstance(one, Proposal) and one.slot == self._n_warm), None)
        if first is not None:
            stopped = "stopped" in (first.notes or {}).get(NOTE, {})
            self._parents = () if stopped else self._choose(_from_notes(first.notes or {}))
            self._switch_if_told()

    def live(self) -> Set[int]:
        """None: nothing is continued or inherited."""
        return frozenset()

    def _ask_parents(self, slots: range, streams: Streams) -> list[Proposal]:
        """Parents for a prefix of ``slots``; chosen when the first of them is asked for."""
        notes: Mapping[str, Any] = {}
        if self._parents is None:
            self._learn()
            predictions = self._predict(Streams(streams.seed, f"{streams.part}/predicted"))
            if why := _useless(predictions):
                return self._go_on_without(why, slots, streams)
            self._parents = self._choose(predictions)
            notes = _to_notes(predictions)
        asked: list[Proposal] = []
        for slot in slots[: max(0, self._n_warm + len(self._parents) - slots.start)]:
            architecture, score = self._parents[slot - self._n_warm]
            asked.append(Proposal(slot, architecture, "parent", notes={**notes, "score": score}))
            notes = {}
        return asked

    def _go_on_without(self, why: str, slots: range, streams: Streams) -> list[Proposal]:
        """Switch at once; the first proposal says why."""
        logger.warning("predictor_switch: the predictor gave %s; the search goes on without it", why)
        self._parents = ()
        trained = self._trained = self._switch()
        asked = list(trained.ask(slots, streams))
        return [one._replace(notes={**(one.notes or {}), NOTE: {"stopped": why}}) for one in asked[:1]] + asked[1:]

    def _switch_if_told(self) -> None:
        if self._parents is None or self._n_told < self._n_warm + len(self._parents):
            return
        self._trained = self._switch()

    def _switch(self) -> Strategy:
        """A new strategy of the same settings that knows everything so far."""
        trained = _made_anew(self.strategy)
        trained.restore(self._history)
        self._history = []
        return trained

    def _warm(self) -> list[Outcome]:
        """What was told of the warm-up."""
        return [one for one in self._history if isinstance(one, Outcome) and one.proposal.slot < self._n_warm]

    def _prolong_warm_up(self) -> None:
        """Draw again while nothing was measured that could be learnt from."""
        while 0 < self._n_warm <= self._n_told and not any(isinstance(one.result, Measurement) for one in self._warm()):
            self._n_warm += self.warm_up

    def _learn(self) -> None:
        """Fit a predictor that learns on what was measured of the warm-up."""
        if isinstance(self.predictor, Learner):
            warm = [one for one in self._warm() if isinstance(one.result, Measurement)]
            self.predictor.fit([one.proposal.architecture for one in warm], np.array([one.value for one in warm]))

    def _predict(self, streams: Streams) -> list[Prediction]:
        """What the strategy proposes while it is told predictions."""
        found: list[Prediction] = []
        repairs = Streams(streams.seed, f"{streams.part}/repair")
        while len(found) < self.switch_after:
            last = min(len(found) + self.batch_size, self.switch_after)
            asked = [self._valid(one, repairs) for one in self.strategy.ask(range(len(found), last), streams)]
            if not asked:
                break
            scores = self._scores([one.architecture for one in asked])
            for one, score in zip(asked, scores, strict=True):
                self.strategy.tell(Outcome(one, _result(score)))
                found.append((one.architecture, score))
        return found

    def _valid(self, proposal: Proposal, repairs: Streams) -> Proposal:
        try:
            self.space.validate(proposal.architecture)
        except InvalidArchitecture:
            raw = proposal.architecture
            return proposal._replace(architecture=self.space.repair(raw, repairs.at(proposal.slot)), raw=raw)
        return proposal

    def _scores(self, architectures: Sequence[Architecture]) -> list[float | None]:
        sign = 1.0 if self.predictor.higher_is_better else -1.0
        scores = [sign * float(score) for score in self.predictor.predict(architectures)]
        return [score if math.isfinite(score) else None for score in scores]

    def _choose(self, predictions: Sequence[Prediction]) -> Sequence[Prediction]:
        """The best predicted architectures, each once; those of the warm-up are known and left out if others remain."""
        best: dict[Architecture, float] = {}
        for architecture, score in predictions:
            if score is not None:
                best.setdefault(architecture, score)
        known = {outcome.proposal.architecture for outcome in self._warm()}
        new = {architecture: score for architecture, score in best.items() if architecture not in known} or best
        return sorted(new.items(), key=lambda found: -found[1])[: self.parents]


def _useless(predictions: Sequence[Prediction]) -> str:
    """What is wrong with all predictions, in words; empty where they tell candidates apart, or there is only one."""
    scores = {score for _, score in predictions}
    if len(scores) != 1 or (None not in scores and len({architecture for architecture, _ in predictions}) == 1):
        return ""
    (score,) = scores
    found = "no finite score" if score is None else f"the same score ({score:g})"
    return f"{found} for all of {len(predictions)} candidates"


def _result(score: float | None) -> Result:
    return Failure("not_finite", "the predictor gave no finite score") if score is None else Measurement(score)


def _made_anew(strategy: Any) -> Strategy:
    """A strategy of the same settings that has been told nothing."""
    return replace(strategy)


def _to_notes(predictions: Sequence[Prediction]) -> dict[str, Any]:
    return {
        "predicted": [architecture.to_json() for architecture, _ in predictions],
        "scores": [score for _, score in predictions],
    }


def _from_notes(notes: Mapping[str, Any]) -> list[Prediction]:
    """Inverse of ``_to_notes``."""
    return list(zip(map(Architecture.from_json, notes["predicted"]), notes["scores"], strict=True))
