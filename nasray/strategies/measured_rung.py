"""A rung of a ladder on which fitness is measured."""

from dataclasses import dataclass

from nasray.core.errors import require
from nasray.core.fidelity import Fidelity


@dataclass(frozen=True, kw_only=True)
class MeasuredRung:
    """Values of the evaluator: each distinct architecture takes a slot, once.

    Args:
        epochs: Fidelity that is asked for; None for the evaluator's full effort.
        seconds_per_measurement: What one counts for a switch that goes by cost, where no benchmark tells.

    Raises:
        ConfigError: Less than one epoch, or a negative cost.
    """

    epochs: int | None
    seconds_per_measurement: float

    def __post_init__(self) -> None:
        """Refuse a rung on which nothing is measured."""
        self.fidelity()
        require(
            self.seconds_per_measurement >= 0,
            f"MeasuredRung seconds_per_measurement ({self.seconds_per_measurement}) must not be negative",
        )

    def fidelity(self) -> Fidelity | None:
        """What proposals ask for."""
        return None if self.epochs is None else Fidelity(self.epochs)
