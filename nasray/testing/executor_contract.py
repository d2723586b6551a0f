"""What every executor must keep to."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from nasray.core.budget import Budget
from nasray.core.errors import DataError, NasrayError
from nasray.core.evaluator import Evaluator
from nasray.core.event_log import Past
from nasray.core.executor import Chunk, Executor, Workload
from nasray.core.measurement import Failure, Measurement, Result, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.evaluators.delayed import Delayed
from nasray.evaluators.failing import Failing
from nasray.evaluators.synthetic import Synthetic
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.testing.memory_log import MemoryLog
from nasray.testing.unordered_executor import UnorderedExecutor

ExecutorFactory = Callable[[int], Executor]
"""Builds an executor for searches of a given width."""

STREAMS = Streams(0, "evaluator")
WIDTHS_AND_SHARES = ((1, 0.0), (12, 0.2))
"""The shared set of searches: in single file, and twelve slots open with one candidate in five failing."""


def evaluator(share: float) -> Evaluator:
    """Scores by formula, at delays that mix up the order; a share of the slots fails. Picklable by name."""
    timed = Delayed(inner=Synthetic(n_choices=5, chunk_size=8), seconds=2.0, jitter=2.0, sleep=False)
    return Failing(inner=timed, share=share, kind="exception") if share else timed


class _Empty:
    """A table without rows, as an evaluator: the user's mistake, which no candidate can be blamed for."""

    metric, chunk_size = "nothing", 4

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:  # noqa: ARG002 - Protocol
        """Refuse.

        Raises:
            DataError: Always.
        """
        raise DataError("the table has no rows")

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:  # noqa: ARG002 - Protocol
        """Refuse.

        Raises:
            DataError: Always.
        """
        raise DataError("the table has no rows")


class _Counted:
    """A workload that hands everything on and counts what is delivered."""

    def __init__(self, work: Workload) -> None:
        """Nothing is delivered yet."""
        self.work = work
        self.slots: list[int] = []

    @property
    def finished(self) -> bool:
        """As the workload says."""
        return self.work.finished

    def take(self, limit: int) -> Chunk | None:
        """Hand out; at most ``limit``."""
        assert limit >= 1, f"take({limit}) asks for nothing"
        return self.work.take(limit)

    def deliver(self, chunk: Chunk, results: Sequence[Result]) -> None:
        """Count, and hand on."""
        self.slots += [proposal.slot for proposal in chunk.proposals]
        self.work.deliver(chunk, results)


def _difference(first: int, second: int) -> int:
    """A job."""
    return first - second


def search(width: int, log: MemoryLog, past: Past | None = None) -> Search:
    """Forty slots of evolution."""
    space = NasBench201(channels=8, cells_per_stage=1)
    strategy = RegularizedEvolution(space=space, population_size=10, tournament_size=3)
    return Search(
        space=space, strategy=strategy, budget=Budget(evaluations=40), width=width, seed=0, log=log, past=past
    )


def expected(width: int, share: float) -> tuple[Search, MemoryLog]:
    """The search, run by the plainest executor: one chunk of one at a time."""
    log = MemoryLog()
    work = search(width, log)
    UnorderedExecutor(seed=0, most=1).run(work, partial(evaluator, share), STREAMS)
    return work, log


class ExecutorContract:
    """Tests of an executor.

    Derive a test class and give it a fixture ``make_executor``, which builds one for a width.
    """

    @pytest.mark.parametrize(("width", "share"), WIDTHS_AND_SHARES)
    def test_the_archive_is_everywhere_the_same(self, make_executor: ExecutorFactory, width: int, share: float) -> None:
        """Every slot is delivered once; failures are records with their story; the hash is that of plain execution."""
        plain, _ = expected(width, share)
        work = _Counted(found := search(width, MemoryLog()))
        make_executor(width).run(work, partial(evaluator, share), STREAMS)
        assert work.finished, "the executor returned before the search was finished"
        assert sorted(work.slots) == list(range(40)), f"delivered slots {sorted(work.slots)}"
        assert archive_hash(found.outcomes) == archive_hash(plain.outcomes), "the archive differs"
        failures = [one.result for one in found.outcomes if isinstance(one.result, Failure)]
        assert bool(failures) == bool(share)
        for one in failures:
            assert (one.kind, "fails on purpose" in one.message) == ("exception", True), f"{one.kind}: {one.message}"
            assert "Traceback" in one.traceback, "a Failure lost its story"

    def test_a_resumed_search_evaluates_only_what_is_missing(self, make_executor: ExecutorFactory) -> None:
        """From the middle of its log."""
        plain, log = expected(12, 0.2)
        past = log.past(log.n_events // 2)
        work = _Counted(found := search(12, MemoryLog(), past))
        make_executor(12).run(work, partial(evaluator, 0.2), STREAMS)
        assert sorted([*work.slots, *past.results]) == list(range(40)), "a slot was evaluated twice, or not at all"
        assert archive_hash(found.outcomes) == archive_hash(plain.outcomes), "the archive differs"

    def test_a_mistake_of_the_users_ends_the_search(self, make_executor: ExecutorFactory) -> None:
        """As the one message it is."""
        with pytest.raises(NasrayError, match="the table has no rows"):
            make_executor(4).run(search(4, MemoryLog()), _Empty, STREAMS)

    def test_calls_are_answered_in_order(self, make_executor: ExecutorFactory) -> None:
        """One answer a job."""
        assert make_executor(4).call(_difference, [(7, 2), (9, 4), (8, 8)]) == [5, 5, 0]
        assert make_executor(4).call(_difference, []) == []
