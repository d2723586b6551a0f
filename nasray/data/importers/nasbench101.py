"""NAS-Bench-101, the official files: 423,624 cells, each trained three times on CIFAR-10.

Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search", https://arxiv.org/abs/1902.09635.
``nasbench_only108.tfrecord`` has the full schedule, ``nasbench_full.tfrecord`` those of 4, 12, 36 and 108 epochs. A
record is a JSON array: hash, epochs, adjacency bits row by row, operators, and the run as base64 of ``ModelMetrics``,
perhaps in lines. An import takes minutes and about a gigabyte of memory.
"""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError
from nasray.core.measurement import Split
from nasray.core.space import need
from nasray.data.column import Column
from nasray.data.importers.model_metrics import EvaluationData, ModelMetrics
from nasray.data.importers.row_gatherer import REMEDY, Bounds, RowGatherer, check_best
from nasray.data.importers.tfrecord import records
from nasray.data.matrix_space import MatrixSpace
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

N_CELLS, N_RUNS = 423_624, 3
START_HALF_END = 3
"""Evaluations in a run."""

BEST_TEST_108 = 94.32
"""Highest mean test accuracy after 108 epochs (section 3 of the paper), two decimals."""


def columns_of(schedules: Sequence[int]) -> tuple[Column, ...]:
    """The columns of a file with these schedules."""
    runs = "mean of 3"
    scores = [
        Column(
            dataset="cifar10",
            split=split,
            epochs=epochs,
            quantity="accuracy",
            unit="%",
            direction="higher",
            seeds=runs,
        )
        for epochs in schedules
        for split in (Split.VALID, Split.TEST)
    ]
    costs = [
        Column(
            dataset="cifar10",
            split=None,
            epochs=epochs,
            quantity=quantity,
            unit=unit,
            direction="lower",
            seeds=seeds,
            key=key,
        )
        for epochs, quantity, unit, seeds, key in (
            *((n, "training time without evaluation", "s", runs, f"cifar10_seconds_{n}") for n in schedules),
            (None, "parameters", "1", "none", "parameters"),
        )
    ]
    return (*scores, *costs)


@dataclass(slots=True)
class _Cell:
    """What was read of one cell: sums over its runs by schedule, as (n, valid, test, seconds)."""

    record: int
    drawing: str
    parameters: int
    sums: dict[int, tuple[int, float, float, float]]


def read_nasbench101(
    path: Path, space: WrittenSpace, schedules: Sequence[int], n_cells: int, best_test: float | None
) -> Rows:
    """The cells of an official TFRecord file.

    Args:
        path: The file.
        space: Reads matrices.
        schedules: Epochs for which every cell has three runs.
        n_cells: How many cells there are.
        best_test: Published highest mean test accuracy of the longest schedule, in percent.

    Raises:
        DataError: The file is damaged, holds an unknown cell, an impossible value or another number of runs, or is
            another export.
        CapabilityError: The space does not read matrices.
    """
    cells = need(space, MatrixSpace, "table nasbench101")  # pyright: ignore[reportArgumentType]
    columns = columns_of(schedules)
    bounds: dict[str, Bounds] = {
        one.name: (0.0, 100.0 if one.split else 1e6) if one.key != "parameters" else (1e5, 1e8) for one in columns
    }

    def read(drawing: str) -> Architecture:
        bits, _, operators = drawing.partition(" ")
        side = math.isqrt(len(bits))
        matrix = [[int(bit) for bit in bits[at : at + side]] for at in range(0, side * side, side)]
        return cells.canonical(cells.from_matrix(matrix, operators.split(",")))

    gathered = RowGatherer(path=path, read=read, columns=columns, bounds=bounds)
    for cell in _cells(path, schedules).values():
        gathered.add(cell.record, cell.drawing, _means(path, cell, schedules))
    rows = gathered.rows(n_cells)
    if best_test is not None:
        check_best(path, rows, {f"cifar10_test_{max(schedules)}": best_test}, within=0.005)
    return rows


def _cells(path: Path, schedules: Sequence[int]) -> dict[str, _Cell]:
    """Every cell by its hash, runs added up as they come."""
    found: dict[str, _Cell] = {}
    for number, record in enumerate(records(path), 1):
        try:
            name, epochs, bits, operators, encoded = json.loads(record)
            run = ModelMetrics.from_bytes(base64.b64decode("".join(encoded.split()), validate=True))
            if not {*bits} <= {"0", "1"} or len(run.evaluations) != START_HALF_END:
                raise ValueError(f"{len(run.evaluations)} evaluations, adjacency {bits!r}")
            end = EvaluationData.from_bytes(run.evaluations[-1])
        except (ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{path}, record {number}: not a run of NAS-Bench-101 ({error!r}); {REMEDY}") from error
        if epochs not in schedules:
            raise DataError(
                f"{path}, record {number}: {epochs} epochs, but this table has {', '.join(map(str, schedules))}: name "
                "the table that fits, nasbench101 (108 alone) or nasbench101_full"
            )
        drawing = f"{bits} {operators}"
        cell = found.setdefault(name, _Cell(number, drawing, run.trainable_parameters, {}))
        if (cell.drawing, cell.parameters) != (drawing, run.trainable_parameters):
            raise DataError(f"{path}, record {number}: the hash of record {cell.record}, but another cell; {REMEDY}")
        n, valid, test, seconds = cell.sums.get(epochs, (0, 0.0, 0.0, 0.0))
        for value in (end.validation_accuracy, end.test_accuracy):
            if not 0 <= value <= 1:
                raise DataError(f"{path}, record {number}: accuracy {value}, but it must be 0 to 1; {REMEDY}")
        cell.sums[epochs] = (
            n + 1,
            valid + end.validation_accuracy,
            test + end.test_accuracy,
            seconds + end.training_time,
        )
    return found


def _means(path: Path, cell: _Cell, schedules: Sequence[int]) -> list[float]:
    """Means of the three runs, in the order of the columns."""
    runs = {epochs: cell.sums.get(epochs, (0,))[0] for epochs in schedules}
    wrong = {epochs: n for epochs, n in runs.items() if n != N_RUNS}
    if wrong:
        raise DataError(
            f"{path}, record {cell.record}: the cell has {wrong} runs by epochs, but {N_RUNS} each are published; "
            f"{REMEDY}"
        )
    scores = [100 * cell.sums[epochs][which] / N_RUNS for epochs in schedules for which in (1, 2)]
    return [*scores, *(cell.sums[epochs][3] / N_RUNS for epochs in schedules), float(cell.parameters)]


def _entry(name: str, file_name: str, schedules: tuple[int, ...]) -> TableEntry:
    return TableEntry(
        name=name,
        space="nasbench101",
        n_rows=N_CELLS,
        file_name=file_name,
        sha256=None,
        addresses=(),
        provenance=f"official {file_name}, linked from github.com/google-research/nasbench",
        licence="Apache-2.0",
        columns=columns_of(schedules),
        read=partial(read_nasbench101, schedules=schedules, n_cells=N_CELLS, best_test=BEST_TEST_108),
        canonical=True,
    )


NASBENCH101 = _entry("nasbench101", "nasbench_only108.tfrecord", (108,))
NASBENCH101_FULL = _entry("nasbench101_full", "nasbench_full.tfrecord", (4, 12, 36, 108))
