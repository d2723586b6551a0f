"""Which slots of a long search are shown."""

from dataclasses import dataclass

from nasray.core.errors import require


@dataclass(frozen=True, slots=True)
class SlotMarks:
    """Evenly spaced slots, the last one included; the same ones whatever the chunks and however often resumed.

    Attributes:
        total: Slots of the search.
        limit: Most marks wanted; every slot is one when there are fewer slots.
    """

    total: int
    limit: int

    def __post_init__(self) -> None:
        """Refuse to spread nothing."""
        require(self.total >= 1, f"the slots to spread marks over ({self.total}) must be at least 1")
        require(self.limit >= 1, f"the number of slot marks ({self.limit}) must be at least 1")

    def within(self, first: int, stop: int) -> list[int]:
        """The marks among slots ``first`` … ``stop - 1``; mark k is the slot at which k/n of the total are done."""
        n = min(self.limit, self.total)
        numbers = range(first * n // self.total + 1, stop * n // self.total + 1)
        return [-(-number * self.total // n) - 1 for number in numbers]
