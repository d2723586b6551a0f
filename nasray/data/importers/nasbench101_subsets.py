"""NAS-Bench-101 in part: 292 cells after 108 epochs, and all 2,532 cells of up to 5 vertices after 4 epochs.

Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search", https://arxiv.org/abs/1902.09635.
The second file is of EC-NAS-Bench (Bakhtiarifard et al. 2022, https://arxiv.org/abs/2210.06015), which trained the
cells anew and measured time and energy.
"""

from ast import literal_eval
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, InvalidArchitecture
from nasray.core.measurement import Split
from nasray.core.space import need
from nasray.data.column import Column
from nasray.data.importers.parquet_columns import parquet_columns
from nasray.data.importers.row_gatherer import REMEDY, RowGatherer, check_best
from nasray.data.matrix_space import MatrixSpace
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

SIDE = 7
N_DRAWN, N_500 = 500, 292
CODES_500 = {0: "input", 1: "output", 2: "maxpool3x3", 3: "conv1x1-bn-relu", 4: "conv3x3-bn-relu"}
CODES_SMALL = {-1: "input", -2: "output", 0: "conv3x3-bn-relu", 1: "conv1x1-bn-relu", 2: "maxpool3x3"}
RUNS_500 = (
    "each row of the source has one of the benchmark's 3 runs, drawn at random; the table has the mean of the "
    "different runs found for a cell"
)
REPEATS = "1 training run a cell; the 91 cells of up to 4 vertices: mean of 4"


def _score(split: Split, epochs: int, seeds: str, note: str = "") -> Column:
    return Column(
        dataset="cifar10",
        split=split,
        epochs=epochs,
        quantity="accuracy",
        unit="%",
        direction="higher",
        seeds=seeds,
        note=note,
    )


def _cost(key: str, quantity: str, unit: str, epochs: int | None, seeds: str, note: str = "") -> Column:
    return Column(
        dataset="cifar10",
        split=None,
        epochs=epochs,
        quantity=quantity,
        unit=unit,
        direction="lower",
        seeds=seeds,
        note=note,
        key=key,
    )


FIRST = (
    "of the cell's first drawing; channels are shared out by the order of the vertices, so that 3 cells have another "
    "size in another drawing"
)
COLUMNS_500 = (
    _score(Split.VALID, 108, RUNS_500, "500 drawings of 292 cells: 208 are the same cell again, drawn otherwise"),
    _cost("parameters_millions", "parameters", "millions", None, "none", FIRST),
    _cost("flops_millions", "floating-point operations", "millions", None, "none", FIRST),
)
COLUMNS_SMALL = (
    _score(Split.VALID, 4, REPEATS),
    _score(Split.TEST, 4, REPEATS),
    _cost("cifar10_seconds_4", "training time without evaluation", "s", 4, REPEATS),
    _cost("cifar10_total_seconds_4", "training time with evaluation", "s", 4, REPEATS),
    _cost("cifar10_energy_kwh_4", "energy", "kWh", 4, REPEATS),
    _cost("parameters", "parameters", "1", None, "none"),
)
SCALES = (100.0, 100.0, 1.0, 1.0, 1.0, 1.0)
"""From the file's units to those of the columns: fractions are percent there."""

BOUNDS = {
    "cifar10_valid_108": (0.0, 100.0),
    "cifar10_valid_4": (0.0, 100.0),
    "cifar10_test_4": (0.0, 100.0),
    "cifar10_seconds_4": (1.0, 10_000.0),
    "cifar10_total_seconds_4": (1.0, 10_000.0),
    "cifar10_energy_kwh_4": (0.0, 1.0),
    "parameters": (200_000.0, 50_000_000.0),
    "parameters_millions": (0.2, 50.0),
    "flops_millions": (10.0, 10_000.0),
}


def read_nasbench101_500(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``nasbench101_500_cells.parquet``: 49 matrix bits, then 7 operator codes.

    Raises:
        DataError: The file is damaged, holds an unknown cell or an impossible value, or is another export.
        CapabilityError: The space does not read matrices.
    """
    cells = need(space, MatrixSpace, "table nasbench101_500")  # pyright: ignore[reportArgumentType]
    table = parquet_columns(path, ("arch", "val_accuracy", "params", "flops"))

    def cell(text: str) -> Architecture:
        numbers = _parsed(text)
        if not isinstance(numbers, tuple) or len(numbers) != SIDE * SIDE + SIDE:
            raise InvalidArchitecture(f"{text!r} is not 49 matrix bits and 7 operator codes")
        matrix = [numbers[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)]
        return cells.canonical(cells.from_matrix(matrix, _names(numbers[SIDE * SIDE :], CODES_500)))

    gathered = RowGatherer(path=path, read=cell, columns=COLUMNS_500, bounds=BOUNDS)
    runs: dict[Architecture, tuple[int, Sequence[Any], set[float]]] = {}
    for row, drawn in enumerate(zip(*table.values(), strict=True), 1):
        try:
            _, _, accuracies = runs.setdefault(cell(drawn[0]), (row, drawn, set()))
        except InvalidArchitecture as error:
            raise DataError(f"{path}, row {row}: unknown architecture: {error}; {REMEDY}") from error
        accuracies.add(gathered.number(row, COLUMNS_500[0], drawn[1]))
    if len(table["arch"]) != N_DRAWN:
        raise DataError(f"{path}: {len(table['arch'])} rows, but the sample has {N_DRAWN}; {REMEDY}")
    for row, (text, _, parameters, flops), accuracies in runs.values():
        gathered.add(row, text, [sum(accuracies) / len(accuracies), parameters, flops])
    rows = gathered.rows(N_500)
    check_best(path, rows, {"cifar10_valid_108": 94.7115}, within=0.00005)
    return rows


def read_nasbench101_small(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``nasbench101_4v5v_cells_4epochs.parquet``, runs of one cell averaged.

    Raises:
        DataError: The file is damaged, holds an unknown cell or an impossible value, or is another export.
        CapabilityError: The space does not read matrices.
    """
    cells = need(space, MatrixSpace, "table nasbench101_small")  # pyright: ignore[reportArgumentType]
    names = ("graph", "hash", "val_acc", "test_acc", "training_time", "total_time", "energy_kwh", "params")
    table = parquet_columns(path, names)
    runs: dict[str, list[tuple[int, Sequence[Any]]]] = {}
    for row, (graph, *values) in enumerate(zip(*table.values(), strict=True), 1):
        runs.setdefault(graph, []).append((row, values))

    def cell(text: str) -> Architecture:
        graph = _parsed(text)
        if not isinstance(graph, list) or len(graph) != 2:
            raise InvalidArchitecture(f"{text!r} is not a matrix and its vertices' labels")
        return cells.canonical(cells.from_matrix(graph[0], _names(graph[1], CODES_SMALL)))

    gathered = RowGatherer(path=path, read=cell, columns=COLUMNS_SMALL, bounds=BOUNDS)
    for graph, several in runs.items():
        gathered.add(several[0][0], graph, _mean(gathered, several))
    rows = gathered.rows(2_532)
    check_best(path, rows, {"cifar10_valid_4": 77.0132}, within=0.00005)
    return rows


def _mean(gathered: RowGatherer, several: Sequence[tuple[int, Sequence[Any]]]) -> list[float]:
    """Mean of the runs of one cell, accuracies in percent; hash and parameters must be one."""
    first, (name, *_, parameters) = several[0]
    runs: list[list[float]] = []
    for row, values in several:
        if values[0] != name or values[-1] != parameters:
            raise DataError(f"{gathered.path}, row {row}: the cell of row {first}, but another hash or size; {REMEDY}")
        scaled = [None if value is None else value * factor for value, factor in zip(values[1:], SCALES, strict=True)]
        runs.append([gathered.number(row, *each) for each in zip(COLUMNS_SMALL, scaled, strict=True)])
    return [sum(column) / len(runs) for column in zip(*runs, strict=True)]


def _parsed(text: Any) -> Any:
    """What Python wrote as ``text``: numbers in tuples or lists."""
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError, TypeError) as error:
        raise InvalidArchitecture(f"{text!r} is no cell ({error})") from error


def _names(codes: Sequence[int], meaning: Mapping[int, str]) -> list[str]:
    """Operator names of a file's codes."""
    return [meaning.get(code, f"code {code}") for code in codes]


NASBENCH101_500 = TableEntry(
    name="nasbench101_500",
    space="nasbench101",
    n_rows=N_500,
    file_name="nasbench101_500_cells.parquet",
    sha256="02a2e35fa8937f7415f4d6e29bf2840878847c6a460c1305525d3b96ddeaf611",
    addresses=(),
    provenance="github.com/automl/NASLib @22280f71: 500 random drawings of 292 NAS-Bench-101 cells, VALID "
    "after 108 epochs, no TEST",
    licence="Apache-2.0",
    columns=COLUMNS_500,
    read=read_nasbench101_500,
    canonical=True,
    complete=False,
)
NASBENCH101_SMALL = TableEntry(
    name="nasbench101_small",
    space="nasbench101_small",
    n_rows=2_532,
    file_name="nasbench101_4v5v_cells_4epochs.parquet",
    sha256="7e15975ac5a3cabc2e3c001967d1348e64b34af7258b32f9d297747983eefb98",
    addresses=(),
    provenance="github.com/saintslab/EC-NAS-Bench @1a82fdde: all NAS-Bench-101 cells of up to 5 vertices, 4 epochs",
    licence="MIT",
    columns=COLUMNS_SMALL,
    read=read_nasbench101_small,
    canonical=True,
)
