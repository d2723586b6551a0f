"""digits201: every distinct cell of NAS-Bench-201, trained by nasray on scikit-learn's digits; it ships with nasray.

Network C = 8, N = 1; 200 training images, 4 epochs; VALID has 1,000 images, TEST 597. The file has one row a training;
the table has the means over a cell's trainings. ``experiments/e20_digits201`` makes both.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from nasray.core.errors import DataError
from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.importers.row_gatherer import REMEDY, Bounds, RowGatherer
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.table_seal import ASSETS
from nasray.data.written_space import WrittenSpace

SHA256 = "34ec8f0b001f52d106a352f73d0b86de6ae065c7000cf053120c6470b61b3b74"
"""Of the trainings that ship."""

N_CELLS = 6_466
EPOCHS = (1, 2, 3, 4)
N_IMAGES = {Split.VALID: 1000, Split.TEST: 597}
SEEDS = (0,)
"""Every cell was trained with each of these."""

SAID = "one training a cell"
EARLY = "stopped early on the schedule of 4 epochs"

Source = tuple[str, Column, float]
"""Header in the file, meaning, and the largest value that can be measured."""


def _scores() -> Iterator[Source]:
    """What was measured on images, after every epoch."""
    for epochs in EPOCHS:
        note = "" if epochs == EPOCHS[-1] else EARLY
        common = {"epochs": epochs, "note": note}
        for split, n_images in N_IMAGES.items():
            said = f"{SAID}, of reliability 0.6, in the best tenth 0.1"
            right = Column(
                dataset="digits", split=split, quantity="accuracy", unit="%", direction="higher", seeds=said, **common
            )
            yield f"{split}_correct_{epochs}", right, float(n_images)
        for split in N_IMAGES:
            loss = Column(
                dataset="digits",
                split=split,
                quantity="log-loss",
                unit="nats",
                direction="lower",
                seeds=f"{SAID}, of reliability 0.6, in the best tenth 0.3",
                key=f"digits_log_loss_{split}_{epochs}",
                **common,
            )
            yield f"{split}_log_loss_{epochs}", loss, 100.0


def _plain(key: str, quantity: str, unit: str, note: str) -> Column:
    return Column(
        dataset="digits",
        split=None,
        epochs=None,
        quantity=quantity,
        unit=unit,
        direction="lower",
        seeds=SAID,
        note=note,
        key=key,
    )


def _costs() -> Iterator[Source]:
    """What a training takes."""
    yield "parameters", _plain("parameters", "parameters", "1", "those that no path uses count, too"), 1e6
    for epochs in EPOCHS:
        note = "CPU time of one thread, scoring left out; the card says which machine"
        yield f"seconds_{epochs}", _plain(f"digits_seconds_{epochs}", "training time", "s", note), 1e3


SOURCES = (*_scores(), *_costs())
COLUMNS = tuple(column for _, column, _ in SOURCES)
HEADER = ("arch", "seed", *(header for header, _, _ in SOURCES))


def read_digits201(path: Path, space: WrittenSpace, n_cells: int = N_CELLS) -> Rows:
    """The means over the trainings in ``trainings.csv.gz``.

    Raises:
        DataError: The file is damaged, holds an unknown cell, an impossible value, one training twice or other seeds,
            or has too few cells.
    """
    bounds: dict[str, Bounds] = {column.name: (0.0, most) for _, column, most in SOURCES}
    gathered = RowGatherer(path=path, read=space.from_text, columns=COLUMNS, bounds=bounds)
    found: dict[str, dict[str, list[float]]] = {}
    for line, row in _lines(path):
        trainings = found.setdefault(row["arch"], {})
        if row["seed"] in trainings:
            raise DataError(f"{path}, row {line}: seed {row['seed']} of {row['arch']!r} was there before; {REMEDY}")
        trainings[row["seed"]] = [gathered.number(line, column, row[header]) for header, column, _ in SOURCES]
    for text, trainings in found.items():
        if sorted(trainings) != sorted(map(str, SEEDS)):
            raise DataError(f"{path}: {text!r} has seeds {', '.join(trainings)}, but all cells have {SEEDS}; {REMEDY}")
        gathered.add(text, text, np.mean(list(trainings.values()), axis=0).tolist())
    rows = gathered.rows(n_cells)
    return Rows(rows.genes, {column.name: _shares(column, rows) for column in COLUMNS})


def _shares(column: Column, rows: Rows) -> np.ndarray:
    """A column's values, numbers of images as percent."""
    values = rows.columns[column.name]
    return values * (100 / N_IMAGES[column.split]) if column.unit == "%" and column.split else values


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Every row with its number in the file, header = 1."""
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            got: Sequence[str] = rows.fieldnames or ()
            if tuple(got) != HEADER:
                raise DataError(
                    f"{path}, row 1: the header is {','.join(got)!r}, but it must be {','.join(HEADER)!r}; {REMEDY}"
                )
            for line, row in enumerate(rows, 2):
                if None in row or None in row.values():
                    raise DataError(f"{path}, row {line}: it must have {len(HEADER)} fields; {REMEDY}")
                yield line, row
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a whole gzipped CSV file ({error}); {REMEDY}") from error


DIGITS201 = TableEntry(
    name="digits201",
    space="nasbench201",
    n_rows=N_CELLS,
    file_name="trainings.csv.gz",
    sha256=SHA256,
    addresses=(),
    provenance="trained by nasray, experiments/e20_digits201; ships with nasray",
    licence="Apache-2.0",
    columns=COLUMNS,
    read=read_digits201,
    canonical=True,
    shipped=ASSETS / "digits201" / "digits201.arrow",
)
