import gzip

import numpy as np
import pytest

from nasray.core.errors import DataError


def test_reads_genes_and_values_in_the_order_of_the_file(toy_file, source, space):
    rows = toy_file.read(source, space)
    assert rows.genes.tolist() == [[3] * 6, [0] * 6, [1, 2, 3, 4, 0, 1], [4, 3, 2, 1, 0, 4]]
    assert rows.columns["toy_valid_200"].tolist() == [90.5, 10.0, 70.0, 60.125]
    assert rows.columns["toy_test_200"].tolist() == [91.25, 9.5, 71.0, 61.0]


def test_sorting_by_genes_keeps_the_values_with_them(toy_file, source, space):
    rows = toy_file.read(source, space).in_order()
    assert rows.genes.tolist() == [[0] * 6, [1, 2, 3, 4, 0, 1], [3] * 6, [4, 3, 2, 1, 0, 4]]
    assert rows.columns["toy_valid_200"].tolist() == [10.0, 70.0, 90.5, 60.125]
    assert np.array_equal(rows.columns["toy_test_200"], [9.5, 71.0, 91.25, 61.0])


@pytest.mark.parametrize(
    ("line", "old", "new", "message"),
    [
        (0, "toy_test_200", "toy_test_12", r"row 1: the header is '.*toy_test_12', but it must be '.*toy_test_200'"),
        (2, "none~1", "conv_7x7~1", r"row 3: unknown architecture: .*conv_7x7.* is not a NAS-Bench-201 cell"),
        (3, ",70,", ",,", r"row 4: toy_valid_200 is '', but it must be a number between 0 and 100"),
        (3, ",70,", ",nan,", r"row 4: toy_valid_200 is 'nan'"),
        (3, ",70,", ",inf,", r"row 4: toy_valid_200 is 'inf'"),
        (4, ",61", ",100.01", r"row 5: toy_test_200 is '100.01'"),
        (4, ",61", ",-1", r"row 5: toy_test_200 is '-1'"),
        (4, ",61", "", r"row 5: 2 fields, but there are 3; get the file again"),
    ],
)
def test_a_bad_row_is_named(toy_file, write_source, lines, space, line, old, new, message):
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new)
    with pytest.raises(DataError, match=message):
        toy_file.read(write_source(lines), space)


def test_a_cell_that_comes_twice_is_named_with_both_rows(toy_file, write_source, lines, space):
    lines[4] = lines[2]
    with pytest.raises(DataError, match=r"row 5: .* is also row 3"):
        toy_file.read(write_source(lines), space)


@pytest.mark.parametrize("kept", [1, 4])
def test_missing_rows_are_counted(toy_file, write_source, lines, space, kept):
    with pytest.raises(DataError, match=f"{kept - 1} rows, but the benchmark has 4; get the file again"):
        toy_file.read(write_source(lines[:kept]), space)


def test_an_empty_file_has_the_wrong_header(toy_file, source, space):
    source.write_bytes(gzip.compress(b""))
    with pytest.raises(DataError, match="row 1: the header is ''"):
        toy_file.read(source, space)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-20],  # EOFError
        lambda content: b"arch,toy_valid_200\n",  # BadGzipFile
        lambda content: content[:20] + b"\xff" * 20 + content[40:],  # zlib.error
        lambda content: gzip.compress(b"\xff\xfe"),  # UnicodeDecodeError
    ],
)
def test_a_damaged_file_is_no_whole_gzip(toy_file, source, space, damage):
    source.write_bytes(damage(source.read_bytes()))
    with pytest.raises(DataError, match=r"is not a whole gzipped CSV file .*; get the file again"):
        toy_file.read(source, space)


def test_a_missing_file_is_no_whole_gzip_either(toy_file, tmp_path, space):
    with pytest.raises(DataError, match=r"nowhere.csv.gz is not a whole gzipped CSV file .*No such file"):
        toy_file.read(tmp_path / "nowhere.csv.gz", space)
