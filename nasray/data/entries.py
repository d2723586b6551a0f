"""The tables the catalog knows: one file in ``importers/`` and one line here each."""

from nasray.data.importers.nasbench201 import NASBENCH201

ENTRIES = (NASBENCH201,)
