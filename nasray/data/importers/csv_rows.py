"""Reading a gzipped CSV of measurements, strictly: a wrong table is worse than none."""

import csv
import gzip
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nasray.core.errors import DataError, InvalidArchitecture
from nasray.core.space import TextView
from nasray.data.column import Column
from nasray.data.rows import Rows

REMEDY = "get the file again, or name the right one"


@dataclass(frozen=True, kw_only=True)
class CsvRows:
    """A reader of files whose first column is an architecture's text and whose others are measured values.

    Args:
        text_column: Header of the first column.
        columns: What the other columns are, in the file's order.
        n_rows: How many architectures the benchmark has.
        low: Smallest value that can be measured.
        high: Largest value that can be measured.
    """

    text_column: str
    columns: Sequence[Column]
    n_rows: int
    low: float
    high: float

    def read(self, path: Path, space: TextView) -> Rows:
        """All rows of the file at ``path``.

        Raises:
            DataError: The file cannot be read to its end, or one of its rows breaks a rule: which, what, where.
        """
        seen: dict[tuple[int, ...], int] = {}
        values: list[list[float]] = []
        for line, row in self._lines(path):
            genes = self._genes(path, line, row[0], space)
            if genes in seen:
                raise DataError(f"{path}, row {line}: {row[0]!r} is also row {seen[genes]}; {REMEDY}")
            seen[genes] = line
            values.append(self._values(path, line, row))
        if len(values) != self.n_rows:
            raise DataError(f"{path}: {len(values)} rows, but the benchmark has {self.n_rows}; {REMEDY}")
        names = [column.name for column in self.columns]
        by_column = np.array(values, np.float64).T
        return Rows(np.array(list(seen), np.int8), {name: by_column[at].copy() for at, name in enumerate(names)})

    def _lines(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """Every row below the header with its number in the file, header = 1."""
        header = [self.text_column, *(column.name for column in self.columns)]
        try:
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                rows = csv.reader(file)
                got = next(rows, [])
                if got != header:
                    raise DataError(
                        f"{path}, row 1: the header is {','.join(got)!r}, but it must be {','.join(header)!r}; {REMEDY}"
                    )
                for line, row in enumerate(rows, 2):
                    if len(row) != len(header):
                        raise DataError(f"{path}, row {line}: {len(row)} fields, but there are {len(header)}; {REMEDY}")
                    yield line, row
        except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{path} is not a whole gzipped CSV file ({error}); {REMEDY}") from error

    def _genes(self, path: Path, line: int, text: str, space: TextView) -> tuple[int, ...]:
        """The genes of one row's text."""
        try:
            return space.from_text(text).genes
        except InvalidArchitecture as error:
            raise DataError(f"{path}, row {line}: unknown architecture: {error}; {REMEDY}") from error

    def _values(self, path: Path, line: int, row: Sequence[str]) -> list[float]:
        """The numbers of one row."""
        values: list[float] = []
        for column, text in zip(self.columns, row[1:], strict=True):
            try:
                value = float(text)
            except ValueError:
                value = math.nan
            if not self.low <= value <= self.high:
                raise DataError(
                    f"{path}, row {line}: {column.name} is {text!r}, but it must be a number between {self.low:g} and "
                    f"{self.high:g}; {REMEDY}"
                )
            values.append(value)
        return values
