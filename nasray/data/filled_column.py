"""Columns that are published for some cells only and known for more."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.data.table import Table


def filled_column(table: Table, name: str, pruned: Callable[[Architecture], Architecture]) -> NDArray[np.float64]:
    """``(N,)`` column ``name`` of ``table``; an architecture without a value has that of the one it is pruned to.

    The zero-cost scores of NAS-Bench-201 are published for the 9,445 cells without a dead edge; the others compute what
    their pruned twins compute. What failed there stays NaN.

    Args:
        table: Must hold the pruned architectures, too.
        name: Of the column.
        pruned: The space's ``pruned``.

    Raises:
        DataError: There is no such column, or no row for a pruned architecture.
    """
    values = table.column(name)
    gaps = np.flatnonzero(np.isnan(values))
    twins = table.rows([pruned(Architecture(tuple(table.genes[row].tolist()))) for row in gaps])
    filled = values.copy()
    filled[gaps] = values[twins]
    return filled
