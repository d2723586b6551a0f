"""The importer of digits201, on a file of three cells."""

import csv
import gzip
from dataclasses import replace

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError
from nasray.core.fidelity import Fidelity
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.data.catalog import Catalog
from nasray.data.importers import digits201 as module
from nasray.data.importers.digits201 import DIGITS201, HEADER, read_digits201
from nasray.data.table_file import header_of, write_table
from nasray.evaluators.table import TableEvaluator
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=8, cells_per_stage=1)
CELLS = [Architecture(genes) for genes in ((0, 0, 0, 3, 0, 0), (1, 1, 1, 1, 1, 1), (3, 3, 3, 3, 3, 3))]


def training(cell: int, seed: int, correct: int) -> dict[str, object]:
    values = dict.fromkeys(HEADER, 0.5) | {"arch": SPACE.to_text(CELLS[cell]), "seed": seed, "parameters": 20_000}
    for epochs in (1, 2, 3, 4):
        values |= {f"valid_correct_{epochs}": correct, f"test_correct_{epochs}": 597, f"seconds_{epochs}": epochs}
    return values


ROWS = [training(0, 0, 500), training(1, 0, 600), training(2, 0, 800)]


@pytest.fixture
def write(tmp_path):
    def make(rows, header=HEADER):
        path = tmp_path / "trainings.csv.gz"
        with gzip.open(path, "wt", newline="") as file:
            writer = csv.DictWriter(file, header, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make


def test_a_cell_has_the_mean_of_its_trainings(write, monkeypatch):
    monkeypatch.setattr(module, "SEEDS", (0, 1))
    rows = read_digits201(write([*ROWS, training(1, 1, 700), training(0, 1, 500), training(2, 1, 800)]), SPACE, 3)
    assert rows.columns["digits_valid_4"].tolist() == [50.0, 65.0, 80.0]  # 1,000 images; (600 + 700) / 2
    assert rows.columns["digits_test_1"] == pytest.approx([100.0] * 3)  # 597 images
    assert rows.columns["digits_log_loss_test_2"].tolist() == [0.5] * 3
    assert rows.columns["digits_seconds_3"].tolist() == [3.0] * 3


def test_it_is_a_table_like_any_other_and_twins_share_a_row(write, tmp_path):
    entry = replace(DIGITS201, complete=False, shipped=tmp_path / "digits201.arrow")
    source = write(ROWS)
    rows = read_digits201(source, SPACE, 3)
    write_table(tmp_path / "digits201.arrow", header_of(entry, source, rows, SPACE), rows)
    catalog = Catalog(folder=tmp_path / "t", mirror=None, entries=(entry,))
    assert [(one.state, one.rows) for one in catalog.listing()] == [("ready", 3)]
    settings = {"chunk_size": 8, "columns": ["parameters"], "columns_table": None, "space": SPACE}
    table = catalog.open("digits201", SPACE)
    evaluator = TableEvaluator(table=table, dataset="digits", epochs=None, **settings)
    assert evaluator.metric == "valid accuracy (%)"
    twin = Proposal(0, Architecture((0, 2, 0, 3, 0, 0)))  # node 2 leads nowhere
    early = Proposal(1, CELLS[2], fidelity=Fidelity(2))
    found = evaluator.evaluate([twin, early], Streams(0, "evaluator"))
    assert [(one.value, one.cost.benchmark_seconds) for one in found] == [(50.0, 4.0), (80.0, 2.0)]
    assert evaluator.test(twin, Streams(0, "evaluator")).value == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, training(1, 0, 650)], r"row 5: seed 0 of '\|skip.*' was there before"),
        ([*ROWS[1:], training(0, 1, 500)], r"'\|none.*' has seeds 1, but all cells have \(0,\)"),
        (
            [training(0, 0, 1001), *ROWS[1:]],
            r"row 2: digits_valid_1 is '1001', but it must be a number between 0 and 1000",
        ),
        (ROWS[:2], "2 rows, but the benchmark has 3"),
        ([{**ROWS[0], "arch": "|x~0|"}, *ROWS[1:]], "unknown architecture"),
        ([{**ROWS[0], "seconds_4": ""}, *ROWS[1:]], "digits_seconds_4 is ''"),
    ],
)
def test_what_is_no_measurement_is_refused(write, rows, message):
    with pytest.raises(DataError, match=message):
        read_digits201(write(rows), SPACE, 3)


def test_what_is_no_such_file_is_refused(write, tmp_path):
    with pytest.raises(DataError, match="row 1: the header is"):
        read_digits201(write(ROWS, HEADER[:-1]), SPACE, 3)
    torn = write(ROWS)
    torn.write_bytes(torn.read_bytes()[:-9])
    with pytest.raises(DataError, match="is not a whole gzipped CSV file"):
        read_digits201(torn, SPACE, 3)
    short = tmp_path / "short.csv.gz"
    short.write_bytes(gzip.compress((",".join(HEADER) + "\n|x|,0\n").encode()))
    with pytest.raises(DataError, match="row 2: it must have"):
        read_digits201(short, SPACE, 3)


def test_columns_say_what_they_are():
    names = [column.name for column in DIGITS201.columns]
    assert len(names) == len(set(names)) == 21
    assert {"digits_valid_1", "digits_test_4", "digits_log_loss_valid_4", "parameters"} <= set(names)
    assert {column.dataset for column in DIGITS201.columns} == {"digits"}
    assert np.all([column.direction == "lower" for column in DIGITS201.columns if "loss" in column.name])
