"""What a complete benchmark knows that a search must not."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class KnownOptimum(Protocol):
    """An evaluator that knows every VALID value of its space, for regret curves. Asked by ``app`` after the search."""

    def optimum(self) -> float:
        """The best VALID value."""
        ...

    def threshold(self, share: float) -> float:
        """The ceil(share * n)-th best VALID value, ties included."""
        ...
