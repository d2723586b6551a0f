"""Another strategy, of whose ideas only the most promising is evaluated."""

import copy
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.predictor import INTERVAL_LEVEL, IntervalPredictor, Learner, Predictor, Quantitative, unwrapped
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.strategies.score_watch import ScoreWatch

logger = logging.getLogger(__name__)

NOTE = "screened"
"""The key of this strategy's facts among a proposal's notes."""


class _Candidate(Streams):
    """Streams in which candidate j of slot s draws from the stream of the virtual slot s * k + j."""

    def __init__(self, outer: Streams, k: int, j: int) -> None:
        self.seed, self.part = outer.seed, outer.part
        self._outer, self._k, self._j = outer, k, j

    def at(self, slot: int) -> np.random.Generator:
        return self._outer.at(slot * self._k + self._j)

    def fresh(self, slot: int) -> np.random.Generator:
        return self._outer.fresh(slot * self._k + self._j)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Candidate, (self._outer, self._k, self._j)


@dataclass(kw_only=True)
class Screened:
    """Asks another strategy for several candidates a slot, scores them in one batch, and evaluates the best.

    Pre-selection as in Dai et al. 2021, "FBNetV3", https://arxiv.org/abs/2006.02049, and Wei et al. 2020, "NPENAS",
    https://arxiv.org/abs/2003.12857: the predictor only chooses among what the inner strategy proposes, so that an
    inner strategy with a useless predictor is as good as alone.

    A candidate that was measured before is taken only if all were. The inner strategy never learns of the candidates
    that were dropped: each candidate is the answer of a copy of it with its own randomness, and the copy whose answer
    was taken goes on. So any strategy can be inside.

    On a share of the slots, by lot, the first candidate is taken unscreened and scored all the same: how well scores
    and measurements agree on these says how good the predictor is among what the inner strategy proposes, while those
    that were chosen by their score differ too little to tell. Of the whole space they speak only where the inner
    strategy draws at random: an evolution proposes neighbours of what is good.

    A predictor that gives the same score, or none, for thirty candidates in a row is not asked any more, one that
    learns until its next fit; then the first candidate is taken that was not measured before.

    A predictor that learns is fitted anew on all measured outcomes whenever there are ``refit_every`` more of them;
    before ``warm_up`` outcomes there is one candidate a slot. The scores that were used are kept in the proposal's
    notes, so that a restart calls no predictor for slots that were asked before; beside them is the interval in which
    the truth should lie, where the predictor gives one.

    Args:
        inner: Who proposes.
        predictor: Who scores; None is refused.
        candidates: k, how many candidates a slot.
        warm_up: Outcomes before a predictor that learns is used; without effect on one that does not.
        refit_every: Outcomes between two fits.
        reserved: Share of the slots whose first candidate is taken unscreened, 0 to 1.

    Raises:
        CapabilityError: There is no predictor, or the inner strategy cannot be copied.
        ConfigError: An impossible number.
    """

    inner: Strategy
    predictor: Predictor | None
    candidates: int
    warm_up: int
    refit_every: int
    reserved: float
    _told: list[Outcome] = field(init=False, default_factory=list[Outcome])
    _known: set[Architecture] = field(init=False, default_factory=set[Architecture])
    _fitted_on: int = field(init=False, default=0)
    _watched_from: int = field(init=False, default=0)
    _watch: ScoreWatch = field(init=False, default_factory=ScoreWatch)

    def __post_init__(self) -> None:
        """Refuse to screen without a predictor, or nothing."""
        if self.predictor is None:
            raise CapabilityError("strategy screened needs a predictor and got none; choose one, e.g. predictor=ridge")
        for name in ("candidates", "warm_up", "refit_every"):
            value = getattr(self, name)
            require(value >= 1, f"Screened {name} ({value}) must be at least 1")
        require(0 <= self.reserved <= 1, f"Screened reserved ({self.reserved}) must be between 0 and 1")
        self._scorer, self._learner = self.predictor, self.predictor if isinstance(self.predictor, Learner) else None
        copy.deepcopy(self.inner, self._frozen())  # a probe: who cannot be copied refuses now, not at the first slot

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """The best candidate of each slot; the inner strategy's own choice while the predictor knows nothing."""
        screens = self.candidates > 1 and self._may_score()
        lots = Streams(streams.seed, f"{streams.part}/reserved")
        made: list[Proposal] = []
        for slot in slots:
            scores = screens and not self._watch.useless
            reserved = scores and lots.at(slot).random() < self.reserved
            drawn = self._draw(slot, self.candidates if screens and not reserved else 1, streams)
            if not drawn:
                break
            made.append(self._choose(drawn, reserved) if screens else self._take(drawn[0]))
        return made

    def tell(self, outcome: Outcome) -> None:
        """The inner strategy hears of it; the predictor will, at its next fit."""
        self._remember(outcome)
        self.inner.tell(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Restore the inner strategy; the predictor is fitted at the next ask, on what it would have been fitted on."""
        for event in history:
            if isinstance(event, Outcome):
                self._remember(event)
            elif scores := (event.notes or {}).get(NOTE, {}).get("scores"):
                self._due()
                self._watch.see(scores)
        self.inner.restore(history)

    def _remember(self, outcome: Outcome) -> None:
        self._told.append(outcome)
        self._known.add(outcome.proposal.architecture)

    def _draw(self, slot: int, k: int, streams: Streams) -> list[tuple[Strategy, Proposal]]:
        """Up to k candidates, each with the strategy that has just proposed it."""
        drawn: list[tuple[Strategy, Proposal]] = []
        frozen = self._frozen()
        for j in range(k):
            asked = copy.deepcopy(self.inner, dict(frozen)) if k > 1 else self.inner
            drawn += [
                (asked, proposal)
                for proposal in asked.ask(range(slot, slot + 1), _Candidate(streams, self.candidates, j))
            ]
        return drawn

    def _frozen(self) -> dict[int, Any]:
        """By id, what copies of the inner strategy share, since it never changes: they would cost too much otherwise.

        NOTE: made anew for every slot. Kept in a field, the ids would be those of other objects after pickling.
        """
        proposals = [outcome.proposal for outcome in self._told]
        return {id(one): one for one in [self.predictor, getattr(self.inner, "space", None), *self._told, *proposals]}

    def _choose(self, drawn: Sequence[tuple[Strategy, Proposal]], reserved: bool) -> Proposal:
        """The candidate with the best score; the first among equals; no number, and what is known, come last."""
        known = [proposal.architecture in self._known for _, proposal in drawn]
        if why := self._watch.useless:
            first = int(np.argmin(known))
            return self._take(drawn[first], {"candidate": first, "stopped": why})
        scores = self._scorer.predict([proposal.architecture for _, proposal in drawn])
        signed = scores if self._scorer.higher_is_better else -scores
        by_score_among_new = np.array([np.where(np.isfinite(signed), -signed, np.inf), known])
        best = int(np.lexsort(by_score_among_new)[0])
        noted = [score if math.isfinite(score) else None for score in scores.tolist()]  # JSON knows no NaN
        self._see(noted)
        claims = {**self._claims(drawn[best][1].architecture), **({"reserved": True} if reserved else {})}
        return self._take(drawn[best], {"candidate": best, "scores": noted, **claims})

    def _claims(self, architecture: Architecture) -> dict[str, Any]:
        """What the predictor can be held to when the truth arrives; one in a host makes no claims."""
        scorer, found = unwrapped(self._scorer), dict[str, Any]()
        if isinstance(scorer, Quantitative) and scorer.in_unit:
            found["in_unit"] = True
        if isinstance(scorer, IntervalPredictor):
            ends = scorer.interval([architecture], INTERVAL_LEVEL)[0]
            found |= {"interval": ends.tolist()} if np.isfinite(ends).all() else {}
        return found

    def _see(self, scores: Sequence[float | None]) -> None:
        self._watch.see(scores)
        if why := self._watch.useless:
            until = "" if self._learner is None else " until its next fit"
            logger.warning("screened: the predictor gave %s; it is not asked any more%s", why, until)

    def _take(self, chosen: tuple[Strategy, Proposal], note: dict[str, Any] | None = None) -> Proposal:
        self.inner, proposal = chosen
        return proposal if note is None else proposal._replace(notes={**(proposal.notes or {}), NOTE: note})

    def _may_score(self) -> bool:
        """Whether the predictor can be asked; fits it first where it is time for that."""
        if self._learner is None:
            return True
        due = self._due()
        if not due:
            return False
        if due > self._fitted_on:
            measured = [one for one in self._told[:due] if isinstance(one.result, Measurement)]
            if not measured:
                return False
            self._learner.fit(
                [one.proposal.architecture for one in measured], np.array([one.value for one in measured])
            )
            self._fitted_on = due
        return True

    def _due(self) -> int:
        """Outcomes that a predictor that learns must know by now, 0 before the warm-up; after a fit it is watched anew.

        NOTE: counted by outcomes, not by fits, since a restart fits only once.
        """
        n = len(self._told)
        if self._learner is None or n < self.warm_up:
            return 0
        due = self.warm_up + (n - self.warm_up) // self.refit_every * self.refit_every
        if due > self._watched_from:
            self._watched_from = due
            self._watch.forget()
        return due
