"""TransNAS-Bench-101, the official file: VALID and TEST of 4,096 micro cells on seven tasks.

Duan et al. 2021, https://arxiv.org/abs/2105.11871. ``transnas-bench_v10141024.pth`` holds, under ``data``,
``micro``, the cell's string and the task, a list of values by epoch for every metric; the last one is taken.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nasray.core.errors import DataError
from nasray.core.measurement import Split
from nasray.data.importers.plain_pickle import REMEDY
from nasray.data.importers.row_gatherer import RowGatherer, check_best
from nasray.data.importers.torch_file import load_torch
from nasray.data.importers.transnas_micro import BEST, TASKS
from nasray.data.importers.transnas_micro import COLUMNS as VALID_COLUMNS
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

N_CELLS = 4_096
METRICS = {
    "class_scene": "top1",
    "class_object": "top1",
    "room_layout": "neg_loss",
    "jigsaw": "top1",
    "segmentsemantic": "acc",
    "normal": "ssim",
    "autoencoder": "ssim",
}
"""Task -> what the file calls its metric, behind ``valid_`` and ``test_``."""

COLUMNS = tuple(replace(column, split=split) for column in VALID_COLUMNS for split in (Split.VALID, Split.TEST))
BOUNDS = {column.name: TASKS[column.dataset][3] for column in COLUMNS}


def read_transnas_archive(
    path: Path, space: WrittenSpace, n_cells: int = N_CELLS, best: Mapping[str, float] = BEST
) -> Rows:
    """The micro cells of the official file.

    Raises:
        DataError: The file is damaged or foreign, asks for code, lacks a value, holds an unknown cell or an impossible
            value, or is another export.
    """
    content = load_torch(path)
    try:
        cells: Mapping[str, Any] = content["data"]["micro"]
        names = list(cells)
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: there is no data of micro cells ({error!r}); {REMEDY}") from error
    gathered = RowGatherer(path=path, read=space.from_text, columns=COLUMNS, bounds=BOUNDS)
    for name in names:
        try:
            values = [_last(cells[name][one.dataset], str(one.split), one.dataset, one.epochs) for one in COLUMNS]
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise DataError(f"{path}, cell {name}: a value is missing or foreign ({error!r}); {REMEDY}") from error
        gathered.add(name, name, values)
    rows = gathered.rows(n_cells)
    for name, published in best.items():
        check_best(path, rows, {name: published}, within=0.00005 if published < 1 else 0.005)
    return rows


def _last(results: Mapping[str, Any], split: str, task: str, epochs: int | None) -> float:
    """The value of the last epoch."""
    values = results["metrics"][f"{split}_{METRICS[task]}"]
    if len(values) != epochs:
        raise ValueError(f"{task} has {len(values)} epochs, but {epochs} are published")
    return float(values[-1])


TRANSNAS_ARCHIVE = TableEntry(
    name="transnas_archive",
    space="transnas_micro",
    n_rows=N_CELLS,
    file_name="transnas-bench_v10141024.pth",
    sha256=None,
    addresses=(),
    provenance="official transnas-bench_v10141024.pth, linked from github.com/yawen-d/TransNASBench",
    licence="MIT",
    columns=COLUMNS,
    read=read_transnas_archive,
)
