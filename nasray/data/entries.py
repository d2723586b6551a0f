"""The tables the catalog knows: one file in ``importers/`` and one line here each."""

from nasray.data.importers.darts_pool import DARTS_POOL
from nasray.data.importers.digits201 import DIGITS201
from nasray.data.importers.hat_mt import HAT_MT
from nasray.data.importers.nasbench101 import NASBENCH101, NASBENCH101_FULL
from nasray.data.importers.nasbench101_cells import NASBENCH101_CELLS
from nasray.data.importers.nasbench101_subsets import NASBENCH101_500, NASBENCH101_SMALL
from nasray.data.importers.nasbench201 import NASBENCH201
from nasray.data.importers.nasbench201_archive import NASBENCH201_ARCHIVE
from nasray.data.importers.nasbench201_columns import NASBENCH201_FEATURES, NASBENCH201_HARDWARE
from nasray.data.importers.transnas_archive import TRANSNAS_ARCHIVE
from nasray.data.importers.transnas_micro import TRANSNAS_MICRO

ENTRIES = (
    DIGITS201,
    NASBENCH201,
    NASBENCH201_HARDWARE,
    NASBENCH201_FEATURES,
    NASBENCH201_ARCHIVE,
    NASBENCH101_500,
    NASBENCH101_SMALL,
    NASBENCH101,
    NASBENCH101_FULL,
    NASBENCH101_CELLS,
    TRANSNAS_MICRO,
    TRANSNAS_ARCHIVE,
    DARTS_POOL,
    HAT_MT,
)
