"""Reading the columns of a Parquet file as plain Python values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from nasray.core.errors import DataError
from nasray.data.importers.row_gatherer import REMEDY


def parquet_columns(path: Path, names: Sequence[str]) -> dict[str, list[Any]]:
    """The columns ``names`` of the file at ``path``; the file may have others.

    Returns:
        Name -> one value a row; None where there is none.

    Raises:
        DataError: The file cannot be read, or lacks one of the columns.
    """
    from pyarrow import parquet  # a quarter of a second that listing tables does not need

    try:
        table = parquet.ParquetFile(path).read(columns=list(names))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is not a whole Parquet file ({error}); {REMEDY}") from error
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise DataError(f"{path}: no column is called {', '.join(missing)}; {REMEDY}")
    return {name: table.column(name).to_pylist() for name in names}
