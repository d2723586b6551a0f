"""The one currency of the house: an architecture is a frozen tuple of integers; its space knows what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """A genotype. Not a network, not a result: those are made from it and recorded beside it.

    Genes may be invalid (a language model can propose anything); only a space's ``validate`` says so.

    Attributes:
        genes: ``(G,)`` integers; the space defines their number and meaning.
    """

    genes: tuple[int, ...]

    def __reduce__(self) -> tuple[type["Architecture"], tuple[tuple[int, ...]]]:
        """Pickled by its genes alone: a third of the time that a frozen dataclass with slots takes by itself."""
        return Architecture, (self.genes,)

    @property
    def key(self) -> str:
        """A stable name within the space, e.g. ``3.3.1.0.2.4``."""
        return ".".join(map(str, self.genes))

    @classmethod
    def from_json(cls, genes: Sequence[int]) -> "Architecture":
        """Inverse of ``to_json``."""
        return cls(tuple(genes))

    def to_json(self) -> list[int]:
        """The genes, as JSON takes them."""
        return list(self.genes)
