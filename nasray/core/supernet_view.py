"""What a space offers to methods that search inside a supernet."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.graph_batch import GraphBatch

Live = NDArray[np.bool_]
"""``(E, K)`` which of K operators each of E edges still may carry; an edge with none is gone."""


@runtime_checkable
class SupernetView(Protocol):
    """All members of the space at once: edges that carry several operators, of which one after the other is removed.

    A walk from the supernet to a member: ask ``removals``, remove one of every group, ask again; when there are no
    groups left, ``member`` names the architecture.
    """

    @property
    def sizes(self) -> Sequence[int]:
        """``(G,)`` number of values of each gene of a member."""
        ...

    def supernet(self) -> Live:
        """Everything that may be live; a new array."""
        ...

    def edge_cells(self) -> Sequence[int]:
        """``(E,)`` number of the cell that each edge belongs to."""
        ...

    def removals(self, live: Live) -> Sequence[Sequence[tuple[int, int]]]:
        """Groups of live (edge, operator): one of each group has to go next. No groups: a single member is left."""
        ...

    def soft_graphs(self, live: NDArray[np.bool_]) -> GraphBatch:
        """The graphs of A supernets, ``(A, E, K)``: a node is the mean of its edge's live operators.

        With a single member left, it is that member's graph, whatever the order of its nodes.
        """
        ...

    def member(self, live: Live) -> Architecture:
        """The single member that is left."""
        ...
