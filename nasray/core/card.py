"""What a trained part has seen: the guard against judging it on what it was taught."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from nasray.core.errors import ConfigError, DataError, require
from nasray.core.space import SearchSpace

Leak = Literal["refuse", "allow"]


@dataclass(frozen=True, slots=True)
class Seen:
    """Labels that a part was trained on, or chosen by.

    Attributes:
        space: Dotted name of the class of the space whose cells they belong to.
        table: Name in the data catalog.
        column: The labels.
        rows: How many of them.
    """

    space: str
    table: str
    column: str
    rows: int


@dataclass(frozen=True, slots=True)
class Card:
    """Goes with the weights of every trained part.

    Attributes:
        name: Of the part.
        command: That made it.
        seen: What it was trained on.
        facts: Whatever else belongs to it, as JSON takes it: settings, versions, scores on hold-outs.
    """

    name: str
    command: str
    seen: tuple[Seen, ...]
    facts: Mapping[str, Any]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of ``to_json``.

        Raises:
            DataError: It is no card.
        """
        try:
            seen = tuple(Seen(**one) for one in data["seen"])
            return cls(data["name"], data["command"], seen, data.get("facts", {}))
        except (KeyError, TypeError) as error:
            raise DataError(
                f"a card got {str(data)[:60]}; it must have name, command and seen ({error}): make the asset again"
            ) from error

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "name": self.name,
            "command": self.command,
            "seen": [asdict(one) for one in self.seen],
            "facts": dict(self.facts),
        }

    def leaks(self, space: SearchSpace, tables: Sequence[str] = ()) -> tuple[Seen, ...]:
        """What of ``seen`` is a table of ``tables``, or has the cells of ``space``."""
        cells = space_name(space)
        return tuple(one for one in self.seen if one.space == cells or one.table in tables)

    def guard(self, space: SearchSpace, leak: Leak, tables: Sequence[str] = ()) -> bool:
        """Whether every figure of the part must be marked, since it is used on what it has seen.

        Args:
            space: Where it is used.
            leak: ``refuse`` or ``allow``.
            tables: Names of the tables that it will be judged by.

        Raises:
            ConfigError: It has seen the cells or a table, and ``leak`` is ``refuse``; or ``leak`` is neither.
        """
        require(leak in ("refuse", "allow"), f"leak ({leak!r}) must be refuse or allow")
        found = self.leaks(space, tables)
        if found and leak == "refuse":
            labels = ", ".join(f"{one.table}.{one.column}" for one in found)
            raise ConfigError(
                f"{self.name} was trained on {labels}, which has the cells of {space_name(space)}: its scores are no "
                "prediction there; choose a checkpoint that has not seen them, or set leak=allow, which marks every "
                "figure"
            )
        return bool(found)


def space_name(space: SearchSpace) -> str:
    """Dotted name of the class of a space, by which cards speak of its cells."""
    return f"{type(space).__module__}.{type(space).__qualname__}"
