"""What a search has come to so far."""

import math
from collections.abc import Sequence

from nasray.analysis.trade_off import NOTHING, TradeOff
from nasray.core.measurement import Measurement, Outcome


class Tally:
    """Running totals over outcomes in slot order.

    NOTE: ``add`` sees every outcome of a search that may do 20,000 a second, so it keeps its sums in locals.

    Args:
        trade_off: The search's constraints.

    Attributes:
        done: Outcomes seen.
        failures: Failures among them.
        best: The first outcome with the highest value that keeps the bounds; None until there is one.
        wall_seconds: Sum of the outcomes' cost.
        benchmark_seconds: Sum of the outcomes' cost.
    """

    def __init__(self, trade_off: TradeOff = NOTHING) -> None:
        self.done = 0
        self.failures = 0
        self.best: Outcome | None = None
        self.wall_seconds = 0.0
        self.benchmark_seconds = 0.0
        self._trade_off = trade_off
        self._best_value = -math.inf
        self._value_sum = 0.0
        self._n_values = 0

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count the next outcomes."""
        best_value, value_sum, failures = self._best_value, 0.0, 0
        bounds, violation = bool(self._trade_off.constraints), self._trade_off.violation
        wall_seconds = benchmark_seconds = 0.0
        for outcome in outcomes:
            result = outcome.result
            if isinstance(result, Measurement):
                value = result.value
                value_sum += value
                if value > best_value and not (bounds and violation(outcome)):
                    best_value, self.best = value, outcome
            else:
                failures += 1
            cost = result.cost
            wall_seconds += cost.wall_seconds
            benchmark_seconds += cost.benchmark_seconds
        self._best_value = best_value
        self._value_sum += value_sum
        self._n_values += len(outcomes) - failures
        self.done += len(outcomes)
        self.failures += failures
        self.wall_seconds += wall_seconds
        self.benchmark_seconds += benchmark_seconds

    def take_batch_mean(self) -> float | None:
        """The mean value measured since the last call; None when nothing was."""
        mean = self._value_sum / self._n_values if self._n_values else None
        self._value_sum, self._n_values = 0.0, 0
        return mean
