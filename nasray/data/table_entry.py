"""What the catalog knows of a table before it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nasray.data.column import Column
from nasray.data.rows import Rows
from nasray.data.written_space import WrittenSpace


@dataclass(frozen=True, kw_only=True, slots=True)
class TableEntry:
    """One benchmark: where its file comes from, what is in it, and who reads it.

    Attributes:
        name: Name in the catalog and on the command line.
        space: The search space whose architectures it measures, by its file in ``conf/space``.
        n_rows: Architectures in the file.
        file_name: Of the source file, in a mirror folder.
        sha256: Of the source file; None where no copy was at hand to pin: the content alone is checked then.
        addresses: Public addresses of the source file, tried in order.
        provenance: Upstream repository, commit and path.
        licence: Of the upstream.
        columns: Meaning of every column.
        read: ``(source file, space) -> Rows``; raises DataError unless the file is what it should be.
        canonical: Whether one architecture stands for all that compute the same function (the space's ``canonical``),
            so that any of them is looked up as that one.
        complete: Whether every architecture of the space was measured.
        made: For a table that is listed instead of measured: ``space -> Rows``. It has no file; ``read`` refuses any.
        shipped: Where the table itself is, if it comes with nasray: it is always here, and never imported.
    """

    name: str
    space: str
    n_rows: int
    file_name: str
    sha256: str | None
    addresses: tuple[str, ...]
    provenance: str
    licence: str
    columns: tuple[Column, ...]
    read: Callable[[Path, WrittenSpace], Rows]
    canonical: bool = False
    complete: bool = True
    made: Callable[[WrittenSpace], Rows] | None = None
    shipped: Path | None = None
