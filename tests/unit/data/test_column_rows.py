from dataclasses import replace

import numpy as np
import pytest

from nasray.core.errors import DataError
from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.rows import Rows

COLUMN = Column(
    dataset="cifar10", split=Split.VALID, epochs=12, quantity="accuracy", unit="%", direction="higher", seeds="3"
)


def test_a_column_names_itself():
    assert COLUMN.name == "cifar10_valid_12"
    assert COLUMN.label == "valid accuracy (%)"


def test_a_column_survives_json():
    again = Column.from_json(COLUMN.to_json())
    assert again == COLUMN
    assert again.split is Split.VALID


def test_a_column_has_a_direction():
    with pytest.raises(DataError, match=r"column cifar10_valid_12: direction \('up'\) must be 'higher' or 'lower'"):
        Column.from_json({**COLUMN.to_json(), "direction": "up"})


def test_a_column_without_a_split_needs_a_name():
    with pytest.raises(DataError, match="what has no split or no epochs needs a key; got split None, epochs 12, key"):
        replace(COLUMN, split=None)
    assert replace(COLUMN, quantity="log-loss", key="loss_valid_12").name == "loss_valid_12"


@pytest.mark.parametrize("genes", [np.zeros((0, 6), np.int8), np.zeros(6, np.int8), np.zeros((2, 6), np.int64)])
def test_rows_need_a_matrix_of_genes(genes):
    with pytest.raises(DataError, match=r"genes must be \(N, G\) int8 with N > 0, got"):
        Rows(genes, {})


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros(2, np.float32)])
def test_rows_need_a_value_a_row(values):
    with pytest.raises(DataError, match=r"column a must be \(2,\) float64, got"):
        Rows(np.zeros((2, 6), np.int8), {"a": values})
