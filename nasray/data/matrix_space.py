"""What the files of NAS-Bench-101 need of the space whose cells they hold."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from nasray.core.architecture import Architecture


@runtime_checkable
class MatrixSpace(Protocol):
    """Members can be read from an adjacency matrix and its vertices' operators."""

    def from_matrix(self, matrix: Sequence[Sequence[int]], operators: Sequence[str]) -> Architecture:
        """The member; InvalidArchitecture when it is none.

        Args:
            matrix: ``(V, V)``, entry (i, j) = 1 for an edge i -> j.
            operators: ``(V,)`` names; the first ``input``, the last ``output``.
        """
        ...

    def canonical(self, architecture: Architecture) -> Architecture:
        """The representative of all cells that are isomorphic after pruning."""
        ...
