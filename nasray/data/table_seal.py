"""Whether a table is what was imported: its seal, and the stamp of the last time that it was read to its end."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from nasray.core.errors import DataError, require
from nasray.data.table_file import SCHEMA, seal_path, sha256_of

ASSETS = Path(__file__).resolve().parents[1] / "assets"
"""Where the tables are that ship with nasray."""

STAMPED_BYTES = 64 * 2**20
"""Beyond so many bytes a table is not hashed again, a tenth of a second, while it has the stamp of the last time."""


def read_seal(path: Path) -> dict[str, Any]:
    """The seal of the table at ``path``: schema, sha256, bytes, rows, source_sha256.

    Raises:
        DataError: There is no table, or its seal is missing, torn or of another schema.
    """
    remedy = how_to_restore(path)
    require(path.is_file(), f"table {path.stem}: no file at {path}; {remedy}", DataError)
    try:
        seal = json.loads(seal_path(path).read_bytes())
        sealed = {
            "schema": int(seal["schema"]),
            "sha256": str(seal["sha256"]),
            "bytes": int(seal["bytes"]),
            "rows": int(seal["rows"]),
            "source_sha256": str(seal["source_sha256"]),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"table {path.stem}: its seal {seal_path(path)} cannot be read ({error!r}); {remedy}"
        ) from error
    schema = sealed["schema"]
    require(
        schema == SCHEMA,
        f"table {path.stem}: {path} has schema {schema}, this nasray reads {SCHEMA}; {remedy}",
        DataError,
    )
    return sealed


def verify_table(path: Path) -> str:
    """Read every byte of the table at ``path`` and return its SHA-256.

    Raises:
        DataError: The content is not what was imported.
    """
    seal = read_seal(path)
    check_size(path, seal)
    sealed, mark, got = seal["sha256"], _mark(path, seal), sha256_of(path)
    require(
        got == sealed,
        f"table {path.stem}: {path} has SHA-256 {got}, but {sealed} was written at its import: the file has changed; "
        f"{how_to_restore(path)}",
        DataError,
    )
    if seal["bytes"] > STAMPED_BYTES:
        with suppress(OSError):
            _stamp(path).write_bytes(mark)
    return got


def trust_table(path: Path) -> None:
    """``verify_table``, unless the table is large and its stamp says that these very bytes were verified before.

    The stamp is a file beside the table; one that is missing, torn or cannot be written costs the time of a hash.

    Raises:
        DataError: The content is not what was imported.
    """
    if not _stamped(path):
        verify_table(path)


def soon_trusted(path: Path) -> bool:
    """Whether ``trust_table`` takes next to no time: the table at ``path`` is small, or has the stamp of the last time.

    Raises:
        DataError: There is no table, or its seal cannot be used.
    """
    return read_seal(path)["bytes"] <= STAMPED_BYTES or _stamped(path)


def _stamped(path: Path) -> bool:
    with suppress(OSError):
        return _stamp(path).read_bytes() == _mark(path, read_seal(path))
    return False


def _stamp(path: Path) -> Path:
    return path.with_name(f".{path.name}.verified")


def _mark(path: Path, seal: Mapping[str, Any]) -> bytes:
    """What a verified table's stamp holds."""
    found = path.stat()
    return f"{seal['sha256']} {found.st_mtime_ns} {found.st_size} {found.st_ino}\n".encode()


def check_size(path: Path, seal: Mapping[str, Any]) -> None:
    """Refuse a table that is shorter or longer than its seal says: an answer without reading it."""
    size = path.stat().st_size
    require(
        size == seal["bytes"],
        f"table {path.stem}: {path} has {size} bytes, but {seal['bytes']} were written: it is truncated or replaced; "
        f"{how_to_restore(path)}",
        DataError,
    )


def how_to_restore(path: Path) -> str:
    """How to get a table again that is not what was written."""
    shipped = path.resolve().is_relative_to(ASSETS)
    if shipped:
        return "install nasray again"
    return f"get it back by `nasray data fetch {path.stem}` or `nasray data import {path.stem} FILE`"
