"""digits201: every distinct cell of NAS-Bench-201, trained by nasray on scikit-learn's digits; it ships with nasray.

Network C = 8, N = 1; 200 training images, 4 epochs; VALID has 1,000 images, TEST 597. The file has one row a training:
``experiments/e20_digits201`` makes it. A table has the means over a cell's trainings.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from nasray.core.errors import DataError
from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.importers.row_gatherer import REMEDY, Bounds, RowGatherer
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "digits201" / "trainings.csv.gz"
N_CELLS = 6_466
EPOCHS = (1, 2, 3, 4)
N_IMAGES = {Split.VALID: 1000, Split.TEST: 597}
SEEDS = "mean over the cell's trainings, as many as the column trainings says"
SOURCE_NOTE = "stopped early on the schedule of 4 epochs"

Source = tuple[str, Column, float]
"""Header in the file, meaning, and the largest value that can be measured."""


def _scores() -> Iterator[Source]:
    """What was measured on images, after every epoch."""
    for epochs in EPOCHS:
        note = "" if epochs == EPOCHS[-1] else SOURCE_NOTE
        common = {"epochs": epochs, "seeds": SEEDS, "note": note}
        for split, n_images in N_IMAGES.items():
            right = Column(dataset="digits", split=split, quantity="accuracy", unit="%", direction="higher", **common)
            yield f"{split}_correct_{epochs}", right, float(n_images)
        for split in N_IMAGES:
            dataset, quantity = "digits_log_loss", "log-loss"
            loss = Column(dataset=dataset, split=split, quantity=quantity, unit="nats", direction="lower", **common)
            yield f"{split}_log_loss_{epochs}", loss, 100.0


def _plain(key: str, quantity: str, unit: str, direction: str, note: str = "") -> Column:
    return Column(
        dataset="digits",
        split=None,
        epochs=None,
        quantity=quantity,
        unit=unit,
        direction="higher" if direction == "higher" else "lower",
        seeds=SEEDS,
        note=note,
        key=key,
    )


def _costs() -> Iterator[Source]:
    """What a training takes."""
    yield "parameters", _plain("parameters", "parameters", "1", "lower", "those that no path uses count, too"), 1e6
    for epochs in EPOCHS:
        note = "CPU time of one thread, scoring left out; the card says which machine"
        yield f"seconds_{epochs}", _plain(f"digits_seconds_{epochs}", "training time", "s", "lower", note), 1e3


SOURCES = (*_scores(), *_costs())
TRAININGS = _plain("trainings", "trainings that were averaged", "1", "higher")
COLUMNS = (*(column for _, column, _ in SOURCES), TRAININGS)
HEADER = ("arch", "seed", *(header for header, _, _ in SOURCES))


def read_digits201(path: Path, space: WrittenSpace, n_cells: int = N_CELLS) -> Rows:
    """The means over the trainings in ``trainings.csv.gz``.

    Raises:
        DataError: The file is damaged, holds an unknown cell, an impossible value or one training twice, or has too
            few cells.
    """
    bounds: dict[str, Bounds] = {column.name: (0.0, most) for _, column, most in SOURCES}
    gathered = RowGatherer(
        path=path, read=space.from_text, columns=COLUMNS, bounds={**bounds, TRAININGS.name: (1.0, 1e6)}
    )
    found: dict[str, dict[str, list[float]]] = {}
    for line, row in _lines(path):
        trainings = found.setdefault(row["arch"], {})
        if row["seed"] in trainings:
            raise DataError(f"{path}, row {line}: seed {row['seed']} of {row['arch']!r} was there before; {REMEDY}")
        trainings[row["seed"]] = [gathered.number(line, column, row[header]) for header, column, _ in SOURCES]
    for text, trainings in found.items():
        gathered.add(text, text, [*np.mean(list(trainings.values()), axis=0), float(len(trainings))])
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
    file_name="digits201_trainings.csv.gz",
    sha256=None,
    addresses=(),
    provenance="trained by nasray, experiments/e20_digits201; ships with nasray",
    licence="Apache-2.0",
    columns=COLUMNS,
    read=read_digits201,
    canonical=True,
    made=partial(read_digits201, SHIPPED),
)
