"""What several objectives and constraints are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from nasray.core.errors import CapabilityError, require
from nasray.core.measurement import Measurement

VALUE = "value"
"""The name of a measurement's own value among its columns."""


def column_of(measurement: Measurement, name: str) -> float:
    """``value``, or one of the columns.

    Raises:
        CapabilityError: The evaluator measures no such column.
    """
    if name == VALUE:
        return measurement.value
    if name not in measurement.columns:
        known = ", ".join(sorted(measurement.columns)) or "none"
        raise CapabilityError(
            f"the evaluator measures no column {name!r}; it measures: {known}. Name one of them, or add the column to "
            "the evaluator"
        )
    return measurement.columns[name]


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """One thing to optimize.

    Attributes:
        column: ``value``, or a column of the measurements.
        direction: ``maximize`` or ``minimize``.
    """

    column: str
    direction: Literal["maximize", "minimize"]

    def __post_init__(self) -> None:
        """Refuse a direction that is neither."""
        require(
            self.direction in ("maximize", "minimize"),
            f"objective {self.column}: direction ({self.direction!r}) must be maximize or minimize",
        )

    def loss(self, measurement: Measurement) -> float:
        """Lower is better."""
        found = column_of(measurement, self.column)
        return -found if self.direction == "maximize" else found


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraint:
    """A bound that a candidate should keep.

    Attributes:
        column: ``value``, or a column of the measurements.
        at_most: Upper bound, or None.
        at_least: Lower bound, or None.
    """

    column: str
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        """Refuse a bound that nothing or everything keeps."""
        low, high = self.at_least, self.at_most
        require(low is not None or high is not None, f"constraint {self.column}: give at_most, at_least, or both")
        require(
            low is None or high is None or low <= high,
            f"constraint {self.column}: at_least ({low}) is above at_most ({high}): nothing can keep both",
        )

    def violation(self, measurement: Measurement) -> float:
        """By how much the bound is missed, relative to it; 0 where it is kept."""
        return self.missed(column_of(measurement, self.column))

    def missed(self, found: float) -> float:
        """As ``violation``, of the column's number itself."""
        above = 0.0 if self.at_most is None else max(0.0, found - self.at_most) / (abs(self.at_most) or 1.0)
        below = 0.0 if self.at_least is None else max(0.0, self.at_least - found) / (abs(self.at_least) or 1.0)
        return above + below


def total_violation(constraints: Sequence[Constraint], measurement: Measurement) -> float:
    """The violations of all constraints, added up."""
    return sum(constraint.violation(measurement) for constraint in constraints)


@runtime_checkable
class MultiObjective(Protocol):
    """A strategy that trades several objectives off: its report shows a front.

    Attributes:
        objectives: What is traded off, at least two.
        constraints: Bounds that members of the front keep.
    """

    objectives: Sequence[Objective]
    constraints: Sequence[Constraint]
