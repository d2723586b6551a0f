"""What a benchmark has measured, where it has not measured everything."""

from typing import Protocol, runtime_checkable

from nasray.core.measurement import Split


@runtime_checkable
class KnownSplits(Protocol):
    """An evaluator that may lack TEST. One that does not say has both splits.

    Attributes:
        splits: The splits that can be asked for.
    """

    @property
    def splits(self) -> frozenset[Split]:
        """VALID, and TEST where it was measured."""
        ...
