"""What every evaluator must keep to."""

import math
import pickle
from collections.abc import Sequence

import orjson
import pytest

from nasray.core.errors import DataError
from nasray.core.evaluator import Evaluator
from nasray.core.executor import EvaluatorFactory
from nasray.core.measurement import Measurement, Result, TestScore, result_from_json, result_to_json
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.guard import guarded
from nasray.testing.another_process import in_another_process

STREAMS = Streams(0, "evaluator")
Found = tuple[float | str, object]


def found(results: Sequence[Result]) -> list[Found]:
    """What the archive's hash sees of results, and the columns: everything but durations and hosts."""
    return [
        (one.value, (one.curve, dict(one.columns))) if isinstance(one, Measurement) else (one.kind, one.message)
        for one in results
    ]


def evaluate(evaluator: Evaluator, proposals: Sequence[Proposal], chunk_size: int) -> list[Found]:
    """As an executor does it: in chunks, failures recorded."""
    chunks = [proposals[first : first + chunk_size] for first in range(0, len(proposals), chunk_size)]
    return found([result for chunk in chunks for result in guarded(evaluator, chunk, STREAMS)])


def build_and_evaluate(make_evaluator: EvaluatorFactory, proposals: Sequence[Proposal]) -> list[Found]:
    """What a worker does, from the factory on."""
    evaluator = make_evaluator()
    return evaluate(evaluator, proposals, evaluator.chunk_size)


class EvaluatorContract:
    """Tests of an evaluator.

    Derive a test class and give it two fixtures: ``make_evaluator``, a factory that pickles, and ``proposals``, at
    least four that it can measure, in slots 0, 1, 2 and so on.
    """

    def test_it_says_what_it_measures(self, make_evaluator: EvaluatorFactory) -> None:
        """A metric for axes and tables, and how much work is worth sending."""
        evaluator = make_evaluator()
        assert isinstance(evaluator.metric, str)
        assert evaluator.metric.strip(), "metric must say what the value is"
        assert isinstance(evaluator.chunk_size, int)
        assert evaluator.chunk_size >= 1, f"chunk_size ({evaluator.chunk_size}) must be at least 1"

    def test_one_measurement_a_proposal_in_order(
        self, make_evaluator: EvaluatorFactory, proposals: Sequence[Proposal]
    ) -> None:
        """Together, one by one, and the other way round, on one evaluator: the same numbers."""
        evaluator = make_evaluator()
        together = evaluate(evaluator, proposals, len(proposals))
        assert len(together) == len(proposals), f"{len(proposals)} proposals gave {len(together)} measurements"
        assert not all(isinstance(value, str) for value, _ in together), f"every proposal failed: {together[0]}"
        assert evaluate(evaluator, proposals, 1) == together, "one by one, the numbers differ"
        backwards = evaluate(evaluator, list(reversed(proposals)), 1)
        assert backwards[::-1] == together, "what was evaluated before changes the numbers, or their order is wrong"

    def test_no_measurements_of_no_proposals(self, make_evaluator: EvaluatorFactory) -> None:
        """An empty chunk is none of its business, and no error."""
        assert list(make_evaluator().evaluate([], STREAMS)) == []

    def test_another_process_measures_the_same(
        self, make_evaluator: EvaluatorFactory, proposals: Sequence[Proposal]
    ) -> None:
        """As a worker does, from a pickled factory."""
        here = build_and_evaluate(make_evaluator, proposals)
        there = in_another_process(build_and_evaluate, make_evaluator, proposals)
        assert there == here, "a worker measures otherwise"

    def test_a_used_evaluator_pickles(self, make_evaluator: EvaluatorFactory, proposals: Sequence[Proposal]) -> None:
        """And measures the same afterwards."""
        evaluator = make_evaluator()
        before = evaluate(evaluator, proposals[:2], 2)
        assert evaluate(pickle.loads(pickle.dumps(evaluator)), proposals[:2], 2) == before

    def test_results_reach_the_journal_whole(
        self, make_evaluator: EvaluatorFactory, proposals: Sequence[Proposal]
    ) -> None:
        """Every number is finite, and what is written down is what was measured."""
        results = guarded(make_evaluator(), proposals, STREAMS)
        for one in results:
            costs = (one.cost.wall_seconds, one.cost.benchmark_seconds)
            assert all(math.isfinite(seconds) and seconds >= 0 for seconds in costs), f"cost {one.cost}"
            again = result_from_json(orjson.loads(orjson.dumps(result_to_json(one))))
            assert again == one, f"written and read again, {one} is {again}"

    def test_it_has_a_test_score(self, make_evaluator: EvaluatorFactory, proposals: Sequence[Proposal]) -> None:
        """A finite one, the same each time, without an evaluation before; a DataError where none was published."""
        evaluator = make_evaluator()
        try:
            score = evaluator.test(proposals[0], STREAMS)
        except DataError as error:
            pytest.skip(str(error))
        assert isinstance(score, TestScore), f"test() gave {score!r}, not a TestScore"
        assert math.isfinite(score.value)
        assert evaluator.test(proposals[0], STREAMS).value == score.value
