"""What strategies with constraints share: whether the constraints can be kept at all, and by how much they are not."""

import math
from collections.abc import Sequence

from nasray.core.errors import require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.objective import Constraint, total_violation


def check_compatible(constraints: Sequence[Constraint], who: str) -> None:
    """Refuse bounds on one column that exclude each other.

    Raises:
        ConfigError: The tightest lower bound of a column is above its tightest upper bound.
    """
    for column in dict.fromkeys(constraint.column for constraint in constraints):
        own = [constraint for constraint in constraints if constraint.column == column]
        low = max((one.at_least for one in own if one.at_least is not None), default=-math.inf)
        high = min((one.at_most for one in own if one.at_most is not None), default=math.inf)
        require(
            low <= high,
            f"{who}: the constraints on {column} contradict each other: at_least {low:g} is above at_most {high:g}, so "
            "nothing can keep both; loosen or drop one of them",
        )


def violation_of(outcome: Outcome, constraints: Sequence[Constraint]) -> float:
    """The outcome's violations added up; infinity for a Failure, which keeps no promise.

    Raises:
        CapabilityError: The evaluator does not measure a column that is constrained.
    """
    if not isinstance(outcome.result, Measurement):
        return math.inf
    return total_violation(constraints, outcome.result)
