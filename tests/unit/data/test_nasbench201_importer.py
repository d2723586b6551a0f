import gzip

import pytest

from nasray.core.errors import DataError
from nasray.data.importers.nasbench201 import BEST, COLUMNS, NASBENCH201, read_nasbench201


def test_another_export_of_the_benchmark_is_refused(tmp_path, space):
    path = tmp_path / "other.csv.gz"
    zeros = ",0" * len(COLUMNS)
    lines = [",".join(["arch", *(column.name for column in COLUMNS)])]
    lines += [space.to_text(cell) + zeros for cell in space.enumerate()]
    lines[8] = lines[8].replace(zeros, ",93.5" * len(COLUMNS))
    path.write_bytes(gzip.compress("\n".join(lines).encode(), compresslevel=1))
    with pytest.raises(DataError, match=r"row 9: the best cifar10_test_200 is 93.5000, but 94.373 is published"):
        read_nasbench201(path, space)


def test_every_column_says_what_it_is():
    by_name = {column.name: column for column in COLUMNS}
    assert len(by_name) == 12
    assert BEST.keys() <= by_name.keys()
    assert "cifar10-valid" in by_name["cifar10_valid_200"].note
    assert "cifar10-valid" in by_name["cifar10_valid_12"].note
    assert "2 for half of the cells, 3 for the others" in by_name["imagenet16_120_test_200"].seeds
    assert {(column.unit, column.direction) for column in COLUMNS} == {("%", "higher")}
    assert NASBENCH201.columns == COLUMNS
