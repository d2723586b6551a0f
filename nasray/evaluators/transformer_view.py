"""What a space offers whose members are Transformers of HAT's kind."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from nasray.core.architecture import Architecture
from nasray.models.hat_dimensions import HatDimensions


@runtime_checkable
class TransformerView(Protocol):
    """Members can be built as Transformers, and cut out of one that holds them all.

    Attributes:
        qkv_dim: Width of queries, keys and values, all heads together.
    """

    qkv_dim: int

    @property
    def choices(self) -> Mapping[str, Sequence[int]]:
        """Name of each list of numbers -> its values."""
        ...

    def shape(self, architecture: Architecture) -> HatDimensions:
        """The numbers of one member."""
        ...
