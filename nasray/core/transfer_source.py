"""The architectures that did best on a task which was measured before."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, require
from nasray.core.measured_table import MeasuredTable, check_score


class RankedTable(MeasuredTable, Protocol):
    """A table whose rows can be listed.

    Attributes:
        genes: ``(N, G)`` architectures, one a row.
    """

    genes: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class TransferSource:
    """A source task: one column of a measured table, and how much of it is learnt from.

    Args:
        table: Open table with members of the space that is searched.
        column: Their VALID scores on the source task, which must not be the task that is searched for.
        top: How many of the best are used.

    Raises:
        CapabilityError: The table was not opened, or lower is better in the column.
        ConfigError: The column was measured on TEST, or has fewer than ``top`` scores.
        DataError: There is no such column.
    """

    table: RankedTable | str
    column: str
    top: int

    def __post_init__(self) -> None:
        """Refuse what cannot be a source."""
        require(self.top >= 1, f"TransferSource top ({self.top}) must be at least 1")
        table = self._opened()
        check_score(table, self.column, "TransferSource")
        known = int(np.isfinite(table.column(self.column)).sum())
        require(
            known >= self.top,
            f"TransferSource top ({self.top}) is more than the {known} architectures that column {self.column} has "
            "scores of; lower it, or choose another source",
        )

    def best(self) -> list[Architecture]:
        """The ``top`` best architectures, best first, of equals the one whose row comes first."""
        table = self._opened()
        values = table.column(self.column)
        order = np.argsort(-np.where(np.isfinite(values), values, -np.inf), kind="stable")[: self.top]
        return [Architecture(tuple(row)) for row in table.genes[order].tolist()]

    def _opened(self) -> RankedTable:
        if isinstance(self.table, str):
            raise CapabilityError(
                f"TransferSource got the name {self.table!r} in place of an open table; open it through the data "
                "catalog and hand it over as table"
            )
        return self.table
