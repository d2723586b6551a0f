"""A measured benchmark as one read-only file that all processes of a node share."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, require
from nasray.data.column import Column
from nasray.data.compact_index import CompactIndex
from nasray.data.table_file import GENES, METADATA_KEY
from nasray.data.table_header import TableHeader
from nasray.data.table_seal import check_size, how_to_restore, read_seal

Number = TypeVar("Number", np.int8, np.float64)

DICTIONARY_ROWS = 50_000
"""Up to so many rows a dictionary is worth its memory: at most 20 MB, and look-ups in a tenth of the time."""


class Table:
    """Measurements by architecture: an uncompressed Arrow file, memory-mapped, so that a node holds it once.

    ``open`` reads the seal, the header and the genes; values are paged in when they are asked for. It does not hash
    the file: ``Catalog.open`` sees to that once, before any worker is sent a table. Only the index is private to a
    process: about 4 MB for 15,625 rows of 6 genes; a larger table has a ``CompactIndex``. A pickled Table is its path
    and SHA-256: the process that receives it opens the same content or refuses.

    Attributes:
        path: The Arrow file.
        sha256: Of its content, as sealed at import.
        header: Name, pedigree and meaning of the columns.
        genes: ``(N, G)`` int8, one architecture a row, read only.
        index: Genes -> row.
    """

    def __init__(self, path: Path, sha256: str, header: TableHeader, batch: pa.RecordBatch) -> None:
        """Index ``batch``; use ``open``."""
        self.path = path
        self.sha256 = sha256
        self.header = header
        self._batch = batch
        self.genes = _numbers(batch.column(GENES).values, np.int8).reshape(batch.num_rows, -1)
        self.index: Mapping[tuple[int, ...], int] = _index(self.genes)
        self._meanings = {column.name: column for column in header.columns}

    @classmethod
    def open(cls, path: Path, sha256: str | None = None) -> "Table":
        """The table at ``path``; with ``sha256``, that very content.

        Raises:
            DataError: The table is missing, truncated, foreign, of another schema or of other content.
        """
        path = path.resolve()
        seal = read_seal(path)
        remedy = how_to_restore(path)
        check_size(path, seal)
        require(
            sha256 in (None, seal["sha256"]),
            f"table {path.stem}: {path} holds {seal['sha256']}, but {sha256} is wanted: this machine has another "
            "version of the table; import the same source file everywhere",
            DataError,
        )
        try:
            batch, header = _map(path)
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"table {path.stem}: {path} is not a table of nasray ({error!r}); {remedy}") from error
        require(
            batch.num_rows == seal["rows"],
            f"table {path.stem}: {path} has {batch.num_rows} rows, but {seal['rows']} were written; {remedy}",
            DataError,
        )
        require(
            header.source_sha256 == seal["source_sha256"],
            f"table {path.stem}: {path} was made from {header.source_sha256}, but its seal is of "
            f"{seal['source_sha256']}: an import was cut off; {remedy}",
            DataError,
        )
        return cls(path, seal["sha256"], header, batch)

    def __len__(self) -> int:
        """Number of architectures, N."""
        return self._batch.num_rows

    def __reduce__(self) -> tuple[Callable[[Path, str], "Table"], tuple[Path, str]]:
        """Pickle as what names the content, so that a worker maps the file instead of receiving it."""
        return Table.open, (self.path, self.sha256)

    @property
    def canonical(self) -> bool:
        """Whether a row stands for every architecture with the same canonical form."""
        return self.header.canonical

    @property
    def complete(self) -> bool:
        """Whether every architecture of the space was measured."""
        return self.header.complete

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the file's order."""
        return tuple(self._meanings)

    def meaning(self, name: str) -> Column:
        """What the numbers of column ``name`` are.

        Raises:
            DataError: There is no such column.
        """
        if name not in self._meanings:
            near = get_close_matches(name, self._meanings, n=4, cutoff=0.0)
            raise DataError(
                f"table {self.header.name} has no column {name!r}; the nearest of its {len(self._meanings)} are "
                f"{', '.join(near)}: choose a data set, schedule or table that fits"
            )
        return self._meanings[name]

    def objective(self, name: str) -> str:
        """Column ``name`` as an evaluator's metric, e.g. ``valid accuracy (%)``.

        Raises:
            DataError: There is no such column, or lower is better in it.
        """
        meaning = self.meaning(name)
        require(
            meaning.direction == "higher",
            f"table {self.header.name}: in column {name!r} lower is better, but an objective is maximised; use it as a "
            "constraint, or choose another column",
            DataError,
        )
        return meaning.label

    def column(self, name: str) -> NDArray[np.float64]:
        """``(N,)`` values of one column, read only, straight from the file's pages.

        Raises:
            DataError: There is no such column.
        """
        self.meaning(name)
        return _numbers(self._batch.column(name), np.float64)

    def rows(self, architectures: Sequence[Architecture]) -> NDArray[np.int64]:
        """``(A,)`` row of each of A architectures.

        Raises:
            DataError: One of them was not measured.
        """
        index = self.index
        try:
            if isinstance(index, CompactIndex):
                return index.rows([one.genes for one in architectures])
            return np.fromiter((index[one.genes] for one in architectures), np.int64, len(architectures))
        except KeyError as error:
            unknown = Architecture(error.args[0])
            remedy = "search that space" if self.complete else "a part of it, so propose from its rows"
            raise DataError(
                f"table {self.header.name} has no row for architecture {unknown.key} (genes {unknown.genes}); it holds "
                f"{len(self)} architectures of space {self.header.space}: {remedy}, or use another evaluator"
            ) from error


def _index(genes: NDArray[np.int8]) -> Mapping[tuple[int, ...], int]:
    """Genes -> row, in the form that suits their number."""
    if len(genes) > DICTIONARY_ROWS:
        return CompactIndex(genes)
    return {tuple(row): at for at, row in enumerate(genes.tolist())}


def _map(path: Path) -> tuple[pa.RecordBatch, TableHeader]:
    """The one record batch of an Arrow file, on the file's own pages, and its header."""
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    batch = reader.get_batch(0)
    header = TableHeader.from_bytes(reader.schema.metadata[METADATA_KEY])
    if batch.column(GENES).values.type != pa.int8():
        raise TypeError(f"genes are {batch.column(GENES).type}, not lists of int8")
    for column in header.columns:
        values = batch.column(column.name)
        if values.type != pa.float64() or values.null_count:
            raise TypeError(f"column {column.name} is {values.type} with {values.null_count} gaps, not whole float64")
    return batch, header


def _numbers(array: pa.Array, dtype: type[Number]) -> NDArray[Number]:
    """The buffer of an Arrow array as numpy sees it, without a copy.

    NOTE: not ``to_numpy``, which imports pandas where it is installed: 0.3 s and 40 MB in every worker.
    """
    return np.frombuffer(array.buffers()[-1], dtype, count=len(array), offset=array.offset * np.dtype(dtype).itemsize)
