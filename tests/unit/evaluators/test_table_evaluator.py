import pickle
from functools import partial

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, DataError
from nasray.core.measurement import Split
from nasray.evaluators.table import TableEvaluator


@pytest.fixture
def evaluator(toy_table):
    return TableEvaluator(table=toy_table, dataset="toy", epochs=200, chunk_size=512, columns=(), columns_table=None)


def values(measured):
    return [one.value for one in measured]


def test_full_effort_reads_the_column_of_its_epochs(evaluator, propose, streams):
    asked = [propose(0, (1, 0)), propose(1, (0, 0)), propose(2, (1, 0))]
    assert values(evaluator.evaluate(asked, streams)) == [80.0, 70.0, 80.0]
    assert evaluator.metric == "valid accuracy (%)"


def test_fidelity_chooses_the_schedule_proposal_by_proposal(evaluator, propose, streams):
    asked = [propose(0, (0, 1), 12), propose(1, (0, 1)), propose(2, (0, 1), 200)]
    assert values(evaluator.evaluate(asked, streams)) == [20.0, 90.0, 90.0]


def test_test_is_the_test_column_at_full_effort(evaluator, propose, streams):
    assert evaluator.test(propose(0, (0, 1)), streams).value == 91.0
    assert evaluator.test(propose(0, (0, 1), 12), streams).value == 91.0


def test_optimum_and_threshold(evaluator):
    assert evaluator.optimum() == 90.0
    # N = 3: ceil(3 s) = 1, 1, 2, 2, 3.
    assert [evaluator.threshold(share) for share in (0.001, 1 / 3, 0.34, 2 / 3, 1.0)] == [90.0, 90.0, 80.0, 80.0, 70.0]


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01])
def test_a_share_is_a_share(evaluator, share):
    with pytest.raises(ConfigError, match=r"share \(.*\) must be above 0 and at most 1"):
        evaluator.threshold(share)


def test_an_unknown_schedule_is_answered_with_the_columns(evaluator, propose, streams):
    with pytest.raises(DataError, match="no column 'toy_valid_90'"):
        evaluator.evaluate([propose(0, (0, 1), 90)], streams)


def test_an_unknown_architecture_is_named(evaluator, propose, streams):
    with pytest.raises(DataError, match=r"no row for architecture 5.5"):
        evaluator.evaluate([propose(0, (0, 1)), propose(1, (5, 5))], streams)
    with pytest.raises(DataError, match=r"no row for architecture 5.5"):
        evaluator.test(propose(1, (5, 5)), streams)


def test_an_architecture_that_an_incomplete_table_lacks_fails_alone(evaluator, propose, streams, monkeypatch):
    monkeypatch.setattr(evaluator.table, "complete", False, raising=False)
    with pytest.raises(LookupError, match=r"no row for architecture 5.5"):
        evaluator.evaluate([propose(0, (0, 1)), propose(1, (5, 5))], streams)


def test_the_longest_schedule_is_full_effort(toy_table, propose, streams):
    longest = TableEvaluator(table=toy_table, dataset="toy", epochs=None, chunk_size=1, columns=(), columns_table=None)
    assert values(longest.evaluate([propose(0, (0, 1)), propose(1, (0, 1), 12)], streams)) == [90.0, 20.0]
    assert longest.splits == {Split.VALID, Split.TEST}
    with pytest.raises(DataError, match=r"TableEvaluator dataset \('svhn'\) is not in the table; it has toy"):
        TableEvaluator(table=toy_table, dataset="svhn", epochs=None, chunk_size=1, columns=(), columns_table=None)


def test_a_schedule_without_test_says_so(toy_table):
    assert TableEvaluator(
        table=toy_table, dataset="toy", epochs=12, chunk_size=1, columns=(), columns_table=None
    ).splits == {Split.VALID}


def test_columns_come_from_the_second_table_by_architecture(toy_table, propose, streams):
    devices = type(toy_table)()
    devices.index = {(1, 0): 0, (0, 1): 1, (0, 0): 2}
    both = TableEvaluator(
        table=toy_table, dataset="toy", epochs=200, chunk_size=1, columns=["toy_valid_12"], columns_table=devices
    )
    own = TableEvaluator(
        table=toy_table, dataset="toy", epochs=200, chunk_size=1, columns=["toy_valid_12"], columns_table=None
    )
    asked = [propose(0, (0, 0)), propose(1, (1, 0))]
    assert [one.columns for one in both.evaluate(asked, streams)] == [{"toy_valid_12": 40.0}, {"toy_valid_12": 30.0}]
    assert [one.columns for one in own.evaluate(asked, streams)] == [{"toy_valid_12": 30.0}, {"toy_valid_12": 40.0}]
    with pytest.raises(DataError, match=r"no column 'toy_latency_ms'; the nearest of its [0-9] are toy_"):
        TableEvaluator(
            table=toy_table, dataset="toy", epochs=200, chunk_size=1, columns=["toy_latency_ms"], columns_table=None
        )


@pytest.mark.parametrize("second", [False, True])
def test_a_column_of_test_is_kept_from_the_search(toy_table, second):
    with pytest.raises(
        ConfigError,
        match=r"TableEvaluator columns \('toy_test_200'\) was measured on TEST, .* take it out of evaluator.columns",
    ):
        TableEvaluator(
            table=toy_table,
            dataset="toy",
            epochs=200,
            chunk_size=1,
            columns=["toy_valid_12", "toy_test_200"],
            columns_table=type(toy_table)() if second else None,
        )


def test_one_row_for_many_architectures_needs_the_space(toy_table, propose, streams):
    class Sorted:
        def canonical(self, architecture):
            return Architecture(tuple(sorted(architecture.genes)))

    toy_table.canonical = True
    del toy_table.index[1, 0]
    with pytest.raises(ConfigError, match="a row of this table stands for many architectures; hand it the space"):
        TableEvaluator(table=toy_table, dataset="toy", epochs=200, chunk_size=1, columns=(), columns_table=None)
    evaluator = TableEvaluator(
        table=toy_table, dataset="toy", epochs=200, chunk_size=1, space=Sorted(), columns=(), columns_table=None
    )
    assert values(evaluator.evaluate([propose(0, (1, 0)), propose(1, (0, 1))], streams)) == [90.0, 90.0]


def test_the_time_of_the_benchmark_is_the_cost(toy_table, propose, streams, monkeypatch):
    monkeypatch.setattr(toy_table, "names", ("toy_valid_200", "toy_seconds_200"), raising=False)
    monkeypatch.setattr(toy_table, "column", lambda name: np.array([5.0, 6.0, 7.0]))
    evaluator = TableEvaluator(table=toy_table, dataset="toy", epochs=200, chunk_size=1, columns=(), columns_table=None)
    assert evaluator.evaluate([propose(0, (0, 1))], streams)[0].cost.benchmark_seconds == 6.0


def test_a_missing_test_column_is_answered_with_the_columns(toy_table, propose, streams):
    short = TableEvaluator(table=toy_table, dataset="toy", epochs=12, chunk_size=1, columns=(), columns_table=None)
    with pytest.raises(DataError, match="no column 'toy_test_12'"):
        short.test(propose(0, (0, 1)), streams)


def test_a_wrong_dataset_fails_before_the_search(toy_table):
    with pytest.raises(DataError, match="no column 'svhn_valid_200'"):
        TableEvaluator(table=toy_table, dataset="svhn", epochs=200, chunk_size=512, columns=(), columns_table=None)


def test_a_chunk_holds_something(toy_table):
    with pytest.raises(ConfigError, match=r"TableEvaluator chunk_size \(0\) must be at least 1"):
        TableEvaluator(table=toy_table, dataset="toy", epochs=200, chunk_size=0, columns=(), columns_table=None)


def test_code_hands_over_the_table_that_the_settings_name(toy_table):
    from_settings = partial(
        TableEvaluator, table="toy", dataset="toy", epochs=200, chunk_size=512, columns=(), columns_table=None
    )
    assert from_settings(table=toy_table).optimum() == 90.0


def test_a_pickled_evaluator_leaves_behind_what_the_table_can_give_again(evaluator, propose, streams, monkeypatch):
    evaluator.evaluate([propose(0, (0, 1))], streams)
    monkeypatch.setattr(evaluator, "table", None)
    assert pickle.loads(pickle.dumps(evaluator)).__dict__ == {
        "table": None,
        "dataset": "toy",
        "epochs": 200,
        "chunk_size": 512,
        "columns": (),
        "columns_table": None,
        "asked": (),
        "space": None,
        "metric": "valid accuracy (%)",
        "_full": 200,
        "_columns": {},
        "_known": {},
    }
