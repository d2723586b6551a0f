"""Writing a table: Arrow IPC beside a seal, each by temporary file, fsync and rename, the seal last.

The seal (``NAME.json`` beside ``NAME.arrow``) holds what a file cannot hold about itself: its SHA-256 and its size. It
repeats the source's SHA-256, so that a seal and a table of two different imports are never taken for a pair.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.atomic import write_atomically
from nasray.core.space import TextView
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.table_header import TableHeader

SCHEMA = 1
GENES = "genes"
METADATA_KEY = b"nasray"
N_WITNESSES = 16


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hex; of a folder, that of its files' names and own SHA-256, by name."""
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.is_file())
        return hashlib.sha256("".join(f"{one.name} {sha256_of(one)}\n" for one in files).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal_path(path: Path) -> Path:
    """Where the seal of the table at ``path`` is."""
    return path.with_suffix(".json")


def header_of(entry: TableEntry, source: Path | None, rows: Rows, space: TextView) -> TableHeader:
    """The pedigree of ``rows``, read from ``source``; None for rows that were made: they are their own source."""
    picked = range(0, len(rows.genes), max(1, len(rows.genes) // N_WITNESSES))
    genes = [tuple(rows.genes[row].tolist()) for row in picked]
    return TableHeader(
        name=entry.name,
        space=entry.space,
        provenance=entry.provenance,
        licence=entry.licence,
        source_sha256=hashlib.sha256(rows.genes.tobytes()).hexdigest() if source is None else sha256_of(source),
        columns=entry.columns,
        witnesses=tuple((space.to_text(Architecture(one)), one) for one in genes),
        canonical=entry.canonical,
        complete=entry.complete,
    )


def write_table(path: Path, header: TableHeader, rows: Rows) -> None:
    """Write ``rows`` as a table at ``path``, and its seal.

    NOTE: the caller holds the lock of ``path``: two writers would share the temporary file.

    Raises:
        OSError: The disk is full or may not be written to; what was at ``path`` before is untouched.
    """
    n_genes = rows.genes.shape[1]
    arrays: list[pa.Array] = [pa.FixedSizeListArray.from_arrays(_array(pa.int8(), rows.genes), n_genes)]
    arrays += [_array(pa.float64(), rows.columns[column.name]) for column in header.columns]
    names = [GENES, *(column.name for column in header.columns)]
    batch = pa.record_batch(arrays, names=names).replace_schema_metadata({METADATA_KEY: header.to_bytes()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    content = memoryview(sink.getvalue())
    seal = {
        "schema": SCHEMA,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "rows": len(rows.genes),
        "source_sha256": header.source_sha256,
    }
    write_atomically(path, content)
    write_atomically(seal_path(path), json.dumps(seal, indent=1).encode() + b"\n")


def _array(kind: pa.DataType, values: NDArray[Any]) -> pa.Array:
    """An Arrow array of the numbers of ``values``, row by row."""
    return pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(np.ascontiguousarray(values))])
