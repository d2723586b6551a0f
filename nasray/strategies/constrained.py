"""Any strategy that looks at one value, made to keep bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nasray.core.errors import ConfigError, require
from nasray.core.measurement import Measurement, Outcome
from nasray.core.objective import Constraint, MultiObjective
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.strategies.feasibility import check_compatible, violation_of

FLOOR = -1e12
"""Below every value that is measured in practice, with room for a violation's digits: they are 1e-16 apart here."""


@dataclass(kw_only=True)
class Constrained:
    """Lets a single-objective strategy search among candidates that keep bounds.

    Deb 2000, "An efficient constraint handling method for genetic algorithms",
    https://doi.org/10.1016/S0045-7825(99)00389-8: a feasible candidate beats an infeasible one, the better value wins
    among feasible ones, the smaller total violation among infeasible ones. The inner strategy is told the value as it
    was measured for a feasible candidate and ``FLOOR * (1 + violation)`` for an infeasible one, so that whatever
    compares values follows the rule. The archive keeps the measured values.

    Departures from the paper:
        - The order is the paper's, the distances are not: a strategy that fits values, rather than comparing them,
          sees outliers.
        - A Failure is told as it is and loses every comparison.

    Args:
        inner: Who proposes.
        constraints: What to keep; violations are relative to the bounds and added up.
    """

    inner: Strategy
    constraints: Sequence[Constraint]

    def __post_init__(self) -> None:
        """Refuse bounds that nothing can keep, and strategies that bring their own.

        Raises:
            ConfigError: No constraint, contradictory ones, or an inner strategy with several objectives.
        """
        require(len(self.constraints) > 0, "Constrained needs at least one constraint; without one, drop the wrapper")
        check_compatible(self.constraints, "Constrained")
        if isinstance(self.inner, MultiObjective):
            raise ConfigError(
                f"Constrained wraps strategies with one objective, but {type(self.inner).__name__} has several; give "
                "it the constraints itself"
            )

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """What the inner strategy proposes."""
        return self.inner.ask(slots, streams)

    def tell(self, outcome: Outcome) -> None:
        """The outcome, with a value that puts infeasible candidates in their place.

        Raises:
            CapabilityError: The evaluator does not measure a column that is constrained.
        """
        self.inner.tell(self._judged(outcome))

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Restore the inner strategy from what it was told."""
        self.inner.restore([self._judged(event) if isinstance(event, Outcome) else event for event in history])

    def _judged(self, outcome: Outcome) -> Outcome:
        result = outcome.result
        if not isinstance(result, Measurement):
            return outcome
        violation = violation_of(outcome, self.constraints)
        return outcome._replace(result=replace(result, value=FLOOR * (1 + violation))) if violation else outcome
