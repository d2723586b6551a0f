"""Goes up a ladder when a rung has scored its share."""

from dataclasses import dataclass
from typing import ClassVar

from nasray.core.errors import require
from nasray.strategies.switch import SoFar, climbed


@dataclass(frozen=True, kw_only=True)
class SwitchByBudget:
    """A rung is left after so many distinct architectures: soon while the search explores, later when it repeats.

    Attributes:
        candidates: Distinct architectures that a rung scores.
        latest: From this iteration on it is the top rung in any case.

    Raises:
        ConfigError: A rung that scores nothing, or a negative iteration.
    """

    reserved: ClassVar[int] = 0
    candidates: int
    latest: int

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        require(self.candidates >= 1, f"switch.candidates ({self.candidates}) must be at least 1")
        require(self.latest >= 0, f"switch.latest ({self.latest}) must not be negative")

    def rung(self, so_far: SoFar) -> int:
        """The next one when this one has scored enough."""
        return climbed(so_far, due=so_far.scored[so_far.rung] >= self.candidates, latest=self.latest)
