"""What evaluators and predictors ask of a table of published numbers."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, require
from nasray.core.measurement import Split


class MeasuredColumn(Protocol):
    """What the numbers of a column are."""

    @property
    def split(self) -> Split | None:
        """The part of the data set that was measured on; None for what is not measured on one, as latencies."""
        ...

    @property
    def direction(self) -> Literal["higher", "lower"]:
        """Which way is better."""
        ...


class MeasuredTable(Protocol):
    """Rows of architectures, columns of numbers; those of scores are called ``DATASET_SPLIT_EPOCHS``.

    Attributes:
        index: Genes -> row.
    """

    index: Mapping[tuple[int, ...], int]

    @property
    def names(self) -> Sequence[str]:
        """The columns' names."""
        ...

    @property
    def canonical(self) -> bool:
        """Whether a row stands for every architecture with the same canonical form."""
        ...

    @property
    def complete(self) -> bool:
        """Whether every architecture of the space was measured."""
        ...

    def meaning(self, name: str) -> MeasuredColumn:
        """What the numbers of a column are; DataError when there is none of that name."""
        ...

    def objective(self, name: str) -> str:
        """What column ``name`` measures, e.g. ``valid accuracy (%)``; DataError unless it can be maximised."""
        ...

    def column(self, name: str) -> NDArray[np.float64]:
        """``(N,)`` values of a column; DataError when there is none of that name."""
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


def check_score(table: MeasuredTable, name: str, who: str) -> None:
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
