"""TransNAS-Bench-101, micro: 4,096 cells on seven tasks, VALID at the end of training.

Duan et al. 2021, "TransNAS-Bench-101: Improving Transferability and Generalizability of Cross-Task Neural Architecture
Search", https://arxiv.org/abs/2105.11871. There is no TEST in this export.
"""

from pathlib import Path

from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.importers.csv_rows import CsvRows
from nasray.data.importers.row_gatherer import Bounds, check_best
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

TASKS: dict[str, tuple[int, str, str, Bounds]] = {
    "class_scene": (25, "top-1 accuracy", "%", (0.0, 100.0)),
    "class_object": (25, "top-1 accuracy", "%", (0.0, 100.0)),
    "room_layout": (25, "negative loss", "minus mean squared error", (-100.0, 0.0)),
    "jigsaw": (10, "top-1 accuracy", "%", (0.0, 100.0)),
    "segmentsemantic": (30, "pixel accuracy", "%", (0.0, 100.0)),
    "normal": (30, "structural similarity", "SSIM, at most 1", (-1.0, 1.0)),
    "autoencoder": (30, "structural similarity", "SSIM, at most 1", (-1.0, 1.0)),
}
"""Task -> epochs (of the authors' training settings), quantity, unit, possible values."""

TIES = (
    "4,096 strings, of which 2,128 have no dead edge; many of the others tie, because nothing flows through what they "
    "differ in: 2,994 distinct rows of seven values"
)
BEST = {
    "class_scene_valid_25": 54.94,
    "class_object_valid_25": 45.59,
    "jigsaw_valid_10": 95.37,
    "autoencoder_valid_30": 0.5772,
}
"""Best value of a column as published, within half of the last digit."""

COLUMNS = tuple(
    Column(
        dataset=task,
        split=Split.VALID,
        epochs=epochs,
        quantity=quantity,
        unit=unit,
        direction="higher",
        seeds="1",
        note=f"value of the last epoch; {TIES}",
    )
    for task, (epochs, quantity, unit, _) in TASKS.items()
)
FILE = CsvRows(
    text_column="arch_str",
    columns=COLUMNS,
    n_rows=4_096,
    low=0.0,
    high=100.0,
    bounds={column.name: TASKS[column.dataset][3] for column in COLUMNS},
    headers=tuple(TASKS),
)


def read_transnas_micro(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``transnasbench101_micro_valid.csv.gz``.

    Raises:
        DataError: The file is damaged, holds an unknown cell or an impossible value, or is another export: its best
            values are not the published ones.
    """
    rows = FILE.read(path, space)
    for name, best in BEST.items():
        check_best(path, rows, {name: best}, within=0.00005 if best < 1 else 0.005)
    return rows


TRANSNAS_MICRO = TableEntry(
    name="transnas_micro",
    space="transnas_micro",
    n_rows=FILE.n_rows,
    file_name="transnasbench101_micro_valid.csv.gz",
    sha256="989c2119bde86cabe9d3c1031e1f2450657d9fe73f17aaa2b3db866a767db2e6",
    addresses=(),
    provenance="github.com/automl/NASLib @7a5496e2: VALID of the last epoch, no TEST; 2,994 distinct rows of 4,096",
    licence="Apache-2.0",
    columns=COLUMNS,
    read=read_transnas_micro,
)
