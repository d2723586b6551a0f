"""The reader of NAS-Bench-101's official files against a file that is written here, frame by frame and bit by bit."""

import base64
import json
import struct

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError
from nasray.core.measurement import Split
from nasray.data.importers.model_metrics import EvaluationData, ModelMetrics
from nasray.data.importers.nasbench101 import NASBENCH101, NASBENCH101_FULL, columns_of, read_nasbench101
from nasray.data.importers.tfrecord import TABLE, masked_crc32c, masked_crc32c_of_all, records
from nasray.spaces.nasbench101 import NasBench101

CELLS = NasBench101(channels=128, stacks=3, cells_per_stack=3, max_vertices=7)


def frame(content):
    length = struct.pack("<Q", len(content))
    return b"".join(
        [length, struct.pack("<I", masked_crc32c(length)), content, struct.pack("<I", masked_crc32c(content))]
    )


def varint(value):
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def message(evaluations, parameters):
    """ModelMetrics as Protocol Buffers write it: tag = number * 8 + kind."""
    found = b""
    for values in evaluations:
        inner = b"".join(bytes([number << 3 | 1]) + struct.pack("<d", value) for number, value in enumerate(values, 1))
        inner += bytes([6 << 3 | 2]) + varint(9) + b"/ckpt-123"
        found += bytes([1 << 3 | 2]) + varint(len(inner)) + inner
    return found + bytes([2 << 3]) + varint(parameters) + bytes([3 << 3 | 1]) + struct.pack("<d", 1234.5)


def run(name, bits, operators, valid, test, seconds, epochs=108, parameters=8_555_530):
    start, half = (0.0, 0.0, 0.1, 0.1, 0.1), (epochs / 2, seconds / 2, 0.8, 0.8, 0.8)
    metrics = message([start, half, (float(epochs), seconds, 0.999, valid, test)], parameters)
    return json.dumps([name, epochs, bits, operators, base64.b64encode(metrics).decode()]).encode()


def torn():
    """A run whose last evaluation ends within a number."""
    last = bytes([1 << 3 | 2, 12, 1 << 3 | 1, *bytes(8), 2 << 3 | 1, 0, 0])
    return json.dumps(["a", 108, "0100", "input,output", base64.b64encode(last * 3).decode()]).encode()


ONE = ("a", "010001000", "input,conv3x3-bn-relu,output")
TWO = ("b", "0100001000010000", "input,conv1x1-bn-relu,maxpool3x3,output")
RUNS = [
    *(run(*ONE, valid, 0.90, 1000.0) for valid in (0.91, 0.92, 0.93)),
    *(run(*TWO, 0.80, test, seconds, parameters=300_000) for test, seconds in ((0.7, 1.0), (0.8, 2.0), (0.9, 6.0))),
]


@pytest.fixture
def write(tmp_path):
    def make(contents):
        path = tmp_path / "nasbench.tfrecord"
        path.write_bytes(b"".join(map(frame, contents)))
        return path

    return make


def read(path, n_cells=2, schedules=(108,), best=None, space=CELLS):
    return read_nasbench101(path, space, schedules=schedules, n_cells=n_cells, best_test=best)


def test_checksums_of_rfc_3720():
    # RFC 3720, appendix B.4: CRC-32C of 32 zeros, of 32 ones, of 0..31, and the well-known check value of "123456789".
    known = {bytes(32): 0x8A9136AA, b"\xff" * 32: 0x62A8AB43, bytes(range(32)): 0x46DD794E, b"123456789": 0xE3069283}
    masked = [((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF for crc in known.values()]
    assert [masked_crc32c(content) for content in known] == masked
    assert masked_crc32c_of_all(list(known)).tolist() == masked
    assert len(set(TABLE)) == 256


def test_checksums_together_are_those_one_by_one():
    rng = np.random.default_rng(0)
    contents = [rng.bytes(int(length)) for length in rng.integers(0, 60, 200)]
    assert masked_crc32c_of_all(contents).tolist() == [masked_crc32c(content) for content in contents]


def test_records_come_back(write):
    contents = [b"first", b"", b"x" * 5_000]
    assert list(records(write(contents))) == contents
    assert list(records(write([]))) == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda raw: raw[:-1], r"record 2: 6 bytes are announced, but the file ends"),
        (lambda raw: raw[:-10], r"record 2: 6 bytes are announced, but the file ends"),
        (lambda raw: raw[: len(frame(b"first")) + 5], r"record 2: its length has another checksum"),
        (lambda raw: raw.replace(b"second", b"secomd"), r"record 2: its content has another checksum"),
        (lambda raw: b"\x06" + raw[1:], r"record 1: its length has another checksum"),
        (lambda raw: b"PK\x03\x04 and what follows", r"record 1: its length has another checksum; .*no TFRecord file"),
    ],
)
def test_a_damaged_file_is_named_with_its_record(write, damage, message):
    path = write([b"first", b"second"])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=message):
        list(records(path))


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"nowhere cannot be read .*No such file"):
        list(records(tmp_path / "nowhere"))


def test_a_message_is_read():
    found = ModelMetrics.from_bytes(message([(0.0, 0.0, 0.1, 0.2, 0.3), (108.0, 1500.5, 1.0, 0.94, 0.93)], 8_555_530))
    assert found.trainable_parameters == 8_555_530
    assert EvaluationData.from_bytes(found.evaluations[1]) == EvaluationData(108.0, 1500.5, 1.0, 0.94, 0.93)
    assert ModelMetrics.from_bytes(b"") == ModelMetrics((), 0)
    assert ModelMetrics.from_bytes(bytes([9 << 3 | 5]) + b"1234").evaluations == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x08", "a number without an end"),
        (b"\x80" * 12, "a number without an end"),
        (b"\x0a\x05ab", "field 1 has 2 of 5 bytes"),
        (b"\x19abc", "field 3 has 3 of 8 bytes"),
        (b"\x0b", "field 1 is of unknown kind 3"),
    ],
)
def test_a_damaged_message(content, reason):
    with pytest.raises(ValueError, match=reason):
        ModelMetrics.from_bytes(content)


def test_the_official_file_as_a_table(write):
    rows = read(write(RUNS), best=90.0)
    at = {genes: row for row, genes in enumerate(map(tuple, rows.genes.tolist()))}
    one = at[CELLS.canonical(CELLS.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ONE[2].split(","))).genes]
    two = 1 - one
    assert {name: round(float(values[one]), 9) for name, values in rows.columns.items()} == {
        "cifar10_valid_108": 92.0,
        "cifar10_test_108": 90.0,
        "cifar10_seconds_108": 1000.0,
        "parameters": 8_555_530,
    }
    assert {name: round(float(values[two]), 9) for name, values in rows.columns.items()} == {
        "cifar10_valid_108": 80.0,
        "cifar10_test_108": 80.0,
        "cifar10_seconds_108": 3.0,
        "parameters": 300_000,
    }
    CELLS.validate(Architecture(tuple(rows.genes[two].tolist())))


def test_base64_may_come_in_lines(write):
    """Python's ``encodebytes`` breaks them, and the authors' own reader does not mind."""
    broken = []
    for one in RUNS:
        *rest, encoded = json.loads(one)
        broken.append(json.dumps([*rest, base64.encodebytes(base64.b64decode(encoded)).decode()]).encode())
    assert broken != RUNS
    whole, lines = read(write(RUNS)), read(write(broken))
    assert {name: values.tolist() for name, values in lines.columns.items()} == {
        name: values.tolist() for name, values in whole.columns.items()
    }


def test_several_schedules(write):
    runs = [run(*ONE, 0.5, 0.4, 10.0 * epochs, epochs=epochs) for epochs in (4, 108) for _ in range(3)]
    rows = read(write(runs), n_cells=1, schedules=(4, 108))
    assert rows.columns["cifar10_seconds_4"].tolist() == [40.0]
    assert rows.columns["cifar10_valid_108"].tolist() == [50.0]


def test_the_entries_are_of_the_two_official_files(write):
    assert [column.name for column in NASBENCH101.columns] == [column.name for column in columns_of((108,))]
    full = {column.name: column for column in NASBENCH101_FULL.columns}
    assert {f"cifar10_{split}_{epochs}" for split in Split for epochs in (4, 12, 36, 108)} <= full.keys()
    assert NASBENCH101.n_rows == 423_624
    with pytest.raises(DataError, match="not a run of NAS-Bench-101"):
        NASBENCH101.read(write([b"[]"]), CELLS)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([b"{}"], "record 1: not a run of NAS-Bench-101"),
        ([b"\xff\xfe"], "record 1: not a run of NAS-Bench-101"),
        ([b'["a", 108, "01", "input,output", "!!"]'], "record 1: not a run of NAS-Bench-101"),
        ([b'["a", 108, "0100", "input,output", 7]'], "record 1: not a run of NAS-Bench-101"),
        ([b'["a", 108, "0100", "input,output", ""]'], "record 1: not a run .*0 evaluations"),
        ([run("a", "0x00", "input,output", 0.9, 0.9, 1.0)], "adjacency '0x00'"),
        ([run(*ONE, 0.9, 0.9, 1.0, epochs=12)], "record 1: 12 epochs, but this table has 108: name .*nasbench101_full"),
        ([torn()], "record 1: not a run .*field 2 has 2 of 8 bytes"),
        ([run(*ONE, 1.5, 0.9, 1.0)], "record 1: accuracy 1.5, but it must be 0 to 1"),
        ([run(*ONE, 0.9, float("nan"), 1.0)], "record 1: accuracy nan"),
        ([RUNS[0], run("a", *TWO[1:], 0.9, 0.9, 1.0)], "record 2: the hash of record 1, but another cell"),
        (RUNS[:2], r"record 1: the cell has \{108: 2\} runs by epochs, but 3 each are published"),
        (RUNS[:3], "1 rows, but the benchmark has 2"),
        ([run("a", "000000000", ONE[2], 0.9, 0.9, 1.0)] * 3, "row 1: unknown architecture: .*is disconnected"),
        ([run("a", ONE[1], "input,conv9x9,output", 0.9, 0.9, 1.0)] * 3, "operators .*conv9x9.* are unknown"),
        ([run("a", "01000", ONE[2], 0.9, 0.9, 1.0)] * 3, "2 rows for 3 operators"),
        ([*RUNS[:3], *(run("c", *ONE[1:], 0.9, 0.9, 1.0) for _ in range(3))], "row 4: .* is also row 1"),
        ([run(*ONE, 0.9, 0.9, -1.0)] * 3, "row 1: cifar10_seconds_108 is -1.0"),
    ],
)
def test_what_is_no_benchmark_is_named(write, contents, message):
    with pytest.raises(DataError, match=message):
        read(write(contents))


def test_another_export_is_refused(write):
    with pytest.raises(DataError, match=r"the best cifar10_test_108 is 90.0000, but 94.32 is published"):
        read(write(RUNS), best=94.32)


def test_a_space_without_matrices_is_refused(write, space):
    with pytest.raises(CapabilityError, match="table nasbench101 needs a space with MatrixSpace"):
        read(write(RUNS), space=space)
