"""An elimination rate that falls linearly."""

from dataclasses import dataclass

from nasray.strategies.elimination import check_rate, passed


@dataclass(frozen=True, kw_only=True)
class LinearDecay:
    """rate_t = rate_0 (1 - t / T) for generation t of T, counted from 0 (GPT-NAS, arXiv 2305.05351, equation 3).

    With rate_0 = 0.4 and T = 20 the first generation has 0.4, the last 0.02, and what comes later 0.

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
        return self.rate * (1 - passed(generation, generations))
