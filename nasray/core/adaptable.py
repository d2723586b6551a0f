"""Generators that learn while a search goes on."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from nasray.core.architecture import Architecture
from nasray.core.predictor import Rebuilder


@runtime_checkable
class Adaptable(Rebuilder, Protocol):
    """A generator that rebuilds and can learn from good architectures of the search that it serves.

    What it knows after a call is a function of what that call gave it, to the bit.
    """

    def adapt(self, architectures: Sequence[Architecture]) -> None:
        """Learn from ``architectures``, best first, in place of what earlier calls taught; of none, forget."""
        ...
