"""When a search stops."""

from dataclasses import dataclass

from nasray.core.errors import require


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How much a search may spend.

    Attributes:
        evaluations: Slots, failures included; strings of a benchmark count, not canonical forms.
        wall_seconds: Stop asking after this time. A run stopped by the clock is marked so: its length depends on
            the machine, its prefix does not.
    """

    evaluations: int
    wall_seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse a budget that buys nothing."""
        require(self.evaluations >= 1, f"budget.evaluations ({self.evaluations}) must be at least 1")
        require(
            self.wall_seconds is None or self.wall_seconds > 0,
            f"budget.wall_seconds ({self.wall_seconds}) must be positive, or null for no limit",
        )
