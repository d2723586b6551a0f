"""Search on predictions first, then on trained fitness."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, ClassVar

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, NotFinite, require
from nasray.core.measurement import Failure, Measurement, Outcome, Result
from nasray.core.predictor import Predictor
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy

Prediction = tuple[Architecture, float | None]
"""A candidate and its score, higher is better; None where the predictor gave no finite number."""


@dataclass(kw_only=True)
class PredictorSwitch:
    """Moves a search from predicted to trained fitness, at a switch point given in candidates.

    1. Inside the first ask, the strategy is asked for ``switch_after`` candidates and told the predictor's scores.
       That takes no slot. The scores are journaled in the first proposal's notes, so that a resumed search does not
       call the predictor.
    2. The parents, which are the ``parents`` best predicted candidates (each architecture once, the earlier one first
       among equals), are the first slots: they are measured in earnest.
    3. When all of them are told, a new strategy of the same settings goes on from them as if it had proposed them.
       So no prediction is ever compared with a measurement. From then on a slot is a candidate.

    Choose ``parents`` equal to the strategy's population, so that it goes on with a whole one.

    Args:
        strategy: Who proposes; a component whose fields are its settings, so that it can be made anew.
        space: Repairs invalid candidates before they are predicted.
        predictor: Who scores.
        switch_after: Candidates that are predicted.
        parents: How many of them are measured at the switch.
        batch_size: Candidates that the predictor scores at once; the strategy's width while it learns from scores.
    """

    needs_weights: ClassVar[bool] = False
    strategy: Strategy
    space: SearchSpace
    predictor: Predictor
    switch_after: int
    parents: int
    batch_size: int
    _history: list[Proposal | Outcome] = field(init=False, default_factory=list[Proposal | Outcome])
    _parents: Sequence[Prediction] = field(init=False, default=())
    _n_told: int = field(init=False, default=0)
    _trained: Strategy | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Refuse a switch that cannot happen."""
        require(
            1 <= self.parents <= self.switch_after,
            f"predictor_switch parents ({self.parents}) must be between 1 and switch_after ({self.switch_after}): they "
            "are chosen among the predicted candidates",
        )
        require(self.batch_size >= 1, f"predictor_switch batch_size ({self.batch_size}) must be at least 1")
        require(
            is_dataclass(self.strategy),
            f"predictor_switch got strategy {type(self.strategy).__name__}; it must be a dataclass whose fields are "
            "its settings, because a new one of the same settings is made at the switch",
        )

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Parents first; nothing until they are told; then what the strategy proposes."""
        if self._trained is not None:
            return self._trained.ask(slots, streams)
        notes: Mapping[str, Any] | None = None
        if not self._history:
            predictions = self._predict(Streams(streams.seed, f"{streams.part}/predicted"))
            self._parents = self._choose(predictions)
            notes = _to_notes(predictions)
        asked: list[Proposal] = []
        for slot in slots[: max(0, len(self._parents) - slots.start)]:
            architecture, score = self._parents[slot]
            asked.append(Proposal(slot, architecture, "parent", notes={**(notes or {}), "score": score}))
            notes = None
        self._history.extend(asked)
        return asked

    def tell(self, outcome: Outcome) -> None:
        """Collect the parents' measurements; switch at the last one."""
        if self._trained is not None:
            self._trained.tell(outcome)
            return
        self._history.append(outcome)
        self._n_told += 1
        if self._n_told == len(self._parents):
            self._switch(self._history)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Read the parents from the notes; with all of them told, the strategy is restored at once."""
        first = next((event for event in history if isinstance(event, Proposal)), None)
        if first is None:
            return
        self._parents = self._choose(_from_notes(first.notes or {}))
        n_told = sum(isinstance(event, Outcome) for event in history)
        if n_told >= len(self._parents):
            self._switch(history)
        else:
            self._history, self._n_told = list(history), n_told

    def live(self) -> Set[int]:
        """None: nothing is continued or inherited."""
        return frozenset()

    def _switch(self, history: Sequence[Proposal | Outcome]) -> None:
        self._trained = _made_anew(self.strategy)
        self._trained.restore(history)
        self._history = []

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
            return replace(proposal, architecture=self.space.repair(raw, repairs.at(proposal.slot)), raw=raw)
        return proposal

    def _scores(self, architectures: Sequence[Architecture]) -> list[float | None]:
        sign = 1.0 if self.predictor.higher_is_better else -1.0
        scores = [sign * float(score) for score in self.predictor.predict(architectures)]
        return [score if math.isfinite(score) else None for score in scores]

    def _choose(self, predictions: Sequence[Prediction]) -> Sequence[Prediction]:
        """The best predicted architectures, each once.

        Raises:
            NotFinite: There are candidates, and none has a finite score.
        """
        best: dict[Architecture, float] = {}
        for architecture, score in predictions:
            if score is not None:
                best.setdefault(architecture, score)
        if predictions and not best:
            raise NotFinite(
                f"predictor_switch: {type(self.predictor).__name__} gave no finite score for any of "
                f"{len(predictions)} candidates; mend the predictor, or use scheduler=never_stop"
            )
        return sorted(best.items(), key=lambda found: -found[1])[: self.parents]


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
