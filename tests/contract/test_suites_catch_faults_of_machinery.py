"""The suites of evaluators and executors find the faults of parts that are broken on purpose."""

import os
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest

from nasray.core.measurement import Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.evaluators.synthetic import Synthetic
from nasray.search.guard import guarded
from nasray.spaces.nasbench201 import NasBench201
from nasray.testing.evaluator_contract import EvaluatorContract
from nasray.testing.executor_contract import ExecutorContract
from nasray.testing.unordered_executor import UnorderedExecutor

SPACE = NasBench201(channels=4, cells_per_stage=1)


def elsewhere(function, *arguments):
    """Stands for another process, which could not import the fakes of a test: new objects, another process id."""
    with patch.object(os, "getpid", lambda: -1):
        return function(*arguments)


@pytest.fixture(autouse=True)
def _no_child(monkeypatch):
    monkeypatch.setattr("nasray.testing.evaluator_contract.in_another_process", elsewhere)


class Plain(Synthetic):
    """A sound evaluator that the fakes below break in one place each."""


class NoMetric(Plain):
    def __post_init__(self):
        self.metric = " "


class NoChunks(Plain):
    def __post_init__(self):
        self.metric, self.chunk_size = "score", 0


class Reversed(Plain):
    def evaluate(self, proposals, streams):
        return super().evaluate(proposals, streams)[::-1]


class Batched(Plain):
    def evaluate(self, proposals, streams):
        return [replace(one, value=one.value + len(proposals)) for one in super().evaluate(proposals, streams)]


class Warming(Plain):
    def evaluate(self, proposals, streams):
        self.seen = getattr(self, "seen", 0) + 1
        return [replace(one, value=one.value + self.seen) for one in super().evaluate(proposals, streams)]


class Padded(Plain):
    def evaluate(self, proposals, streams):
        return [*super().evaluate(proposals, streams), Measurement(0.0)]


class Faraway(Plain):
    def evaluate(self, proposals, streams):
        return [replace(one, value=one.value + (os.getpid() < 0)) for one in super().evaluate(proposals, streams)]


class Unwritable(Plain):
    def evaluate(self, proposals, streams):
        return [replace(one, curve=((0.5, 1.0),)) for one in super().evaluate(proposals, streams)]


class ValidAsTest(Plain):
    def test(self, proposal, streams):
        return self.evaluate([proposal], streams)[0]


class RestlessTest(Plain):
    def test(self, proposal, streams):
        self.asked = getattr(self, "asked", 0) + 1
        return TestScore(float(self.asked))


ONE_ARGUMENT = ("it_says_what_it_measures", "no_measurements_of_no_proposals")


@pytest.mark.parametrize(
    ("fake", "test"),
    [
        (NoMetric, "it_says_what_it_measures"),
        (NoChunks, "it_says_what_it_measures"),
        (Reversed, "one_measurement_a_proposal_in_order"),
        (Batched, "one_measurement_a_proposal_in_order"),
        (Warming, "one_measurement_a_proposal_in_order"),
        (Padded, "one_measurement_a_proposal_in_order"),
        (Padded, "no_measurements_of_no_proposals"),
        (Faraway, "another_process_measures_the_same"),
        (Warming, "a_used_evaluator_pickles"),
        (Unwritable, "results_reach_the_journal_whole"),
        (ValidAsTest, "it_has_a_test_score"),
        (RestlessTest, "it_has_a_test_score"),
    ],
)
def test_the_evaluator_suite_catches(fake, test):
    rng = np.random.default_rng(0)
    proposals = [Proposal(slot, SPACE.sample(rng)) for slot in range(6)]
    make = partial(fake, n_choices=5, chunk_size=8)
    method = getattr(EvaluatorContract(), f"test_{test}")
    with (
        patch("nasray.testing.evaluator_contract.pickle.dumps", lambda evaluator: evaluator),
        patch("nasray.testing.evaluator_contract.pickle.loads", lambda evaluator: evaluator),
        pytest.raises(AssertionError),
    ):
        method(make) if test in ONE_ARGUMENT else method(make, proposals)


class Swapping(UnorderedExecutor):
    def run(self, work, factory, streams):
        evaluator = factory()
        while not work.finished:
            chunk = work.take(4)
            work.deliver(chunk, guarded(evaluator, chunk.proposals, streams)[::-1])


class Leaving(UnorderedExecutor):
    def run(self, work, factory, streams):
        chunk = work.take(1)
        work.deliver(chunk, guarded(factory(), chunk.proposals, streams))


class Twice(UnorderedExecutor):
    def run(self, work, factory, streams):
        evaluator = factory()
        while not work.finished:
            chunk = work.take(1)
            results = guarded(evaluator, chunk.proposals, streams)
            work.deliver(chunk, results)
            work.deliver(chunk, results)


class Storyless(UnorderedExecutor):
    def run(self, work, factory, streams):
        evaluator = factory()
        while not work.finished:
            chunk = work.take(1)
            (result,) = guarded(evaluator, chunk.proposals, streams)
            bare = result if isinstance(result, Measurement) else replace(result, traceback="")
            work.deliver(chunk, [bare])


class Stubborn(UnorderedExecutor):
    def run(self, work, factory, streams):
        raise AssertionError("a mistake became a crash")


class Unsorted(UnorderedExecutor):
    def call(self, function, jobs):
        return super().call(function, jobs)[::-1]


@pytest.mark.parametrize(
    ("fake", "test", "more"),
    [
        (Swapping, "the_archive_is_everywhere_the_same", {"width": 12, "share": 0.0}),
        (Leaving, "the_archive_is_everywhere_the_same", {"width": 1, "share": 0.0}),
        (Twice, "the_archive_is_everywhere_the_same", {"width": 1, "share": 0.0}),
        (Storyless, "the_archive_is_everywhere_the_same", {"width": 12, "share": 0.2}),
        (Leaving, "a_resumed_search_evaluates_only_what_is_missing", {}),
        (Stubborn, "a_mistake_of_the_users_ends_the_search", {}),
        (Unsorted, "calls_are_answered_in_order", {}),
    ],
)
def test_the_executor_suite_catches(fake, test, more):
    with pytest.raises(AssertionError):
        getattr(ExecutorContract(), f"test_{test}")(lambda width: fake(seed=0, most=4), **more)
