"""What the best architectures of the target task itself have in common: an upper bound, and no method."""

from collections.abc import Sequence
from dataclasses import dataclass

from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.core.space import SearchSpace
from nasray.core.transfer_source import TransferSource
from nasray.refiners.frequency import Frequency


@dataclass(kw_only=True)
class Oracle:
    """Counts the best of the target, which no search may see: how good could principles by counting be?

    Every run with it is marked.

    Args:
        space: Must offer Restrictable.
        target: The target's own column of a measured table.
        most_operators: As ``Frequency``.
        most_sources: As ``Frequency``.
    """

    space: SearchSpace
    target: TransferSource
    most_operators: int
    most_sources: int

    def __post_init__(self) -> None:
        """Refuse what ``Frequency`` refuses."""
        self._counting = Frequency(space=self.space, most_operators=self.most_operators, most_sources=self.most_sources)

    def learn(self, sources: Sequence[Architecture]) -> Principles:  # noqa: ARG002 -- it knows better
        """Count the best of the target."""
        return self._counting.learn(self.target.best())

    def adapt(self, principles: Principles, found: Sequence[Architecture], improved: bool) -> Principles:  # noqa: ARG002 -- nothing is better
        """They stay."""
        return principles
