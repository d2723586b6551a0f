"""The table that ships: what is in it, where it came from, and that its three files and the code agree."""

import json
from pathlib import Path

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.data.catalog import Catalog
from nasray.data.importers.digits201 import DIGITS201, N_CELLS, SEEDS
from nasray.data.table_file import header_of, sha256_of
from nasray.spaces.nasbench201 import NasBench201

pytestmark = pytest.mark.golden

SPACE = NasBench201(channels=8, cells_per_stage=1)
TRAININGS = Path(__file__).resolve().parents[2] / "experiments" / "e20_digits201" / DIGITS201.file_name


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return Catalog(folder=tmp_path_factory.mktemp("nothing"), mirror=None).open("digits201", SPACE)


def test_every_distinct_cell_was_measured(table):
    listed = {SPACE.canonical(cell).genes for cell in SPACE.enumerate()}
    assert set(table.index) == listed
    assert len(table) == len(listed) == N_CELLS == 6_466  # unique strings: Dong and Yang 2020, section 2.2


def test_its_figures_are_those_that_were_measured(table):
    """Computed from the log of measure.py before there was a table, 2026-11-22."""
    valid, test = table.column("digits_valid_4"), table.column("digits_test_4")
    assert valid.max() == pytest.approx(92.0)
    assert valid.mean() == pytest.approx(78.934, abs=5e-4)
    assert np.corrcoef(valid, test)[0, 1] == pytest.approx(0.97827, abs=5e-6)
    best = Architecture(tuple(table.genes[int(np.argmax(valid))].tolist()))
    assert SPACE.to_text(best) == (
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
    )


def test_the_table_is_what_the_trainings_make(table):
    assert sha256_of(TRAININGS) == DIGITS201.sha256 == table.header.source_sha256
    rows = DIGITS201.read(TRAININGS, SPACE).in_order()
    assert table.header == header_of(DIGITS201, TRAININGS, rows, SPACE), "publish.py makes the table again"
    assert np.array_equal(table.genes, rows.genes)
    for name, values in rows.columns.items():
        assert np.array_equal(table.column(name), values), name


def test_the_card_is_of_this_table(table):
    card = json.loads(table.path.with_name("card.json").read_bytes())
    assert card["sha256"] == table.sha256
    assert (card["cells"], tuple(card["seeds"])) == (N_CELLS, SEEDS)
    assert len(card["commit"]) == 40
    assert card["command"].startswith("python experiments/e20_digits201/measure.py")
    assert (SPACE.channels, SPACE.cells_per_stage) == (card["space"]["channels"], card["space"]["cells_per_stage"])
    assert table.path.stat().st_size < 5_000_000
