"""Whatever is imported is found again, in whatever order it came."""

import gzip
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from nasray.core.architecture import Architecture
from nasray.core.measurement import Split
from nasray.data.catalog import Catalog
from nasray.data.column import Column
from nasray.data.importers.csv_rows import CsvRows
from nasray.data.table_entry import TableEntry
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=16, cells_per_stage=5)
COLUMNS = tuple(
    Column(dataset="toy", split=split, epochs=1, quantity="accuracy", unit="%", direction="higher", seeds="1")
    for split in (Split.VALID, Split.TEST)
)
CELL = st.tuples(*[st.integers(0, 4)] * 6)
PERCENT = st.floats(0, 100)
BENCHMARK = st.dictionaries(CELL, st.tuples(PERCENT, PERCENT), min_size=1, max_size=40)


def imported(rows, folder):
    """The table of a benchmark whose file has ``rows`` in this order."""
    lines = ["arch,toy_valid_1,toy_test_1"]
    lines += [f"{SPACE.to_text(Architecture(genes))},{valid!r},{test!r}" for genes, (valid, test) in rows]
    source = Path(folder) / "toy.csv.gz"
    source.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    file = CsvRows(text_column="arch", columns=COLUMNS, n_rows=len(rows), low=0.0, high=100.0)
    entry = TableEntry(
        name="toy",
        space="NAS-Bench-201",
        n_rows=len(rows),
        file_name=source.name,
        sha256="",
        addresses=(),
        provenance="drawn",
        licence="none",
        columns=COLUMNS,
        read=file.read,
        complete=False,
    )
    return Catalog(folder=Path(folder), mirror=None, entries=(entry,)).import_file("toy", source, SPACE)


@settings(max_examples=25)
@given(benchmark=BENCHMARK, data=st.data())
def test_import_then_look_up_gives_the_very_numbers_back(benchmark, data):
    rows = data.draw(st.permutations(list(benchmark.items())))
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        table, shuffled = imported(list(benchmark.items()), first), imported(rows, second)
        at = table.rows([Architecture(genes) for genes in benchmark])
        assert sorted(at.tolist()) == list(range(len(benchmark)))
        assert table.column("toy_valid_1")[at].tolist() == [valid for valid, _ in benchmark.values()]
        assert table.column("toy_test_1")[at].tolist() == [test for _, test in benchmark.values()]
        assert list(shuffled.index) == list(table.index) == sorted(benchmark)
        assert shuffled.column("toy_test_1").tolist() == table.column("toy_test_1").tolist()
