"""What evolution eliminates from a chain of units, so that a generator rebuilds it."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

from nasray.core.errors import require

Unit = Literal["block", "layer"]
UNITS = ("block", "layer")


class Elimination(Protocol):
    """How the rate of elimination goes on over the generations of a search.

    Attributes:
        rate: rate_0 of the paper, between 0 and 1.
    """

    @property
    def rate(self) -> float:
        """The highest rate."""
        ...

    def at(self, generation: int, generations: int) -> float:
        """The rate of a generation, counted from 0; what comes after the last has the rate of the schedule's end."""
        ...


def check_rate(rate: float) -> None:
    """Refuse what is no probability.

    Raises:
        ConfigError: The rate lies outside [0, 1].
    """
    require(0 <= rate <= 1, f"elimination.rate ({rate}) must be between 0 and 1: it is a probability")


def passed(generation: int, generations: int) -> float:
    """The share of a schedule that lies behind a generation, 0 to 1."""
    return min(generation, generations) / generations


def eliminated(layers: Sequence[int], rate: float, unit: Unit, rng: np.random.Generator) -> tuple[int, ...]:
    """The units that go: one draw a unit, so that ``block`` and ``layer`` differ in nothing but probabilities.

    Args:
        layers: ``(U,)`` layers in each unit.
        rate: r, the probability that a unit, or a layer, is drawn.
        unit: ``block``: a unit goes with probability r. ``layer``: with 1 - (1 - r)^L, that any of its L layers goes.
        rng: The randomness.
    """
    draws = rng.random(len(layers)).tolist()
    if unit == "block":
        return tuple([number for number, draw in enumerate(draws) if draw < rate])
    return tuple(
        [number for number, (draw, n) in enumerate(zip(draws, layers, strict=True)) if draw < 1 - (1 - rate) ** n]
    )
