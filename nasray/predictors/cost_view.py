"""What a space offers whose members' cost is counted from their numbers."""

from typing import Protocol, runtime_checkable

from nasray.core.architecture import Architecture


class Counts(Protocol):
    """What a Transformer costs; embeddings, and the layer that scores the vocabulary, are left out."""

    @property
    def parameters(self) -> int:
        """Weights."""
        ...

    @property
    def macs(self) -> int:
        """Multiply-adds of one sentence pair."""
        ...


@runtime_checkable
class CostView(Protocol):
    """Transformers are counted as such, without a plan as a network of images."""

    def cost(self, architecture: Architecture, vocabulary: int) -> Counts:
        """Of one member, for a vocabulary of so many words."""
        ...
