"""Who refines, and whether it or its strategy reads what it must not."""

from types import SimpleNamespace

import pytest

from nasray.app.refiner import refiner_of, with_sources
from nasray.core.errors import ConfigError
from nasray.refiners.frequency import Frequency
from nasray.spaces.nasbench201 import NasBench201
from nasray.testing.drawn_table import DrawnTable

SPACE = NasBench201(channels=4, cells_per_stage=1)
TABLES = {"drawn": DrawnTable(SPACE, ["cifar10_valid_200", "cifar100_valid_200"])}
KEPT = {"most_operators": 2, "most_sources": 2}
FREQUENCY = {"_target_": "nasray.refiners.frequency.Frequency", **KEPT}
TARGET = "nasray.core.transfer_source.TransferSource"


def source(column):
    return {"_target_": TARGET, "table": "drawn", "column": column, "top": 5}


def config(refiner, *columns, target="cifar10"):
    strategy = {
        "_target_": "nasray.strategies.principle_transfer.PrincipleTransfer",
        "sources": [source(column) for column in columns],
    }
    evaluator = {"inner": {"table": "drawn", "dataset": target}}
    return SimpleNamespace(refiner=refiner, strategy=strategy, evaluator=evaluator)


def test_none_is_built_where_none_is_named():
    assert refiner_of(config(None), SPACE, TABLES, None) == (None, ())


def test_it_is_handed_the_space():
    refiner, read = refiner_of(config(FREQUENCY), SPACE, TABLES, None)
    assert isinstance(refiner, Frequency)
    assert refiner.space is SPACE
    assert read == ()


def test_an_oracle_is_named():
    oracle = {"_target_": "nasray.refiners.oracle.Oracle", "target": source("cifar10_valid_200"), **KEPT}
    _, read = refiner_of(config(oracle), SPACE, TABLES, None)
    assert read == ("refiner Oracle reads drawn.cifar10_valid_200, by which the search is judged",)
    assert refiner_of(config(oracle, target="cifar100"), SPACE, TABLES, None)[1] == ()


def test_one_that_nobody_asks_for_is_refused():
    asking = config(FREQUENCY)
    asking.strategy = {"_target_": "nasray.strategies.random_search.RandomSearch"}
    with pytest.raises(ConfigError, match="refiner Frequency is chosen, but the strategy does not ask for one"):
        refiner_of(asking, SPACE, TABLES, None)


def test_sources_are_opened():
    opened = with_sources(config(FREQUENCY, "cifar100_valid_200"), TABLES)
    assert opened["sources"][0]["table"] is TABLES["drawn"]


def test_a_source_that_is_the_target_is_refused():
    with pytest.raises(ConfigError, match=r"source drawn\.cifar10_valid_200 is of cifar10, the task that is searched"):
        with_sources(config(FREQUENCY, "cifar100_valid_200", "cifar10_valid_200"), TABLES)
