"""1,218 DARTS genotypes with the accuracy that a surrogate predicts for them. Not measured, and no benchmark.

The genotypes and their numbers are NASLib's samples of NAS-Bench-301 (Zela et al. 2022, "Surrogate NAS Benchmarks",
https://arxiv.org/abs/2008.09777): what its surrogate said, not what training gave.
"""

from ast import literal_eval
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, InvalidArchitecture
from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.importers.parquet_columns import parquet_columns
from nasray.data.importers.row_gatherer import REMEDY, RowGatherer, check_best
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

OPERATORS = (
    *("max_pool_3x3", "avg_pool_3x3", "skip_connect"),
    *("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"),
)
"""Names of the codes 0 to 6."""

N_DRAWN, N_GENOTYPES = 1_225, 1_218
SURROGATE = "what a surrogate predicts for training of 100 epochs; nothing was trained for this number"
COLUMNS = (
    Column(
        dataset="cifar10",
        split=Split.VALID,
        epochs=100,
        quantity="surrogate accuracy",
        unit="%",
        direction="higher",
        seeds="none; 7 genotypes were predicted twice, up to 0.17 apart: mean",
        note=SURROGATE,
    ),
    *(
        Column(
            dataset="cifar10",
            split=None,
            epochs=None,
            quantity=quantity,
            unit="millions",
            direction="lower",
            seeds="none",
            note="as the source gives them; it does not state the width and depth of the network",
            key=key,
        )
        for key, quantity in (
            ("parameters_millions", "parameters"),
            ("flops_millions", "floating-point operations"),
        )
    ),
)
BOUNDS = {"cifar10_valid_100": (0.0, 100.0), "parameters_millions": (0.1, 10.0), "flops_millions": (10.0, 10_000.0)}


def read_darts_pool(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``nasbench301_surrogate_1225_cells.parquet``.

    Raises:
        DataError: The file is damaged, holds an unknown genotype or an impossible value, or is another export.
    """
    table = parquet_columns(path, ("arch", "val_accuracy", "params", "flops"))

    def genotype(text: str) -> Architecture:
        return space.canonical(space.from_text(_genotype_text(text)))

    gathered = RowGatherer(path=path, read=genotype, columns=COLUMNS, bounds=BOUNDS)
    drawn: dict[str, list[list[float]]] = {}
    first: dict[str, int] = {}
    for row, (text, *values) in enumerate(zip(*table.values(), strict=True), 1):
        first.setdefault(text, row)
        numbers = [gathered.number(row, *each) for each in zip(COLUMNS, values, strict=True)]
        drawn.setdefault(text, []).append(numbers)
    if len(table["arch"]) != N_DRAWN:
        raise DataError(f"{path}: {len(table['arch'])} rows, but the sample has {N_DRAWN}; {REMEDY}")
    for text, several in drawn.items():
        gathered.add(first[text], text, [sum(column) / len(several) for column in zip(*several, strict=True)])
    rows = gathered.rows(N_GENOTYPES)
    check_best(path, rows, {"cifar10_valid_100": 94.4889}, within=0.00005)
    return rows


def _genotype_text(text: Any) -> str:
    """The genotype as DARTS prints it, from ``[[(source, code), …], [(source, code), …]]``."""
    try:
        cells: Sequence[Sequence[tuple[int, int]]] = literal_eval(text)
        normal, reduction = (
            ", ".join(f"('{OPERATORS[code]}', {source})" for source, code in cell if code >= 0) for cell in cells
        )
    except (ValueError, SyntaxError, TypeError, IndexError) as error:
        raise InvalidArchitecture(f"{text!r} is no genotype ({error})") from error
    return f"Genotype(normal=[{normal}], normal_concat=range(2, 6), reduce=[{reduction}], reduce_concat=range(2, 6))"


DARTS_POOL = TableEntry(
    name="darts_pool",
    space="darts",
    n_rows=N_GENOTYPES,
    file_name="nasbench301_surrogate_1225_cells.parquet",
    sha256="96c2720a8994431512c7a9eec047fff43050bd28b2333dc18b17a4838fd4f412",
    addresses=(),
    provenance=(
        "github.com/automl/NASLib @6639fd15: 1,218 genotypes with SURROGATE accuracies, to be ranked among themselves; "
        "no oracle for search, see darts_fitted"
    ),
    licence="Apache-2.0",
    columns=COLUMNS,
    read=read_darts_pool,
    canonical=True,
    complete=False,
)
