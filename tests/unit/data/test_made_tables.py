"""Tables that are listed instead of measured, and the check that a space draws nothing that a table lacks."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasray.core.errors import CapabilityError, DataError
from nasray.data.catalog import Catalog
from nasray.data.importers.nasbench101_cells import NASBENCH101_CELLS, list_cells
from nasray.data.table_file import sha256_of
from nasray.spaces.nasbench101 import NasBench101

WIDTHS = {"channels": 8, "stacks": 1, "cells_per_stack": 1}
SMALL, LARGE = (NasBench101(**WIDTHS, max_vertices=n) for n in (4, 5))


@pytest.fixture
def made(tmp_path):
    """The 91 cells of up to four vertices (Ying et al. 2019) in place of all."""
    entry = replace(NASBENCH101_CELLS, space="small", n_rows=91, made=partial(list_cells, n_cells=91))
    return Catalog(folder=tmp_path / "tables", mirror=None, entries=(entry,))


def test_cells_are_listed_once_and_kept(made, monkeypatch):
    assert [(one.state, one.rows) for one in made.listing()] == [("on demand", 91)]
    table = made.open("nasbench101_cells", SMALL)
    assert len(table) == 91
    assert made.listing()[0].state == "ready"
    assert made.verify("nasbench101_cells") == table.sha256
    monkeypatch.setattr(NasBench101, "distinct_cells", lambda self: pytest.fail("listed a second time"))
    again = made.open("nasbench101_cells", SMALL)
    assert np.array_equal(again.genes, table.genes)
    # By hand: one cell of two vertices (input -> output); with one operator, six of three vertices.
    vertices, edges = again.column("vertices"), again.column("edges")
    assert [int((vertices == n).sum()) for n in (2, 3, 4)] == [1, 6, 84]
    assert edges[vertices == 2].tolist() == [1.0]
    assert sorted(edges[vertices == 3].tolist()) == [2.0] * 3 + [3.0] * 3


def test_a_damaged_list_is_made_again(made):
    table = made.open("nasbench101_cells", SMALL)
    whole = table.path.read_bytes()
    table.path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DataError, match="the file has changed"):
        made.open("nasbench101_cells", SMALL)
    assert made.fetch("nasbench101_cells", SMALL).path.read_bytes() == whole


def test_what_is_made_is_not_imported(made, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"is made and not read from .*file: run `nasray data fetch nasbench101_cells`"):
        made.import_file("nasbench101_cells", tmp_path / "file", SMALL)
    with pytest.raises(DataError, match=r"it is made when first used: run `nasray data fetch nasbench101_cells`"):
        made.verify("nasbench101_cells")


def test_another_number_of_cells_is_refused(made, space):
    with pytest.raises(DataError, match=r"NasBench101 lists 2,532 cells, but NAS-Bench-101 has 91: use space=nasbench"):
        made.open("nasbench101_cells", LARGE)
    with pytest.raises(CapabilityError, match="table nasbench101_cells needs a space with ListedSpace"):
        made.open("nasbench101_cells", space)


def test_a_space_that_draws_more_than_was_measured_is_refused(made):
    made.open("nasbench101_cells", SMALL)
    with pytest.raises(
        DataError, match=r"every architecture of space small, but this NasBench101 also draws .*space=s"
    ):
        made.open("nasbench101_cells", LARGE)


def test_the_checksum_of_a_folder_is_that_of_its_files_by_name(tmp_path):
    for name, content in (("b", b"2"), ("a", b"1")):
        (tmp_path / name).write_bytes(content)
    first = sha256_of(tmp_path)
    assert sha256_of(tmp_path) == first
    (tmp_path / "a").rename(tmp_path / "c")
    assert sha256_of(tmp_path) != first


@pytest.mark.slow
def test_all_423624_cells(tmp_path):
    space = NasBench101(**WIDTHS, max_vertices=7)
    table = Catalog(folder=tmp_path, mirror=None).open("nasbench101_cells", space)
    # Ying et al. 2019, section 2.1 (423,624); of up to 4, 5 and 6 vertices: 91, 2,532 and 64,542.
    vertices = table.column("vertices")
    assert [int((vertices <= n).sum()) for n in (4, 5, 6, 7)] == [91, 2_532, 64_542, 423_624]
    assert table.column("edges").max() == 9
