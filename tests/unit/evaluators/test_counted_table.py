import numpy as np
import pytest

from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.evaluators.counted_table import CountedTable
from nasray.spaces.nasbench201 import NasBench201

NETWORKS = NasBench201(channels=16, cells_per_stage=5)
SHAPES = {"toy": [3, 32, 32, 10], "wide": [3, 32]}
EMPTY, FULL = (0,) * 6, (3,) * 6


@pytest.fixture
def cells(toy_table):
    toy_table.index = {EMPTY: 0, FULL: 1}
    return toy_table


def counted(table, **settings):
    given = {"table": table, "dataset": "toy", "epochs": 200, "chunk_size": 8, "columns": (), "columns_table": None}
    return CountedTable(**given | {"networks": NETWORKS, "shapes": SHAPES} | settings)


def test_parameters_and_flops_are_those_of_the_benchmarks_networks(cells, propose, streams):
    """The published range, 0.073306 to 1.531546 millions, and 7.78304 to 220.11968 millions of multiply-adds."""
    evaluator = counted(cells, asked=("parameters", "flops"))
    empty, full = evaluator.evaluate([propose(0, EMPTY), propose(1, FULL)], streams)
    assert (empty.value, empty.columns) == (70.0, {"parameters": 73_306, "flops": 7_783_040})
    assert (full.value, full.columns) == (90.0, {"parameters": 1_531_546, "flops": 220_119_680})


def test_they_stand_beside_the_columns_of_a_second_table(cells, propose, streams):
    devices = type(cells)()
    devices.index = {EMPTY: 2, FULL: 0}
    evaluator = counted(cells, columns=["toy_valid_12"], columns_table=devices, asked=["parameters", "toy_valid_12"])
    (found,) = evaluator.evaluate([propose(0, EMPTY)], streams)
    assert found.columns == {"toy_valid_12": 40.0, "parameters": 73_306}
    assert evaluator.columns == ("toy_valid_12", "parameters")


def test_nothing_is_counted_that_nobody_asked_for(cells, propose, streams):
    assert counted(cells).evaluate([propose(0, EMPTY)], streams)[0].columns == {}


def test_an_unknown_column_is_answered_with_those_that_there_are(cells):
    with pytest.raises(DataError, match=r"no column 'ms'; the nearest of its 4 are .*: name"):
        counted(cells, asked=["ms"])


def test_the_shape_of_the_data_set_is_needed(cells, monkeypatch):
    monkeypatch.setattr(cells, "objective", lambda name: name)
    for dataset in ("wide", "other"):
        with pytest.raises(ConfigError, match=f"channels, height, width and classes of {dataset}, e.g."):
            counted(cells, dataset=dataset)


def test_networks_must_have_plans(cells):
    with pytest.raises(CapabilityError, match="evaluator table needs a space with ModuleView"):
        counted(cells, networks=np.zeros(0))
