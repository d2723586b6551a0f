"""Design principles: what a refiner learnt from good architectures, for people and for a space."""

from dataclasses import asdict, dataclass
from typing import Any

Candidates = tuple[tuple[int, ...], ...]
"""Per layer, the ids that remain."""


@dataclass(frozen=True, slots=True)
class Principles:
    """Text for people, and per layer the candidates that remain (LAPT, arXiv 2408.11330).

    Attributes:
        text: The principles in words.
        operators: Per layer, the operator ids that remain (C_i in the paper); never empty.
        sources: Per layer, the information sources that remain (S_i); empty where the wiring is fixed.
        dialogue: Who said what, where a language model was asked: pairs of role and text.
        repairs: What was wrong with the model's reply and what was done about it, one sentence each.
    """

    text: str
    operators: Candidates
    sources: Candidates = ()
    dialogue: tuple[tuple[str, str], ...] = ()
    repairs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it; what is empty is left out, but for text and operators."""
        data = asdict(self)
        return {name: value for name, value in data.items() if value or name in ("text", "operators")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Principles":
        """Inverse of ``to_json``."""
        return cls(
            text=data["text"],
            operators=tuple(map(tuple, data["operators"])),
            sources=tuple(map(tuple, data.get("sources", ()))),
            dialogue=tuple((role, said) for role, said in data.get("dialogue", ())),
            repairs=tuple(data.get("repairs", ())),
        )
