import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError
from nasray.data import table as table_module
from nasray.data.compact_index import CompactIndex
from nasray.data.table import Table
from nasray.data.table_file import header_of, write_table

GENES = np.array([[-1, 2, 3], [0, 0, 0], [0, 0, 1], [127, -128, 5]], np.int8)
KEYS = [tuple(row) for row in GENES.tolist()]


@pytest.fixture(autouse=True, params=[0, 20])
def few(request, monkeypatch):
    """Both ways of looking up: all together, one by one."""
    monkeypatch.setattr("nasray.data.compact_index.FEW", request.param)


def test_every_row_is_found_one_by_one_and_together():
    index = CompactIndex(GENES)
    assert [index[key] for key in KEYS] == [0, 1, 2, 3]
    assert index.rows([KEYS[3], KEYS[0], KEYS[3]]).tolist() == [3, 0, 3]
    assert list(index) == KEYS
    assert len(index) == 4
    assert index.rows([]).tolist() == []


@pytest.mark.parametrize("unknown", [(0, 0, 2), (0, 0), (0, 0, 0, 0), (), (255, 2, 3), (2**70, 0, 0), (-129, 0, 0)])
def test_what_was_not_measured_is_not_found(unknown):
    index = CompactIndex(GENES)
    assert unknown not in index
    with pytest.raises(KeyError):
        index.rows([KEYS[0], unknown])


def test_rows_of_one_hash_are_told_apart(monkeypatch):
    monkeypatch.setattr("nasray.data.compact_index._multipliers", lambda n: [1] * n)
    genes = np.array([[0, 0, 3], [0, 3, 0], [1, 1, 1], [3, 0, 0]], np.int8)
    index = CompactIndex(genes)
    keys = [tuple(row) for row in genes.tolist()]
    assert [index[key] for key in keys] == index.rows(keys).tolist() == [0, 1, 2, 3]
    assert (2, 1, 0) not in index
    with pytest.raises(KeyError):
        index.rows([(2, 1, 0)])


def test_a_large_table_has_it_and_answers_alike(tmp_path, entry, toy_file, source, space, monkeypatch):
    rows = toy_file.read(source, space)
    write_table(tmp_path / "toy.arrow", header_of(entry, source, rows, space), rows)
    small = Table.open(tmp_path / "toy.arrow")
    monkeypatch.setattr(table_module, "DICTIONARY_ROWS", 3)
    large = Table.open(tmp_path / "toy.arrow")
    assert isinstance(large.index, CompactIndex)
    assert isinstance(small.index, dict)
    assert dict(large.index) == small.index
    asked = [Architecture(genes) for genes in small.index]
    assert large.rows(asked).tolist() == small.rows(asked).tolist()
    with pytest.raises(DataError, match=r"table toy has no row for architecture 0.0.0.0.0.1"):
        large.rows([*asked, Architecture((0, 0, 0, 0, 0, 1))])
