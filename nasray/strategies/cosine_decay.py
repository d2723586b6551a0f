"""An elimination rate that falls slowly, fast, and slowly again."""

import math
from dataclasses import dataclass

from nasray.strategies.elimination import check_rate, passed


@dataclass(frozen=True, kw_only=True)
class CosineDecay:
    """rate_t = rate_0 (1 + cos(pi t / T)) / 2 for generation t of T, counted from 0; 0 for what comes later.

    Attributes:
        rate: rate_0.

    Raises:
        ConfigError: The rate lies outside [0, 1].
    """

    rate: float

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        check_rate(self.rate)

    def at(self, generation: int, generations: int) -> float:
        """The rate of a generation."""
        return self.rate * 0.5 * (1 + math.cos(math.pi * passed(generation, generations)))
