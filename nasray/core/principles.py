"""Design principles: what a refiner learnt from good architectures, for people and for a space."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Principles:
    """Text for people, and per layer the candidates that remain (LAPT, arXiv 2408.11330).

    Attributes:
        text: The principles in words.
        operators: Per layer, the operator ids that remain (C_i in the paper); never empty.
        sources: Per layer, the information sources that remain (S_i); empty where the wiring is fixed.
    """

    text: str
    operators: tuple[tuple[int, ...], ...]
    sources: tuple[tuple[int, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"text": self.text, "operators": self.operators, "sources": self.sources}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Principles":
        """Inverse of ``to_json``."""
        return cls(data["text"], tuple(map(tuple, data["operators"])), tuple(map(tuple, data["sources"])))
