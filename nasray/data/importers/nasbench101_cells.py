"""NAS-Bench-101, its 423,624 distinct cells: listed once by the space and kept, nothing measured.

Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search", https://arxiv.org/abs/1902.09635,
section 2.1. This is no file of the benchmark: it says which cells an official file must have.
"""

from pathlib import Path

import numpy as np

from nasray.core.errors import DataError, require
from nasray.core.space import need
from nasray.data.column import Column
from nasray.data.importers.nasbench101 import N_CELLS
from nasray.data.listed_space import ListedSpace
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

N_PAIRS = 21
"""Edge genes; those of the interior vertices follow, 0 where there is none."""


def _count(what: str) -> Column:
    return Column(
        dataset="none",
        split=None,
        epochs=None,
        quantity=what,
        unit="1",
        direction="lower",
        seeds="none",
        key=what,
    )


COLUMNS = (_count("vertices"), _count("edges"))


def list_cells(space: WrittenSpace, n_cells: int = N_CELLS) -> Rows:
    """Every cell with its numbers of vertices and edges.

    Raises:
        DataError: The space lists another number of cells.
        CapabilityError: The space does not list its cells.
    """
    genes = need(space, ListedSpace, "table nasbench101_cells").distinct_cells()  # pyright: ignore[reportArgumentType]
    require(
        len(genes) == n_cells,
        f"{type(space).__name__} lists {len(genes):,} cells, but NAS-Bench-101 has {n_cells:,}: use space=nasbench101 "
        "with max_vertices=7",
        DataError,
    )
    interior = np.count_nonzero(genes[:, N_PAIRS:], axis=1)
    return Rows(genes, {"vertices": interior + 2.0, "edges": genes[:, :N_PAIRS].sum(axis=1, dtype=np.float64)})


def read_nothing(path: Path, space: WrittenSpace) -> Rows:  # noqa: ARG001 -- there is nothing to read
    """No file is this table's.

    Raises:
        DataError: Always.
    """
    raise DataError(
        f"table nasbench101_cells is made and not read from {path}: run `nasray data fetch nasbench101_cells`, or just "
        "use it"
    )


NASBENCH101_CELLS = TableEntry(
    name="nasbench101_cells",
    space="nasbench101",
    n_rows=N_CELLS,
    file_name="nasbench101_cells",
    sha256=None,
    addresses=(),
    provenance="listed by the space nasbench101; vertices and edges alone, nothing was trained",
    licence="Apache-2.0",
    columns=COLUMNS,
    read=read_nothing,
    canonical=True,
    made=list_cells,
)
