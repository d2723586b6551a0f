"""An elimination rate that stays."""

from dataclasses import dataclass

from nasray.strategies.elimination import check_rate


@dataclass(frozen=True, kw_only=True)
class ConstantRate:
    """The same rate in every generation: what a schedule is compared with.

    Attributes:
        rate: Of all generations.

    Raises:
        ConfigError: The rate lies outside [0, 1].
    """

    rate: float

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        check_rate(self.rate)

    def at(self, generation: int, generations: int) -> float:  # noqa: ARG002 - an Elimination
        """The rate."""
        return self.rate
