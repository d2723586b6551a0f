"""What a space offers to those who learn design principles: its layers, and its part that keeps to principles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.core.space import SearchSpace


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """One place of an architecture where an operator is chosen, and perhaps what it reads.

    Attributes:
        name: Of the place, e.g. ``edge 0 -> 1``.
        operators: Names of the operators, by id.
        sources: Names of the information sources, by id; empty where the wiring is fixed.
    """

    name: str
    operators: tuple[str, ...]
    sources: tuple[str, ...] = ()


@runtime_checkable
class Restrictable(Protocol):
    """Members are layers with an operator each, and the space can be narrowed layer by layer."""

    def layer_choices(self) -> Sequence[LayerChoice]:
        """``(L,)`` layers, in the order in which principles speak of them."""
        ...

    def operators_of(self, architecture: Architecture) -> tuple[int, ...]:
        """``(L,)`` operator id of each layer."""
        ...

    def sources_of(self, architecture: Architecture) -> tuple[int, ...]:
        """``(L,)`` source id of each layer; empty where the wiring is fixed."""
        ...

    def family_code(self, names: Sequence[str]) -> str:
        """All members as one readable class that is made from a list with the choice of each layer.

        Args:
            names: What the operators are called, by id; others than their own names hide what they are.
        """
        ...

    def restrict(self, principles: Principles) -> SearchSpace:
        """The members that keep to ``principles``: a space that offers what the whole one does and can be counted.

        Raises:
            ConfigError: Principles for other layers, an unknown id, an emptied layer, or fewer than two members left.
        """
        ...
