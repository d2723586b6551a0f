"""How thoroughly a candidate is measured."""

from dataclasses import dataclass
from typing import Any

from nasray.core.errors import ConfigError, require


@dataclass(frozen=True, slots=True)
class Fidelity:
    """A rung of effort, set by a strategy on its Proposal; ``None`` there means the evaluator's full effort.

    Attributes:
        epochs: Training epochs; for a table, the schedule whose column is read.
    """

    epochs: int

    def __post_init__(self) -> None:
        """Refuse a rung on which nothing is measured."""
        require(self.epochs >= 1, f"fidelity epochs ({self.epochs}) must be at least 1", ConfigError)

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"epochs": self.epochs}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Fidelity":
        """Inverse of ``to_json``."""
        return cls(epochs=int(data["epochs"]))
