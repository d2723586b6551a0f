"""What a table needs of the space whose architectures it measures."""

from typing import Protocol

from nasray.core.architecture import Architecture
from nasray.core.space import TextView


class WrittenSpace(TextView, Protocol):
    """A space with a written form: the importer reads texts, and genes are the table's keys."""

    def canonical(self, architecture: Architecture) -> Architecture:
        """The representative of all architectures that compute the same function."""
        ...
