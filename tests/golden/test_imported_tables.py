"""The imported tables against what was published, and against the spaces that read them."""

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, NotFinite
from nasray.core.measurement import Split
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.data.catalog import Catalog
from nasray.evaluators.counted_table import CountedTable
from nasray.evaluators.darts_features import darts_features
from nasray.evaluators.darts_fitted import DartsFitted
from nasray.evaluators.sum_kernel import SumKernel
from nasray.evaluators.table import TableEvaluator
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench101_cells import enumerate_cells
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

pytestmark = pytest.mark.golden
STREAMS = Streams(0, "evaluator")
CELLS_101 = NasBench101(channels=128, stacks=3, cells_per_stack=3, max_vertices=7)
SMALL_101 = NasBench101(channels=128, stacks=3, cells_per_stack=3, max_vertices=5)
CELLS_201 = NasBench201(channels=16, cells_per_stage=5)
DARTS = Darts(channels=36, cells=20, allow_none=False)
FIRST_NORMAL = (0, 0, 1, 5, 1, 1, 0, 1, 1, 3, 0, 3, 1, 3, 3, 2)
FIRST_REDUCTION = (1, 0, 0, 2, 1, 3, 0, 3, 3, 0, 0, 1, 2, 0, 3, 6)
TRANSNAS = TransNasMicro(channels=64, stem_halvings=2)


@pytest.fixture(scope="module")
def catalog(mirror, tmp_path_factory):
    return Catalog(folder=tmp_path_factory.mktemp("tables"), mirror=mirror)


def lookup(table, space, **settings):
    return TableEvaluator(
        **{"table": table, "chunk_size": 512, "space": space, "columns": (), "columns_table": None, **settings}
    )


def test_transnas_has_seven_tasks_and_its_published_best(catalog):
    table = catalog.open("transnas_micro", TRANSNAS)
    assert len(table) == TRANSNAS.size() == 4_096
    assert list(table.index) == [cell.genes for cell in TRANSNAS.enumerate()]
    # Best VALID at the last epoch, from the data's README (Duan et al. 2021 print the same to two decimals).
    best = {"class_scene": 54.94, "class_object": 45.59, "jigsaw": 95.37, "room_layout": -0.60}
    for task, published in best.items():
        assert round(lookup(table, TRANSNAS, dataset=task, epochs=None).optimum(), 2) == published
    assert round(lookup(table, TRANSNAS, dataset="autoencoder", epochs=None).optimum(), 4) == 0.5772


def test_transnas_metrics_say_what_they_are(catalog):
    table = catalog.open("transnas_micro", TRANSNAS)
    metrics = {
        task: lookup(table, TRANSNAS, dataset=task, epochs=None).metric
        for task in ("class_scene", "room_layout", "segmentsemantic", "normal")
    }
    assert metrics == {
        "class_scene": "valid top-1 accuracy (%)",
        "room_layout": "valid negative loss (minus mean squared error)",
        "segmentsemantic": "valid pixel accuracy (%)",
        "normal": "valid structural similarity (SSIM, at most 1)",
    }


def test_transnas_has_no_test(catalog):
    evaluator = lookup(catalog.open("transnas_micro", TRANSNAS), TRANSNAS, dataset="jigsaw", epochs=None)
    assert evaluator.splits == {Split.VALID}
    with pytest.raises(DataError, match=r"no column 'jigsaw_test_10'; the nearest of its [0-9]+ are jigsaw_valid_10,"):
        evaluator.test(Proposal(0, Architecture((3,) * 6)), STREAMS)


def test_transnas_says_how_many_of_its_rows_differ(catalog):
    table = catalog.open("transnas_micro", TRANSNAS)
    values = np.stack([table.column(name) for name in table.names])
    assert len(np.unique(values, axis=1).T) == 2_994
    assert all("2,994 distinct" in table.meaning(name).note for name in table.names)


def test_the_space_of_all_cells_is_too_large_for_the_table_of_small_ones(catalog):
    with pytest.raises(DataError, match=r"this NasBench101 also draws .* choose space=nasbench101_small"):
        catalog.open("nasbench101_small", CELLS_101)


def test_the_cells_of_up_to_five_vertices_are_those_that_the_space_counts(catalog):
    table = catalog.open("nasbench101_small", SMALL_101)
    assert set(table.index) == set(map(tuple, enumerate_cells(5).tolist()))
    assert set(map(tuple, enumerate_cells(4).tolist())) <= set(table.index)


def test_a_small_cell_through_the_evaluator(catalog):
    # The first hash of the source, [[0110][0010][0001][0000]] with two poolings: 3 + 1 runs of 4 epochs.
    cell = CELLS_101.from_matrix(
        [[0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], ["input", "maxpool3x3", "maxpool3x3", "output"]
    )
    table = catalog.open("nasbench101_small", SMALL_101)
    evaluator = lookup(table, CELLS_101, dataset="cifar10", epochs=None, columns=["parameters"])
    measured = evaluator.evaluate([Proposal(0, cell)], STREAMS)[0]
    runs = [0.28705930709838867, 0.3606770932674408, 0.40655046701431274, 0.32021233439445496]
    assert measured.value == pytest.approx(100 * sum(runs) / 4)
    seconds = [71.40299987792969, 71.61700439453125, 71.26499938964844, 70.61399841308594]
    assert measured.cost.benchmark_seconds == pytest.approx(sum(seconds) / 4)
    assert measured.columns == {"parameters": 1_756_298}
    assert evaluator.splits == {Split.VALID, Split.TEST}


def test_a_cell_is_found_however_it_is_drawn(catalog):
    evaluator = lookup(catalog.open("nasbench101_small", SMALL_101), SMALL_101, dataset="cifar10", epochs=4)
    drawn = CELLS_101.from_matrix(
        [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0] * 5],
        ["input", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu", "output"],
    )
    mirrored = CELLS_101.from_matrix(
        [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0] * 5],
        ["input", "conv1x1-bn-relu", "maxpool3x3", "conv3x3-bn-relu", "output"],
    )
    assert drawn != mirrored
    first, second = evaluator.evaluate([Proposal(0, drawn), Proposal(1, mirrored)], STREAMS)
    assert first.value == second.value


def test_the_500_drawings_are_292_cells(catalog):
    table = catalog.open("nasbench101_500", CELLS_101)
    evaluator = lookup(table, CELLS_101, dataset="cifar10", epochs=None)
    assert len(table) == 292
    # The source's largest and smallest value belong to cells that were drawn once.
    assert (round(evaluator.optimum(), 4), round(table.column("cifar10_valid_108").min(), 4)) == (94.7115, 73.3774)
    assert evaluator.splits == {Split.VALID}


def test_latencies_are_joined_to_accuracies_by_cell(catalog):
    accuracy, hardware = catalog.open("nasbench201", CELLS_201), catalog.open("nasbench201_hardware", CELLS_201)
    columns = ["hw_c10_edgegpu_latency_ms", "hw_c10_edgegpu_energy_mj", "lat_1080ti_32_ms"]
    evaluator = lookup(accuracy, CELLS_201, dataset="cifar10", epochs=200, columns=columns, columns_table=hardware)
    text = "|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|"
    measured = evaluator.evaluate([Proposal(0, CELLS_201.from_text(text))], STREAMS)[0]
    # First row of the source file.
    assert measured.value == 37.348
    assert measured.columns == dict(
        zip(columns, (5.752806663513184, 25.329607739448548, 5.258522033691406), strict=True)
    )


def test_a_device_without_a_column_is_answered_with_the_devices(catalog):
    accuracy, hardware = catalog.open("nasbench201", CELLS_201), catalog.open("nasbench201_hardware", CELLS_201)
    with pytest.raises(DataError, match=r"no column 'lat_iphone_ms'; the nearest of its [0-9]+ are .*lat_pixel3_ms"):
        lookup(accuracy, CELLS_201, dataset="cifar10", epochs=200, columns=["lat_iphone_ms"], columns_table=hardware)


def test_a_cell_that_a_device_cannot_run_is_an_error(catalog):
    accuracy, hardware = catalog.open("nasbench201", CELLS_201), catalog.open("nasbench201_hardware", CELLS_201)
    name = "hw_c10_edgetpu_latency_ms"
    evaluator = lookup(accuracy, CELLS_201, dataset="cifar10", epochs=200, columns=[name], columns_table=hardware)
    gap = int(np.flatnonzero(np.isnan(hardware.column(name)))[0])
    assert hardware.meaning(name).missing == int(np.isnan(hardware.column(name)).sum()) == 4_699
    with pytest.raises(NotFinite, match=f"column {name} has no value for architecture .*take a column without gaps"):
        evaluator.evaluate([Proposal(0, Architecture(tuple(hardware.genes[gap].tolist())))], STREAMS)


def test_scores_are_there_for_the_cells_without_a_dead_edge(catalog):
    table = catalog.open("nasbench201_features", CELLS_201)
    synflow, zen = table.column("zc_c10_synflow"), table.column("zc_c10_zen")
    assert int((~np.isnan(synflow)).sum()) == 9_445
    assert table.meaning("zc_c10_synflow").missing == 6_180
    assert table.meaning("zc_c10_zen").missing == int(np.isnan(zen).sum()) == 6_181
    assert not math.isnan(table.column("tgnas_score").sum())
    assert table.meaning("zc_c10_params").unit == "millions"
    assert float(np.nanmax(table.column("zc_c10_params"))) == 1.531546


def test_counted_parameters_are_the_published_ones(catalog):
    """Of 200 cells without a dead edge; published in millions, to six decimals."""
    accuracy, published = catalog.open("nasbench201", CELLS_201), catalog.open("nasbench201_features", CELLS_201)
    known = np.flatnonzero(~np.isnan(published.column("zc_c10_params")))[::47][:200]
    cells = [Architecture(tuple(genes)) for genes in published.genes[known].tolist()]
    evaluator = CountedTable(
        table=accuracy,
        dataset="cifar10",
        epochs=200,
        chunk_size=512,
        columns=["parameters"],
        columns_table=None,
        networks=CELLS_201,
        shapes={"cifar10": [3, 32, 32, 10]},
    )
    measured = evaluator.evaluate([Proposal(slot, cell) for slot, cell in enumerate(cells)], STREAMS)
    counted = np.array([one.columns["parameters"] for one in measured])
    np.testing.assert_array_equal(counted, (1e6 * published.column("zc_c10_params")[known]).round())


def test_the_pool_is_called_what_it_is(catalog):
    table = catalog.open("darts_pool", DARTS)
    evaluator = lookup(table, DARTS, dataset="cifar10", epochs=None)
    assert len(table) == 1_218
    assert evaluator.metric == "valid surrogate accuracy (%)"
    assert "NAS-Bench-301 accuracy" not in str(table.header)
    assert round(evaluator.optimum(), 2) == 94.49
    # First row of the source; this genotype was predicted once.
    cell = DARTS.canonical(Architecture((*FIRST_NORMAL, *FIRST_REDUCTION)))
    assert evaluator.evaluate([Proposal(0, cell)], STREAMS)[0].value == 93.32119084207302
    with pytest.raises(LookupError, match="table darts_pool has no row for architecture"):
        evaluator.evaluate([Proposal(0, DARTS.sample(np.random.default_rng(0)))], STREAMS)


def test_the_fit_ranks_genotypes_that_it_has_not_seen(catalog):
    # benchmarks/darts_fitted_quality.py: Kendall tau 0.81 in 5-fold cross-validation; here one fold of five.
    table = catalog.open("darts_pool", DARTS)
    (x, z), y = darts_features(table.genes), table.column("cifar10_valid_100")
    order = np.random.default_rng(0).permutation(len(y))
    unseen, seen = order[: len(y) // 5], order[len(y) // 5 :]
    fit = SumKernel(ridge=10.0, weight=300.0, gamma=0.003).fit(x[seen], z[seen], y[seen])
    assert kendalltau(fit.predict(x[unseen], z[unseen]), y[unseen])[0] > 0.77


def test_a_darts_genotype_through_the_evaluator(catalog):
    table = catalog.open("darts_pool", DARTS)
    evaluator = DartsFitted(table=table, chunk_size=512, ridge=10.0, weight=300.0, gamma=0.003)
    known = [Architecture(tuple(genes)) for genes in table.genes[:50].tolist()]
    fitted = [one.value for one in evaluator.evaluate([Proposal(0, one) for one in known], STREAMS)]
    assert np.abs(np.array(fitted) - table.column("cifar10_valid_100")[:50]).mean() < 0.12
    assert evaluator.metric == "darts_fitted valid accuracy (%)"
