"""A benchmark of four NAS-Bench-201 cells, so that every path of the catalog runs without measured data."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from nasray.core.architecture import Architecture
from nasray.core.measurement import Split
from nasray.data.catalog import Catalog
from nasray.data.column import Column
from nasray.data.importers.csv_rows import CsvRows
from nasray.data.table_entry import TableEntry
from nasray.data.table_file import sha256_of
from nasray.spaces.nasbench201 import NasBench201

CELLS = ((3, 3, 3, 3, 3, 3), (0, 0, 0, 0, 0, 0), (1, 2, 3, 4, 0, 1), (4, 3, 2, 1, 0, 4))
VALUES = (("90.5", "91.25"), ("10", "9.5"), ("70", "71"), ("60.125", "61"))
HEADER = "arch,toy_valid_200,toy_test_200"

WriteSource = Callable[..., Path]


def column(split: Split, direction: str = "higher") -> Column:
    return Column(
        dataset="toy",
        split=split,
        epochs=200,
        quantity="accuracy",
        unit="%",
        direction=direction,
        seeds="1",
        note="toy",
    )


@pytest.fixture
def space() -> NasBench201:
    return NasBench201(channels=16, cells_per_stage=5)


@pytest.fixture
def toy_file() -> CsvRows:
    columns = (column(Split.VALID), column(Split.TEST))
    return CsvRows(text_column="arch", columns=columns, n_rows=len(CELLS), low=0.0, high=100.0)


@pytest.fixture
def lines(space: NasBench201) -> list[str]:
    rows = zip(CELLS, VALUES, strict=True)
    return [HEADER, *(f"{space.to_text(Architecture(cell))},{','.join(values)}" for cell, values in rows)]


@pytest.fixture
def write_source(tmp_path: Path) -> WriteSource:
    def write(lines: Sequence[str], name: str = "mirror/toy.csv.gz") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress("\n".join([*lines, ""]).encode(), mtime=0))
        return path

    return write


@pytest.fixture
def source(write_source: WriteSource, lines: list[str]) -> Path:
    return write_source(lines)


@pytest.fixture
def entry(source: Path, toy_file: CsvRows) -> TableEntry:
    return TableEntry(
        name="toy",
        space="NAS-Bench-201",
        n_rows=len(CELLS),
        file_name=source.name,
        sha256=sha256_of(source),
        addresses=(),
        provenance="written by hand",
        licence="none",
        columns=tuple(toy_file.columns),
        read=toy_file.read,
        complete=False,
    )


@pytest.fixture
def catalog(tmp_path: Path, source: Path, entry: TableEntry) -> Catalog:
    return Catalog(folder=tmp_path / "tables", mirror=source.parent, entries=(entry,))
