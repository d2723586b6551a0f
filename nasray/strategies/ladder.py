"""What is known of architectures on each rung of a ladder, and what of it was paid for."""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.objective import Constraint
from nasray.core.predictor import Learner
from nasray.strategies.feasibility import violation_of
from nasray.strategies.measured_rung import MeasuredRung
from nasray.strategies.predicted_rung import PredictedRung
from nasray.strategies.switch import SoFar

Rung = PredictedRung | MeasuredRung
Place = tuple[float, float]
"""Total violation, then minus the score: the smaller place wins."""

LAST: Place = (math.inf, 0.0)
"""The place of who failed, or has no score."""

logger = logging.getLogger(__name__)


class Ladder:
    """A book of places for every rung. A predictor is never asked twice for an architecture, nor is the evaluator.

    Args:
        rungs: Name -> rung, cheapest first; the last one is measured. They are spoken of by number, from 0.
        constraints: What measured candidates should keep; a prediction cannot tell.

    Attributes:
        slot_of: Architecture -> the latest slot on which it was measured.

    Raises:
        ConfigError: There are no rungs, or the last one is predicted.
    """

    def __init__(self, rungs: Mapping[str, Rung], constraints: Sequence[Constraint]) -> None:
        """Open the books."""
        self._names, self._rungs = [*rungs], [*rungs.values()]
        require(
            bool(rungs) and isinstance(self._rungs[-1], MeasuredRung),
            f"HatEvolution rungs ({', '.join(rungs) or 'none'}) must end with one that is measured, as its winner is",
        )
        self.slot_of: dict[Architecture, int] = {}
        self._constraints = constraints
        self._places: list[dict[Architecture, Place]] = [{} for _ in rungs]
        self._seconds = [0.0] * len(rungs)
        self._stopped: set[int] = set()
        self._lessons: list[Outcome] | None = None
        self._fitted = False
        self._journaled: dict[str, dict[Architecture, float | None]] = {name: {} for name in rungs}
        self._unwritten: list[dict[str, Any]] = []

    def __getitem__(self, number: int) -> Rung:
        """A rung."""
        return self._rungs[number]

    @property
    def top(self) -> int:
        """The most expensive rung."""
        return len(self._rungs) - 1

    @property
    def learns(self) -> bool:
        """Whether a predictor learns from what is measured."""
        return bool(self._learners())

    def place(self, number: int, architecture: Architecture) -> Place:
        """Of an architecture that was scored on a rung."""
        return self._places[number][architecture]

    def unknown(self, number: int, architectures: Iterable[Architecture]) -> list[Architecture]:
        """Distinct architectures that were not scored on a rung, in order."""
        return [one for one in dict.fromkeys(architectures) if one not in self._places[number]]

    def measured(self, number: int, architecture: Architecture, outcome: Outcome) -> None:
        """Take down what came of an architecture."""
        violation, cost = violation_of(outcome, self._constraints), outcome.result.cost
        self._places[number][architecture] = LAST if violation == math.inf else (violation, -outcome.value)
        rung = self._rungs[number]
        assert isinstance(rung, MeasuredRung)
        # never wall_seconds: the path of a search would depend on how busy the machine is
        self._seconds[number] += cost.benchmark_seconds or rung.seconds_per_measurement
        self.slot_of[architecture] = outcome.proposal.slot

    def teach(self, outcomes: Sequence[Outcome]) -> None:
        """What predictors that learn are fitted on when they are asked for the first time."""
        self._lessons = [one for one in outcomes if isinstance(one.result, Measurement)]

    def predict(self, number: int, architectures: Iterable[Architecture]) -> bool:
        """Score on a predicted rung; whether it can be used.

        It is stopped when all scores that it ever gave are missing, or all the same, or it has nothing to learn from.
        """
        if number in self._stopped:
            return False
        rung, name, book = self._rungs[number], self._names[number], self._places[number]
        assert isinstance(rung, PredictedRung)
        if isinstance(rung.predictor, Learner) and self._lessons == []:
            return self._stop(number, "no score, since nothing was measured that it could learn from")
        if asked := self.unknown(number, architectures):
            scores = self._scores(rung, asked, self._journaled[name])
            book |= {one: LAST if found is None else (0.0, -found) for one, found in scores.items()}
            self._seconds[number] += rung.seconds_per_score * len(asked)
            genes = [one.to_json() for one in scores]
            self._unwritten.append({"rung": name, "genes": genes, "scores": [*scores.values()]})
        if len(book) > 1 and len(set(book.values())) == 1:
            (place,) = set(book.values())
            said = "no finite score" if place == LAST else f"the same score ({-place[1]:g})"
            return self._stop(number, f"{said} for all of {len(book)} architectures")
        return True

    def predicted(self, architecture: Architecture) -> float | None:
        """The score on the lowest predicted rung that has one, higher is better."""
        for rung, book in zip(self._rungs, self._places, strict=True):
            if isinstance(rung, PredictedRung) and (place := book.get(architecture, LAST)) != LAST:
                return -place[1]
        return None

    def notes(self) -> dict[str, Any]:
        """What was scored and stopped since the last call, which a restart must not compute again."""
        written, self._unwritten = self._unwritten, []
        return {"ladder": written} if written else {}

    def restore(self, notes: Mapping[str, Any]) -> None:
        """Know the scores in notes; they are taken in when they are asked for again."""
        for one in notes.get("ladder", ()):
            architectures = map(Architecture.from_json, one.get("genes", ()))
            self._journaled[one["rung"]] |= dict(zip(architectures, one.get("scores", ()), strict=True))

    def so_far(self, iteration: int, number: int, reserved: Sequence[Architecture]) -> SoFar:
        """What a switch is told before an iteration; ``number`` is the rung of the one before."""

        def shown(place: Place) -> float:
            return math.nan if place == LAST else -place[1]

        return SoFar(
            iteration=iteration,
            rung=number,
            scored=[len(book) for book in self._places],
            seconds=[*self._seconds],
            reserved=[[shown(book.get(one, LAST)) for one in reserved] for book in self._places],
        )

    def _learners(self) -> list[Learner]:
        predictors = [one.predictor for one in self._rungs if isinstance(one, PredictedRung)]
        return [one for one in predictors if isinstance(one, Learner)]

    def _scores(
        self, rung: PredictedRung, asked: Sequence[Architecture], journaled: Mapping[Architecture, float | None]
    ) -> dict[Architecture, float | None]:
        """The journaled ones, and the others in one batch; predictors that learn are fitted before the first."""
        new = [one for one in asked if one not in journaled]
        if new and self._lessons and not self._fitted:
            for one in self._learners():
                values = np.array([lesson.value for lesson in self._lessons])
                one.fit([lesson.proposal.architecture for lesson in self._lessons], values)
            self._fitted = True
        scored = dict(zip(new, rung.scores(new) if new else (), strict=True))
        return {one: scored[one] if one in scored else journaled[one] for one in asked}

    def _stop(self, number: int, why: str) -> bool:
        name = self._names[number]
        logger.warning("hat_evolution: the predictor of rung %s gave %s; the next rung takes its place", name, why)
        self._stopped.add(number)
        self._unwritten.append({"rung": name, "stopped": why})
        return False
