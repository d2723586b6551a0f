"""What predictors ask of a table of published numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, require
from nasray.core.measurement import Split


class MeasuredTable(Protocol):
    """Rows of architectures, columns of numbers."""

    index: Mapping[tuple[int, ...], int]

    def meaning(self, name: str) -> Any:
        """What a column's numbers are: ``direction``, whether more is better, and ``split``, None for no split."""
        ...

    def column(self, name: str) -> NDArray[np.float64]:
        """``(N,)`` values; DataError when there is no such column."""
        ...

    def rows(self, architectures: Sequence[Architecture]) -> NDArray[np.int64]:
        """``(A,)`` rows; DataError that names the first unknown architecture."""
        ...


def opened(table: MeasuredTable | str, who: str) -> MeasuredTable:
    """The table, where it was opened.

    Raises:
        CapabilityError: Only its name arrived.
    """
    if isinstance(table, str):
        raise CapabilityError(
            f"predictor {who} got the name {table!r} in place of an open table; open it through the data catalog and "
            "hand it over as table"
        )
    return table


def check_column(table: MeasuredTable, name: str, who: str) -> None:
    """Refuse a column that cannot be a score.

    Raises:
        CapabilityError: Lower is better in it.
        ConfigError: It was measured on TEST, which no part of a search may see.
        DataError: There is no such column.
    """
    meaning = table.meaning(name)
    require(meaning.direction == "higher", f"{who} column {name} is better when lower; choose another", CapabilityError)
    require(
        meaning.split is not Split.TEST,
        f"{who} column {name} was measured on TEST, which no part of a search may see; choose one of VALID",
        ConfigError,
    )
