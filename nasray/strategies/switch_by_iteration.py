"""Goes up a ladder at an iteration that is known beforehand."""

from dataclasses import dataclass
from typing import ClassVar

from nasray.core.errors import require
from nasray.strategies.switch import SoFar


@dataclass(frozen=True, kw_only=True)
class SwitchByIteration:
    """Iterations ``start`` to ``end - 1`` on the lower rungs, which share them evenly; all others on the top rung.

    HS-NAS (Jawahar et al. 2023, https://arxiv.org/abs/2310.16712) is 0 to 15 of 30; 15 to 30 is "expensive first".

    Attributes:
        start: The first iteration on a lower rung, from 0.
        end: The first one on the top rung again.

    Raises:
        ConfigError: It ends before it starts.
    """

    reserved: ClassVar[int] = 0
    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse a switch backwards."""
        require(
            0 <= self.start <= self.end,
            f"switch.start ({self.start}) must be between 0 and switch.end ({self.end})",
        )

    def rung(self, so_far: SoFar) -> int:
        """By the number of the iteration alone."""
        if not self.start <= so_far.iteration < self.end:
            return so_far.top
        return (so_far.iteration - self.start) * so_far.top // (self.end - self.start)
