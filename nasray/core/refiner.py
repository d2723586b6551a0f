"""Who learns design principles."""

from collections.abc import Sequence
from typing import ClassVar, Protocol, runtime_checkable

from nasray.core.architecture import Architecture
from nasray.core.principles import Principles


class Refiner(Protocol):
    """Learns design principles from good architectures (LAPT, arXiv 2408.11330).

    Lifecycle: built once; ``learn`` at the beginning of a search, ``adapt`` whenever the search wants its principles
    looked at again. Both may block (a model may be asked). A refiner has no memory: what it needs again it keeps in
    the principles, which the search writes down, so that a restart calls none.
    """

    def learn(self, sources: Sequence[Architecture]) -> Principles:
        """Principles from architectures that did well on other tasks, best first, at least one."""
        ...

    def adapt(self, principles: Principles, found: Sequence[Architecture], improved: bool) -> Principles:
        """Principles for the target task, for the same layers.

        Args:
            principles: Those in force.
            found: The best architectures found on the target so far, best first; perhaps none.
            improved: Whether a better one was found since the principles came into force.
        """
        ...


@runtime_checkable
class Copying(Protocol):
    """A refiner that has the sources' best evaluated before anything else.

    Attributes:
        copies: True.
    """

    copies: ClassVar[bool]
