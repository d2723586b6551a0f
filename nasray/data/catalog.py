"""Which tables there are, where they are, and how they get there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from filelock import FileLock, Timeout

from nasray.core.errors import DataError, require
from nasray.core.space import SearchSpace, TextView, need
from nasray.data.column_groups import column_groups
from nasray.data.download import download
from nasray.data.drawn_check import check_drawn
from nasray.data.entries import ENTRIES
from nasray.data.table import Table
from nasray.data.table_entry import TableEntry
from nasray.data.table_file import header_of, seal_path, sha256_of, write_table
from nasray.data.table_seal import read_seal, soon_trusted, trust_table, verify_table
from nasray.data.table_status import TableStatus
from nasray.data.written_space import WrittenSpace

FETCH_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The tables in one folder of this machine.

    Any number of processes may use a folder at once: whoever comes first imports, the others wait and then read.

    Args:
        folder: Where tables are kept; made when the first one is written.
        mirror: A folder with source files, or None; tables are imported from it when first used.
        lock_seconds: Longest wait for another process that is importing the same table.
        entries: The known tables.
    """

    folder: Path
    mirror: Path | None
    lock_seconds: float = 600.0
    entries: tuple[TableEntry, ...] = ENTRIES

    def entry(self, name: str) -> TableEntry:
        """What is known of the table ``name``.

        Raises:
            DataError: No table has that name.
        """
        known = {entry.name: entry for entry in self.entries}
        require(name in known, f"no table is called {name!r}; known tables: {', '.join(known)}", DataError)
        return known[name]

    def path(self, name: str) -> Path:
        """Where the table ``name`` is, or will be."""
        return self.entry(name).shipped or self.folder / f"{name}.arrow"

    def has(self, name: str) -> bool:
        """Whether the table ``name`` is here; it may be damaged."""
        return self._written(self.path(name))

    def listing(self) -> list[TableStatus]:
        """Every known table and whether it is here; a large one is not read for that."""
        return [self._status(entry) for entry in self.entries]

    def verify(self, name: str) -> str:
        """Read every byte of the table ``name`` and return its SHA-256.

        Raises:
            DataError: It is not here, or not what was imported.
        """
        if not self._written(self.path(name)):
            raise self._missing(self.entry(name))
        return verify_table(self.path(name))

    def open(self, name: str, space: SearchSpace) -> Table:
        """The table ``name``, imported from the mirror or made when it is not here yet; its content is that of then.

        Raises:
            DataError: It is neither here nor in the mirror, is damaged, or does not belong to ``space``.
            CapabilityError: ``space`` has no written form.
        """
        entry, path = self.entry(name), self.path(name)
        if not self._written(path):
            self._provide(entry, space)
        trust_table(path)
        table = Table.open(path)
        table.header.check_space(need(space, TextView, f"table {name}"))
        check_drawn(table, space)
        return table

    def import_file(self, name: str, source: Path, space: SearchSpace) -> Table:
        """Read the benchmark's published file at ``source`` and keep it as the table ``name``, replacing any other.

        The content is checked, not the file's SHA-256 (a file may have been compressed again); the table's header
        keeps the SHA-256 of what was read.

        Raises:
            DataError: The file is missing or breaks a rule of its benchmark, or the folder cannot be written to; an
                earlier table is untouched. Or the table ships with nasray.
            CapabilityError: ``space`` has no written form.
        """
        entry = self.entry(name)
        require(entry.shipped is None, f"{name} ships with nasray and is not imported: it is here already", DataError)
        with self._locked(entry):
            self._import(entry, source, space)
        return self.open(name, space)

    def fetch(self, name: str, space: SearchSpace, address: str | None = None) -> Table:
        """Download the source of the table ``name`` from ``address``, and import it.

        Without an address the mirror is asked first, then the public addresses. A table that is made instead of
        measured is made, and one that ships with nasray is opened: they need neither.

        Raises:
            DataError: No address is known, none could be read, or what it holds is not the pinned file.
            CapabilityError: ``space`` has no written form.
        """
        entry = self.entry(name)
        if entry.shipped is not None:
            return self.open(name, space)
        if entry.made is not None:
            with self._locked(entry):
                self._make(entry, space)
            return self.open(name, space)
        if address is None and self._mirrored(entry):
            self._import_from_mirror(entry, space, replacing=True)
            return self.open(name, space)
        addresses = (address,) if address else entry.addresses
        if entry.sha256 is None:
            raise DataError(
                f"the content of {entry.file_name} is not pinned, so it is not fetched unseen: download it yourself "
                f"({entry.provenance}) and run `nasray data import {entry.name} FILE`"
            )
        require(
            len(addresses) > 0,
            f"no public address of {entry.file_name} is configured (it was made from {entry.provenance}), and "
            f"{self._not_mirrored(entry)}; {self._remedy(entry)}{self._official(entry)}",
            DataError,
        )
        with self._locked(entry):
            source = self.folder / f".{entry.file_name}.partial"
            try:
                _download_first(addresses, source, entry.sha256)
                self._import(entry, source, space)
            finally:
                source.unlink(missing_ok=True)
        return self.open(name, space)

    def _provide(self, entry: TableEntry, space: SearchSpace) -> None:
        """Make ``entry`` or import it from the mirror, unless another process has just done so."""
        if entry.made is None:
            self._import_from_mirror(entry, space)
            return
        with self._locked(entry):
            if not self._written(self.path(entry.name)):
                self._make(entry, space)

    def _make(self, entry: TableEntry, space: SearchSpace) -> None:
        """List and write, under the lock."""
        assert entry.made is not None
        texts = cast(WrittenSpace, need(space, TextView, f"table {entry.name}"))
        rows = entry.made(texts).in_order()
        write_table(self.path(entry.name), header_of(entry, None, rows, texts), rows)

    def _import_from_mirror(self, entry: TableEntry, space: SearchSpace, *, replacing: bool = False) -> None:
        """Import ``entry`` from the mirror, unless another process has just done so, or in any case."""
        source = self._mirrored(entry)
        if source is None:
            raise self._missing(entry)
        with self._locked(entry):
            if self._written(self.path(entry.name)) and not replacing:
                return
            got = sha256_of(source)
            require(
                entry.sha256 in (None, got),
                f"{source} has SHA-256 {got}, but {entry.sha256} is wanted: it is damaged or another version; put the "
                f"right file there, or, if you mean this one, run `nasray data import {entry.name} {source}`",
                DataError,
            )
            self._import(entry, source, space)

    def _import(self, entry: TableEntry, source: Path, space: SearchSpace) -> None:
        """Read, check and write, under the lock."""
        texts = cast(WrittenSpace, need(space, TextView, f"table {entry.name}"))
        require(source.exists(), f"no file at {source}; name the file of {entry.name} to import", DataError)
        rows = entry.read(source, texts).in_order()
        write_table(self.path(entry.name), header_of(entry, source, rows, texts), rows)

    @contextmanager
    def _locked(self, entry: TableEntry) -> Iterator[None]:
        """Hold the table alone; errors of the disk come out as what the user can act on."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f".{entry.name}.lock", timeout=self.lock_seconds):
                yield
        except Timeout as error:
            raise DataError(
                f"another process has held {error.lock_file} for more than {self.lock_seconds:g} s; wait for it to "
                f"import {entry.name}, or end it"
            ) from error
        except OSError as error:
            raise DataError(
                f"cannot write table {entry.name} to {self.folder} ({error}); free space there or choose another folder"
            ) from error

    def _mirrored(self, entry: TableEntry) -> Path | None:
        """The source file in the mirror, if it is there."""
        source = None if self.mirror is None or entry.shipped else self.mirror / entry.file_name
        return source if source is not None and source.is_file() else None

    def _written(self, path: Path) -> bool:
        """Whether an import has come to its end: the seal is written last."""
        return seal_path(path).exists()

    def _status(self, entry: TableEntry) -> TableStatus:
        """One line of the listing."""
        path, rows, problem = self.path(entry.name), entry.n_rows, ""
        if self._written(path):
            state = "ready"
            try:
                rows = read_seal(path)["rows"]
                if soon_trusted(path):
                    trust_table(path)
                else:
                    state, problem = "unverified", f"{path}; `nasray data verify {entry.name}` reads it to its end"
            except DataError as error:
                state, problem = "damaged", str(error)
        else:
            state = "on demand" if entry.made else "in mirror" if self._mirrored(entry) else "missing"
        return TableStatus(
            name=entry.name,
            rows=rows,
            state=state,
            path=path,
            contents=column_groups(entry.columns),
            provenance=entry.provenance,
            licence=entry.licence,
            problem=problem,
        )

    def _remedy(self, entry: TableEntry) -> str:
        """How to get a table that is not here."""
        if entry.made is not None:
            return f"it is made when first used: run `nasray data fetch {entry.name}`"
        return (
            f"set NASRAY_DATA_MIRROR to a folder that has {entry.file_name}, or run `nasray data fetch {entry.name} "
            f"--from URL` or `nasray data import {entry.name} FILE`"
        )

    def _official(self, entry: TableEntry) -> str:
        """How to use what the benchmark's authors publish in its place, where there is an importer for that."""
        official = [one for one in self.entries if one.space == entry.space and one.sha256 is None and one.made is None]
        return "".join(
            f"; or run `nasray data import {one.name} FILE` with the {one.provenance}, and use table {one.name} in its "
            "place"
            for one in official
        )

    def _missing(self, entry: TableEntry) -> DataError:
        """What is missing, where it was looked for, how to get it, and what there is without it."""
        path = self.path(entry.name)
        if entry.shipped is not None:
            return DataError(f"table {entry.name} ships with nasray, but there is no {path}: install nasray again")
        shipped = [f"`nasray run experiment={one.name}` needs no data" for one in self.entries if one.shipped]
        said = (f"table {entry.name} is not here: no {path}, and {self._not_mirrored(entry)}", self._remedy(entry))
        return DataError("; ".join((*said, *shipped)))

    def _not_mirrored(self, entry: TableEntry) -> str:
        """Why the mirror does not help."""
        return "no mirror is set" if self.mirror is None else f"the mirror has no {self.mirror / entry.file_name}"


def _download_first(addresses: tuple[str, ...], target: Path, sha256: str) -> None:
    """Download from the first address that has the wanted file."""
    problems: list[str] = []
    for address in addresses:
        try:
            return download(address, target, sha256, FETCH_TIMEOUT_SECONDS)
        except DataError as error:
            problems.append(str(error))
    raise DataError("; ".join(problems))
