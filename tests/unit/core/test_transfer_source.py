import numpy as np
import pytest

from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.core.transfer_source import TransferSource
from nasray.spaces.nasbench201 import NasBench201
from nasray.testing.drawn_table import DrawnTable

TABLE = DrawnTable(NasBench201(channels=4, cells_per_stage=1), ["cifar10_valid_200", "cifar10_test_200"], 30)


class Gaps(DrawnTable):
    def column(self, name):
        return np.where(np.arange(len(self.genes)) < 3, super().column(name), np.nan)


def test_the_best_come_first():
    best = TransferSource(table=TABLE, column="cifar10_valid_200", top=5).best()
    values = TABLE.column("cifar10_valid_200")[TABLE.rows(best)]
    assert values.tolist() == sorted(TABLE.column("cifar10_valid_200"), reverse=True)[:5]


def test_what_was_not_measured_is_no_source():
    gaps = Gaps(NasBench201(channels=4, cells_per_stage=1), TABLE.names)
    assert len(TransferSource(table=gaps, column="cifar10_valid_200", top=3).best()) == 3
    with pytest.raises(ConfigError, match=r"top \(4\) is more than the 3 architectures"):
        TransferSource(table=gaps, column="cifar10_valid_200", top=4)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"table": "nasbench201"}, CapabilityError, "got the name 'nasbench201' in place of an open table"),
        ({"column": "cifar10_test_200"}, ConfigError, "was measured on TEST"),
        ({"column": "svhn_valid_200"}, DataError, "has no column 'svhn_valid_200'"),
        ({"top": 0}, ConfigError, r"top \(0\) must be at least 1"),
        ({"top": 31}, ConfigError, r"top \(31\) is more than the 30"),
    ],
)
def test_impossible_sources_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        TransferSource(**{"table": TABLE, "column": "cifar10_valid_200", "top": 5, **change})
