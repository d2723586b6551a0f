"""Who watches a search."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nasray.core.measurement import Outcome


class Observer(Protocol):
    """Sees what the strategy is told, in the same order, a chunk at a time. Must not raise and must not block."""

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """The next outcomes, in slot order."""
        ...

    def close(self, summary: Mapping[str, Any]) -> None:
        """The search is over; ``summary`` is what ``result.json`` holds."""
        ...
