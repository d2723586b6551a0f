"""A rung of a ladder on which fitness is measured."""

from dataclasses import dataclass

from nasray.core.fidelity import Fidelity


@dataclass(frozen=True, kw_only=True)
class MeasuredRung:
    """Values of the evaluator: each distinct architecture takes a slot, once.

    Args:
        epochs: Fidelity that is asked for; None for the evaluator's full effort.

    Raises:
        ConfigError: Less than one epoch.
    """

    epochs: int | None

    def __post_init__(self) -> None:
        """Refuse a rung on which nothing is measured."""
        self.fidelity()

    def fidelity(self) -> Fidelity | None:
        """What proposals ask for."""
        return None if self.epochs is None else Fidelity(self.epochs)
