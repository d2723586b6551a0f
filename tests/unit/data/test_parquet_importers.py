"""What the importers of Parquet files refuse. One bad row is enough: rows are checked as they come."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from nasray.core.errors import CapabilityError, DataError
from nasray.data.importers.nasbench101_subsets import COLUMNS_500, read_nasbench101_500, read_nasbench101_small
from nasray.data.importers.nasbench201_columns import FEATURES, HARDWARE, read_features, read_hardware
from nasray.data.importers.parquet_columns import parquet_columns
from nasray.data.importers.row_gatherer import RowGatherer, check_best
from nasray.data.rows import Rows
from nasray.spaces.nasbench101 import NasBench101

CELLS_101 = NasBench101(channels=128, stacks=3, cells_per_stack=3, max_vertices=7)
CELL = (*(0, 1, 0, 0, 0, 0, 0), *(0, 0, 0, 0, 0, 0, 1), *[0] * 35, 0, 4, 4, 4, 4, 4, 1)
ROW_500 = {"arch": str(CELL), "val_accuracy": 90.0, "params": 1.5, "flops": 250.0}
ROW_SMALL = {
    "graph": "[[[0, 1, 0], [0, 0, 1], [0, 0, 0]], [-1, 0, -2]]",
    "hash": "a",
    "val_acc": 0.5,
    "test_acc": 0.5,
    "training_time": 70.0,
    "total_time": 80.0,
    "energy_kwh": 0.01,
    "params": 1_000_000,
}


@pytest.fixture
def write(tmp_path):
    def make(rows):
        path = tmp_path / "source.parquet"
        parquet.write_table(pa.table({name: [row[name] for row in rows] for name in rows[0]}), path)
        return path

    return make


def test_a_file_that_is_no_parquet(tmp_path):
    path = tmp_path / "source.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match=r"source.parquet is not a whole Parquet file .*; get the file again"):
        parquet_columns(path, ("arch",))
    with pytest.raises(DataError, match=r"nowhere is not a whole Parquet file"):
        parquet_columns(tmp_path / "nowhere", ("arch",))


def test_a_truncated_parquet(write):
    path = write([ROW_500])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="is not a whole Parquet file"):
        parquet_columns(path, ("arch",))


def test_a_parquet_file_of_something_else(write):
    with pytest.raises(DataError, match="no column is called val_accuracy, flops; get the file again"):
        parquet_columns(write([{"arch": "x"}]), ("arch", "val_accuracy", "flops"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arch": "(0, 1"}, r"row 1: unknown architecture: '\(0, 1' is no cell"),
        ({"arch": None}, "row 1: unknown architecture: None is no cell"),
        ({"arch": "(0, 1)"}, "is not 49 matrix bits and 7 operator codes"),
        ({"arch": str((*CELL[:50], 9, *CELL[51:]))}, r"operators \['code 9'\] are unknown"),
        ({"arch": str((*[0] * 49, *CELL[49:]))}, "is disconnected"),
        ({"arch": str((*CELL[:7], 1, *CELL[8:]))}, r"edges \[\(1, 0\)\] are cyclic"),
        ({"val_accuracy": 100.5}, "row 1: cifar10_valid_108 is 100.5, but it must be a number between 0 and 100"),
        ({"val_accuracy": None}, "row 1: cifar10_valid_108 is None"),
        ({"params": 0.01}, "row 1: parameters_millions is 0.01, but it must be a number between 0.2 and 50"),
        ({"flops": float("nan")}, "row 1: flops_millions is nan"),
    ],
)
def test_a_bad_row_of_the_500_is_named(write, change, message):
    with pytest.raises(DataError, match=message):
        read_nasbench101_500(_padded(write, {**ROW_500, **change}, 500), CELLS_101)


def _padded(write, row, n):
    """The row and n - 1 good ones of other cells, so that the count is right."""
    return write([row, *[ROW_500] * (n - 1)])


def test_the_number_of_drawings_is_checked(write):
    with pytest.raises(DataError, match="2 rows, but the sample has 500; get the file again"):
        read_nasbench101_500(write([ROW_500, ROW_500]), CELLS_101)


def test_the_number_of_cells_is_checked(write):
    with pytest.raises(DataError, match="1 rows, but the benchmark has 292"):
        read_nasbench101_500(write([ROW_500] * 500), CELLS_101)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"graph": "[1]"}, r"row 1: unknown architecture: '\[1\]' is not a matrix and its vertices' labels"),
        ({"graph": "[[[0, 1], [0, 0]], [-1, 7, -2]]"}, "row 1: unknown architecture: .* 2 rows for 3 operators"),
        ({"val_acc": 1.01}, r"row 1: cifar10_valid_4 is 101.0, but it must be a number between 0 and 100"),
        ({"training_time": None}, "row 1: cifar10_seconds_4 is None"),
        ({"energy_kwh": -1.0}, "row 1: cifar10_energy_kwh_4 is -1.0"),
    ],
)
def test_a_bad_row_of_the_small_cells_is_named(write, change, message):
    with pytest.raises(DataError, match=message):
        read_nasbench101_small(write([{**ROW_SMALL, **change}]), CELLS_101)


@pytest.mark.parametrize("change", [{"hash": "b"}, {"params": 2_000_000}])
def test_runs_of_one_cell_agree_on_what_it_is(write, change):
    with pytest.raises(DataError, match="row 2: the cell of row 1, but another hash or size"):
        read_nasbench101_small(write([ROW_SMALL, {**ROW_SMALL, **change}]), CELLS_101)


def test_the_number_of_small_cells_is_checked(write):
    with pytest.raises(DataError, match="1 rows, but the benchmark has 2532"):
        read_nasbench101_small(write([ROW_SMALL, ROW_SMALL]), CELLS_101)


def test_a_space_that_reads_no_matrices_is_refused(write, space):
    with pytest.raises(CapabilityError, match="table nasbench101_500 needs a space with MatrixSpace"):
        read_nasbench101_500(write([ROW_500]), space)
    with pytest.raises(CapabilityError, match="table nasbench101_small needs a space with MatrixSpace"):
        read_nasbench101_small(write([ROW_SMALL]), space)


HARDWARE_ROW = {"arch": "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", **dict.fromkeys(HARDWARE, 1.0)}


def test_27_latencies_and_the_columns_of_six_devices():
    assert sum(name.startswith("lat_") for name in HARDWARE) == 27
    assert len(HARDWARE) == 27 + 3 * 10
    assert {HARDWARE[name].unit for name in HARDWARE if "intensity" not in name} == {"ms", "mJ"}
    assert {column.direction for column in HARDWARE.values() if column.unit != "ratio"} == {"lower"}
    assert HARDWARE["hw_in16_fpga_energy"].name == "hw_in16_fpga_energy_mj"
    assert HARDWARE["lat_titanxp_256"].label == "titanxp_256 latency (ms)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lat_pixel2": -1.0}, "row 1: lat_pixel2_ms is None, but it must be a number between 0 and 1000"),
        ({"lat_pixel2": -2.0}, "row 1: lat_pixel2_ms is -2.0"),
        ({"lat_fpga": 2.0}, "lat_fpga and hw_c10_fpga_latency differ, but one was taken from the other"),
        ({"arch": "x"}, "row 1: unknown architecture: 'x' is not a NAS-Bench-201 cell"),
        ({"hw_c10_edgetpu_latency": -1.0}, "1 rows, but the benchmark has 15625"),
    ],
)
def test_a_bad_row_of_the_hardware_is_named(write, space, change, message):
    with pytest.raises(DataError, match=message):
        read_hardware(write([{**HARDWARE_ROW, **change}]), space)


def test_gaps_of_features_are_counted(write, space):
    row = {"arch": HARDWARE_ROW["arch"], **dict.fromkeys(FEATURES, 1.0), "c10_zen": -1e8, "zc_c10_zen": None}
    with pytest.raises(DataError, match="1 rows, but the benchmark has 15625"):
        read_features(write([row]), space)
    with pytest.raises(DataError, match="row 1: tgnas_score is None"):
        read_features(write([{**row, "tgnas_score": None}]), space)


def test_a_column_with_other_gaps_than_the_benchmark_is_refused(tmp_path, space):
    column = FEATURES["c10_zen"]
    gathered = RowGatherer(path=tmp_path, read=space.from_text, columns=(column,), bounds={"c10_zen": (0.0, 1.0)})
    gathered.add(1, HARDWARE_ROW["arch"], [None])
    with pytest.raises(DataError, match="c10_zen has 1 missing values, but the benchmark's has 341"):
        gathered.rows(1)


def test_the_best_value_is_the_published_one(tmp_path):
    import numpy as np

    rows = Rows(np.zeros((2, 1), np.int8), {COLUMNS_500[0].name: np.array([np.nan, 93.0])})
    check_best(tmp_path, rows, {"cifar10_valid_108": 93.004}, within=0.005)
    with pytest.raises(DataError, match=r"row 3: the best cifar10_valid_108 is 93.0000, but 94.71 is published"):
        check_best(tmp_path, rows, {"cifar10_valid_108": 94.71}, within=0.005)
