"""Reading a gzipped CSV of measurements."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nasray.core.errors import DataError
from nasray.data.column import Column
from nasray.data.importers.row_gatherer import REMEDY, Bounds, RowGatherer
from nasray.data.rows import Rows
from nasray.data.written_space import WrittenSpace


@dataclass(frozen=True, kw_only=True)
class CsvRows:
    """A reader of files whose first column is an architecture's text and whose others are measured values.

    Args:
        text_column: Header of the first column.
        columns: What the other columns are, in the file's order.
        n_rows: How many architectures the benchmark has.
        low: Smallest value that can be measured.
        high: Largest value that can be measured.
        bounds: Column name -> smallest and largest value, where they are others.
        headers: Headers of the other columns, where they are not the columns' names.
    """

    text_column: str
    columns: Sequence[Column]
    n_rows: int
    low: float
    high: float
    bounds: Mapping[str, Bounds] = field(default_factory=dict[str, Bounds])
    headers: Sequence[str] = ()

    def read(self, path: Path, space: WrittenSpace) -> Rows:
        """All rows of the file at ``path``.

        Raises:
            DataError: The file cannot be read to its end, or one of its rows breaks a rule: which, what, where.
        """
        bounds = {column.name: self.bounds.get(column.name, (self.low, self.high)) for column in self.columns}
        gathered = RowGatherer(path=path, read=space.from_text, columns=self.columns, bounds=bounds)
        for line, row in self._lines(path):
            gathered.add(line, row[0], row[1:])
        return gathered.rows(self.n_rows)

    def _lines(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        """Every row below the header with its number in the file, header = 1."""
        header = [self.text_column, *(self.headers or [column.name for column in self.columns])]
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
