"""Goes up a ladder when a rung has cost its share."""

from dataclasses import dataclass
from typing import ClassVar

from nasray.core.errors import require
from nasray.strategies.switch import SoFar, climbed


@dataclass(frozen=True, kw_only=True)
class SwitchByCost:
    """A rung is left when its journaled cost has reached a sum.

    A measurement costs its benchmark_seconds, or what its rung says where it has none; a prediction what its rung says.
    Seconds of a clock do not count: they would make the path of a search depend on the machine.

    Attributes:
        seconds: That a rung may cost.
        latest: From this iteration on it is the top rung in any case: a rung that costs nothing is never left else.

    Raises:
        ConfigError: Nothing to spend, or a negative iteration.
    """

    reserved: ClassVar[int] = 0
    seconds: float
    latest: int

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        require(self.seconds > 0, f"switch.seconds ({self.seconds}) must be above 0")
        require(self.latest >= 0, f"switch.latest ({self.latest}) must not be negative")

    def rung(self, so_far: SoFar) -> int:
        """The next one when this one has cost enough."""
        return climbed(so_far, due=so_far.seconds[so_far.rung] >= self.seconds, latest=self.latest)
