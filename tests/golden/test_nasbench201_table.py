"""The imported NAS-Bench-201 table against what was published."""

import pytest

from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.data.catalog import Catalog
from nasray.evaluators.table import TableEvaluator
from nasray.spaces.nasbench201 import NasBench201

pytestmark = pytest.mark.golden
STREAMS = Streams(0, "evaluator")
SPACE = NasBench201(channels=16, cells_per_stage=5)


@pytest.fixture(scope="module")
def table(mirror, tmp_path_factory):
    return Catalog(folder=tmp_path_factory.mktemp("tables"), mirror=mirror).open("nasbench201", SPACE)


def test_every_cell_is_there(table):
    assert len(table) == SPACE.size() == 15_625
    assert list(table.index) == [cell.genes for cell in SPACE.enumerate()]


@pytest.mark.parametrize(
    ("dataset", "valid", "test"),
    # Dong and Yang 2020 (arXiv 2001.00326), the optimum of each split after 200 epochs.
    [("cifar10", 91.607, 94.373), ("cifar100", 73.493, 73.513), ("imagenet16_120", 46.733, 47.311)],
)
def test_the_published_optima(table, dataset, valid, test):
    assert (
        round(
            TableEvaluator(
                table=table, dataset=dataset, epochs=200, chunk_size=512, columns=(), columns_table=None
            ).optimum(),
            3,
        )
        == valid
    )
    assert round(float(table.column(f"{dataset}_test_200").max()), 3) == test


def test_one_cell_through_the_evaluator(table):
    # First row of the source file: all six edges average pooling.
    text = "|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|"
    proposal = Proposal(0, SPACE.from_text(text))
    full = TableEvaluator(table=table, dataset="cifar10", epochs=200, chunk_size=512, columns=(), columns_table=None)
    short = TableEvaluator(
        table=table, dataset="imagenet16_120", epochs=12, chunk_size=512, columns=(), columns_table=None
    )
    assert (full.evaluate([proposal], STREAMS)[0].value, full.test(proposal, STREAMS).value) == (37.348, 49.02)
    assert (short.evaluate([proposal], STREAMS)[0].value, short.test(proposal, STREAMS).value) == (6.3667, 5.7)


def test_the_top_thousandth_is_sixteen_cells(table):
    evaluator = TableEvaluator(
        table=table, dataset="cifar10", epochs=200, chunk_size=512, columns=(), columns_table=None
    )
    threshold = evaluator.threshold(0.001)
    # ceil(15,625 / 1,000) = 16; no two of these cells tie.
    assert sum(float(value) >= threshold for value in table.column("cifar10_valid_200")) == 16
