import hashlib
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError
from nasray.data.table import Table
from nasray.data.table_file import header_of, seal_path, write_table
from nasray.data.table_seal import verify_table


@pytest.fixture
def rows(toy_file, source, space):
    return toy_file.read(source, space)


@pytest.fixture
def header(entry, source, rows, space):
    return header_of(entry, source, rows, space)


@pytest.fixture
def path(tmp_path, header, rows):
    write_table(tmp_path / "toy.arrow", header, rows)
    return tmp_path / "toy.arrow"


def seal_again(path):
    """What an import would have sealed, had it written these bytes."""
    content = path.read_bytes()
    sealed = json.loads(seal_path(path).read_bytes())
    sealed |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    seal_path(path).write_text(json.dumps(sealed))


def test_values_are_found_by_architecture(path):
    table = Table.open(path)
    asked = [Architecture((4, 3, 2, 1, 0, 4)), Architecture((3,) * 6), Architecture((4, 3, 2, 1, 0, 4))]
    at = table.rows(asked)
    assert at.tolist() == [3, 0, 3]
    assert table.column("toy_valid_200")[at].tolist() == [60.125, 90.5, 60.125]
    assert len(table) == 4
    assert table.rows([]).tolist() == []


def test_columns_are_pages_of_the_file_and_read_only(path):
    values = Table.open(path).column("toy_test_200")
    assert not values.flags.owndata
    assert np.shares_memory(values, values.base)
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 1.0


def test_the_header_tells_the_pedigree(path, source):
    header = Table.open(path).header
    assert (header.name, header.space, header.provenance, header.licence) == (
        "toy",
        "NAS-Bench-201",
        "written by hand",
        "none",
    )
    assert header.source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert [one.name for one in header.columns] == ["toy_valid_200", "toy_test_200"]
    assert header.columns[0].note == "toy"


def test_a_table_is_pickled_as_its_name_and_opened_again_elsewhere(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    table = Table.open(path.relative_to(tmp_path))
    pickled = pickle.dumps(table)
    assert len(pickled) < 500
    monkeypatch.chdir("/")
    again = pickle.loads(pickled)
    assert (again.path, again.sha256) == (table.path, table.sha256)
    assert np.array_equal(again.column("toy_valid_200"), table.column("toy_valid_200"))


def test_a_pickled_table_refuses_other_content(path, header, rows):
    pickled = pickle.dumps(Table.open(path))
    write_table(path, replace(header, licence="another"), rows)
    with pytest.raises(DataError, match="is wanted: this machine has another version of the table; import the same"):
        pickle.loads(pickled)


def test_writing_twice_gives_the_same_bytes(path, header, rows):
    before = path.read_bytes()
    write_table(path, header, rows)
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.glob("*toy.*")) == ["toy.arrow", "toy.json"]


def test_opening_a_table_imports_neither_pandas_nor_arrow_compute(path):
    code = (
        "import sys; from pathlib import Path; from nasray.data.table import Table;"
        f"Table.open(Path({str(path)!r})).column('toy_valid_200');"
        "print(sorted({'pandas', 'pyarrow.compute'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_architecture_is_named(path):
    known, unknown = Architecture((3,) * 6), Architecture((0, 0, 0, 0, 0, 1))
    with pytest.raises(
        DataError, match=r"table toy has no row for architecture 0.0.0.0.0.1 .* 4 architectures of space"
    ):
        Table.open(path).rows([known, unknown])


def test_an_unknown_column_is_answered_with_the_known_ones(path):
    with pytest.raises(
        DataError, match=r"no column 'toy_valid_90'; the nearest of its 2 are toy_valid_200, toy_test_200: choose"
    ):
        Table.open(path).column("toy_valid_90")


def test_an_objective_is_maximised(path, header, rows):
    assert Table.open(path).objective("toy_valid_200") == "valid accuracy (%)"
    loss = replace(header.columns[0], direction="lower")
    write_table(path, replace(header, columns=(loss, header.columns[1])), rows)
    with pytest.raises(DataError, match="in column 'toy_valid_200' lower is better, but an objective is maximised"):
        Table.open(path).objective("toy_valid_200")


def test_a_missing_table_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(
        DataError, match=r"table toy: no file at .*toy.arrow; get it back by `nasray data fetch toy` or"
    ):
        Table.open(tmp_path / "toy.arrow")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}', '{"schema": null}'])
def test_a_torn_seal_is_an_error(path, content):
    seal_path(path).write_text(content)
    with pytest.raises(
        DataError, match=r"table toy: its seal .*toy.json cannot be read .*; get it back by `nasray data fetch toy"
    ):
        Table.open(path)


def test_a_missing_seal_is_an_error(path):
    seal_path(path).unlink()
    with pytest.raises(DataError, match=r"its seal .*toy.json cannot be read .*FileNotFoundError"):
        Table.open(path)


def test_a_table_of_a_newer_schema_is_refused(path):
    seal_path(path).write_text(json.dumps({**json.loads(seal_path(path).read_bytes()), "schema": 2}))
    with pytest.raises(DataError, match="has schema 2, this nasray reads 1; get it back by"):
        Table.open(path)


def test_a_truncated_table_is_refused(path):
    size = path.stat().st_size
    os.truncate(path, size - 100)
    with pytest.raises(
        DataError, match=rf"has {size - 100} bytes, but {size} were written: it is truncated or replaced"
    ):
        Table.open(path)


def test_a_row_count_that_does_not_fit_the_seal_is_refused(path):
    seal_path(path).write_text(json.dumps({**json.loads(seal_path(path).read_bytes()), "rows": 5}))
    with pytest.raises(DataError, match="has 4 rows, but 5 were written"):
        Table.open(path)


def test_a_seal_of_another_import_is_refused(path, header, rows):
    before = seal_path(path).read_bytes()
    write_table(path, replace(header, source_sha256="0" * 64), rows)
    assert path.stat().st_size == json.loads(before)["bytes"]
    seal_path(path).write_bytes(before)
    with pytest.raises(DataError, match=r"was made from 0+, but its seal is of \w+: an import was cut off; get"):
        Table.open(path)


def test_changed_bytes_are_found_by_verify(path):
    assert verify_table(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="the file has changed; get it back by `nasray data fetch toy` or"):
        verify_table(path)


def test_bytes_that_are_no_arrow_file_are_refused(path):
    path.write_bytes(b"x" * 1000)
    seal_again(path)
    with pytest.raises(DataError, match=r"is not a table of nasray \(.*ArrowInvalid"):
        Table.open(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda batch: batch.replace_schema_metadata(None), "TypeError"),
        (lambda batch: batch.replace_schema_metadata({"other": "1"}), "KeyError"),
        (lambda batch: batch.replace_schema_metadata({"nasray": "{"}), "JSONDecodeError"),
        (lambda batch: batch.drop_columns(["genes"]), "KeyError"),
        (lambda batch: batch.drop_columns(["toy_test_200"]), "KeyError"),
        (
            lambda batch: batch.set_column(2, "toy_test_200", pa.array([1, 2, 3, 4])),
            "is int64 with 0 gaps, not whole float64",
        ),
        (lambda batch: batch.set_column(2, "toy_test_200", pa.array([1.0, None, 3.0, 4.0])), "is double with 1 gaps"),
        (
            lambda batch: batch.set_column(
                0, "genes", pa.FixedSizeListArray.from_arrays(pa.array([0] * 24, pa.int32()), 6)
            ),
            "not lists of int8",
        ),
    ],
)
def test_an_arrow_file_that_is_no_table_is_refused(path, change, message):
    batch = change(pa.ipc.open_file(path.read_bytes()).get_batch(0))
    with pa.ipc.new_file(str(path), batch.schema) as writer:
        writer.write_batch(batch)
    seal_again(path)
    with pytest.raises(DataError, match=rf"is not a table of nasray \(.*{message}"):
        Table.open(path)


def test_an_arrow_file_without_rows_is_refused(path):
    schema = pa.ipc.open_file(path.read_bytes()).schema
    pa.ipc.new_file(str(path), schema).close()
    seal_again(path)
    with pytest.raises(DataError, match="is not a table of nasray"):
        Table.open(path)


def test_a_space_with_another_encoding_is_refused(path, header, space):
    header.check_space(space)
    text, genes = header.witnesses[0]
    moved = replace(header, witnesses=((text, (*genes[::-1][:-1], 0)),))
    with pytest.raises(DataError, match="the encoding has changed since the import; run `nasray data import toy FILE`"):
        moved.check_space(space)


def test_a_space_that_cannot_read_the_table_is_refused(header, space):
    foreign = replace(header, witnesses=(("64-41414-3_33_333", (1, 2)),))
    with pytest.raises(DataError, match=r"is of space NAS-Bench-201, but NasBench201 cannot read its row '64-41414"):
        foreign.check_space(space)
