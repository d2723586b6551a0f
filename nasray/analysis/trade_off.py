"""What a search was asked to trade off, applied to what it measured."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.front import pareto_front
from nasray.analysis.hypervolume import worst_corner
from nasray.core.measurement import Measurement, Outcome
from nasray.core.objective import Constraint, Objective, total_violation

Loss = tuple[float, ...]
"""``(M,)`` one number an objective, lower is better."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TradeOff:
    """Objectives and constraints of one search; a search with one objective has constraints at most.

    Attributes:
        objectives: M of them, or none.
        constraints: Bounds that count for the front and for the winner.
        reference: ``(M,)`` corner of the hypervolume in the objectives' own units; None is the worst measured.
    """

    objectives: tuple[Objective, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    reference: tuple[float, ...] | None = None

    def violation(self, outcome: Outcome) -> float:
        """The violations of all constraints, added up; infinity for a Failure.

        Raises:
            CapabilityError: A column is not measured.
        """
        if not isinstance(outcome.result, Measurement):
            return math.inf
        return total_violation(self.constraints, outcome.result)

    def loss(self, outcome: Outcome) -> Loss | None:
        """Where an outcome lies; None for a Failure and for one that breaks a constraint.

        Raises:
            CapabilityError: A column is not measured.
        """
        result = outcome.result
        if not isinstance(result, Measurement) or total_violation(self.constraints, result):
            return None
        return tuple(objective.loss(result) for objective in self.objectives)

    def losses(self, outcomes: Sequence[Outcome]) -> list[Loss | None]:
        """Where each of several outcomes lies that are to be compared; None as in ``loss``, and below the highest rung.

        The highest rung that any of them was measured at is full effort, for a scheduler's last rung too. What was
        measured with less effort cannot be compared with it.

        Raises:
            CapabilityError: A column is not measured.
        """
        highest = max((one.rung for one in outcomes if isinstance(one.result, Measurement)), default=math.inf)
        return [self.loss(outcome) if outcome.rung == highest else None for outcome in outcomes]

    def front(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The feasible outcomes of the highest rung that no other one dominates, best in the first objective first.

        Of several outcomes of one architecture the earliest counts.

        Raises:
            CapabilityError: A column is not measured.
        """
        first: dict[str, tuple[Loss, Outcome]] = {}
        for outcome, loss in zip(outcomes, self.losses(outcomes), strict=True):
            if loss is not None:
                first.setdefault(outcome.proposal.architecture.key, (loss, outcome))
        found = list(first.values())
        kept = [found[index] for index in pareto_front([loss for loss, _ in found]).tolist()]
        return [outcome for _, outcome in sorted(kept, key=lambda pair: (pair[0], pair[1].proposal.slot))]

    def corner(self, losses: Sequence[Loss | None]) -> NDArray[np.float64]:
        """``(M,)`` the reference as a loss: the stated one, or the worst of ``losses``, of which one must be known."""
        if self.reference is not None:
            return np.array(self._turned(self.reference))
        return worst_corner([loss for loss in losses if loss is not None])

    def in_units(self, loss: Sequence[float]) -> list[float]:
        """A loss as the objectives' own numbers."""
        return [float(number) for number in self._turned(loss)]

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TradeOff":
        """Inverse of ``to_json``."""
        return cls(
            objectives=tuple(Objective(**one) for one in data["objectives"]),
            constraints=tuple(Constraint(**one) for one in data["constraints"]),
            reference=None if data["reference"] is None else tuple(data["reference"]),
        )

    def _turned(self, numbers: Sequence[float]) -> list[float]:
        """Signs changed where more is better; its own inverse."""
        return [
            -number if objective.direction == "maximize" else number
            for number, objective in zip(numbers, self.objectives, strict=True)
        ]


NOTHING = TradeOff()
"""Of a search with one objective and no bounds."""
