"""Putting a table together row by row, strictly: a wrong table is worse than none."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, InvalidArchitecture
from nasray.data.column import Column
from nasray.data.rows import Rows

REMEDY = "get the file again, or name the right one"

Bounds = tuple[float, float]
"""Smallest and largest value that can be measured."""


@dataclass(kw_only=True)
class RowGatherer:
    """Collects rows and checks each: known architecture, not seen before, every value a number within its bounds.

    Args:
        path: The file, for messages.
        read: The architecture that a row's text means, as the table is to know it; raises InvalidArchitecture.
        columns: What the values of a row are, in order.
        bounds: Column name -> what can be measured.
    """

    path: Path
    read: Callable[[str], Architecture]
    columns: Sequence[Column]
    bounds: Mapping[str, Bounds]
    _seen: dict[tuple[int, ...], int | str] = field(init=False, default_factory=dict[tuple[int, ...], int | str])
    _values: list[list[float]] = field(init=False, default_factory=list[list[float]])

    def add(self, row: int | str, text: str, values: Sequence[float | str | None]) -> None:
        """One row of the file.

        Args:
            row: Its number in the file, or its name there.
            text: The architecture as the file writes it.
            values: One a column, numbers or their text; None is missing.

        Raises:
            DataError: The row breaks a rule: which, what, where.
        """
        try:
            genes = self.read(text).genes
        except InvalidArchitecture as error:
            raise DataError(f"{self.path}, row {row}: unknown architecture: {error}; {REMEDY}") from error
        if genes in self._seen:
            raise DataError(f"{self.path}, row {row}: {text!r} is also row {self._seen[genes]}; {REMEDY}")
        self._seen[genes] = row
        self._values.append([self.number(row, *each) for each in zip(self.columns, values, strict=True)])

    def rows(self, n_rows: int) -> Rows:
        """All of them.

        Raises:
            DataError: They are not ``n_rows``, or a column has more or fewer gaps than the benchmark.
        """
        if len(self._values) != n_rows:
            raise DataError(f"{self.path}: {len(self._values)} rows, but the benchmark has {n_rows}; {REMEDY}")
        by_column = np.array(self._values, np.float64).T
        for column, values in zip(self.columns, by_column, strict=True):
            gaps = int(np.isnan(values).sum())
            if gaps != column.missing:
                raise DataError(
                    f"{self.path}: {column.name} has {gaps} missing values, but the benchmark's has {column.missing}; "
                    f"{REMEDY}"
                )
        names = [column.name for column in self.columns]
        return Rows(np.array(list(self._seen), np.int8), {name: by_column[at].copy() for at, name in enumerate(names)})

    def number(self, row: int | str, column: Column, given: float | str | None) -> float:
        """The number of one field; NaN where a column has gaps and this is one. For values that are averaged first.

        Raises:
            DataError: It is no number that can be measured.
        """
        if given is None and column.missing:
            return math.nan
        try:
            value = math.nan if given is None else float(given)
        except ValueError:
            value = math.nan
        low, high = self.bounds[column.name]
        if not low <= value <= high:
            raise DataError(
                f"{self.path}, row {row}: {column.name} is {given!r}, but it must be a number between {low:g} and "
                f"{high:g}; {REMEDY}"
            )
        return value


def check_best(path: Path, rows: Rows, best: Mapping[str, float], within: float) -> None:
    """Return if the highest values of some columns are the published ones.

    Args:
        path: The file, for messages.
        rows: What was read from it.
        best: Column name -> its published best value.
        within: How far the two may be apart: half the last published digit.

    Raises:
        DataError: One is not: this is another export of the benchmark.
    """
    for name, published in best.items():
        got = float(np.nanmax(rows.columns[name]))
        if not abs(got - published) < within:
            at = int(np.nanargmax(rows.columns[name]))
            raise DataError(
                f"{path}, row {at + 2}: the best {name} is {got:.4f}, but {published} is published: this is another "
                "export of the benchmark; get the file that the catalog names"
            )
