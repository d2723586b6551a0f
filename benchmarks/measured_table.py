"""The NAS-Bench-201 evaluator that the speed scripts share; not a script of its own."""

import functools
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from nasray.data.catalog import Catalog
from nasray.evaluators.table import TableEvaluator
from nasray.spaces.nasbench201 import NasBench201


def evaluator_factory(space: NasBench201) -> Callable[[], TableEvaluator]:
    """A picklable constructor; the table is imported once into a folder for temporary files."""
    mirror = os.environ.get("NASRAY_DATA_MIRROR")
    if not mirror:
        sys.exit("this script needs the measured data: set NASRAY_DATA_MIRROR to a folder that has it")
    folder = Path(tempfile.gettempdir()) / "nasray-benchmarks"
    table = Catalog(folder=folder, mirror=Path(mirror)).open("nasbench201", space)
    return functools.partial(
        TableEvaluator, table=table, dataset="cifar10", epochs=200, chunk_size=4096, columns=(), columns_table=None
    )
