"""The virtual clock, by hand."""

import pytest

from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.core.errors import ConfigError
from nasray.core.event_log import NoLog
from nasray.core.measurement import Cost, Measurement
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator

SECONDS = (4.0, 1.0, 2.0, 5.0, 0.0, 3.0)
"""What the candidate of each slot takes; the table gives nothing for slot 4, which therefore takes 1."""


class Counting:
    """Proposes the slot's number."""

    def validate(self, architecture):
        """Everything is valid."""

    def repair(self, architecture, rng):
        raise NotImplementedError

    def ask(self, slots, streams):
        return [Proposal(slot, Architecture((slot,))) for slot in slots]

    def tell(self, outcome):
        """Learns nothing."""

    def restore(self, history):
        """Learns nothing."""


class Timed:
    metric = "score"

    def __init__(self, chunk_size=1, culprit=None):
        self.chunk_size, self.culprit, self.batches = chunk_size, culprit, []

    def evaluate(self, proposals, streams):
        self.batches.append([one.slot for one in proposals])
        if self.culprit in self.batches[-1]:
            raise RuntimeError("fails")
        return [Measurement(1.0, Cost(benchmark_seconds=SECONDS[one.slot])) for one in proposals]


class Arrivals(NoLog):
    def __init__(self):
        self.slots = []

    def arrived(self, slots, results, wall_seconds):
        self.slots.append(list(slots))


def run(workers, width, evaluator):
    log, simulator = Arrivals(), Simulator(workers=workers)
    part = Counting()
    search = Search(space=part, strategy=part, budget=Budget(evaluations=6), width=width, seed=0, log=log)
    simulator.run(search, lambda: evaluator, Streams(0, "evaluator"))
    assert search.finished
    return simulator.virtual_seconds, log.slots


def test_one_worker_takes_the_sum():
    # 4 + 1 + 2 + 5 + 1 + 3
    assert run(1, 1, Timed()) == (16.0, [[0], [1], [2], [3], [4], [5]])


def test_one_worker_evaluates_in_chunks():
    evaluator = Timed(chunk_size=2)
    assert run(1, 4, evaluator)[0] == 16.0
    assert evaluator.batches == [[0, 1], [2, 3], [4, 5]]


def test_two_workers_finish_out_of_order():
    # A: slot 0 from 0 to 4. B: slot 1 from 0 to 1, slot 2 from 1 to 3. Slot 4 may be asked when slot 0 is told, at 4.
    # Slot 3 starts on B at 3 and ends at 8; slot 4 starts on A at 4 and ends at 5; slot 5 starts on A at 5, ends at 8.
    # At 8 the earlier chunk is delivered first.
    assert run(2, 4, Timed()) == (8.0, [[1], [2], [0], [4], [3], [5]])


def test_a_narrow_search_keeps_a_worker_waiting():
    # Width 1: the second worker never gets anything.
    assert run(2, 1, Timed()) == (16.0, [[0], [1], [2], [3], [4], [5]])


def test_a_failure_takes_a_second():
    # Slot 3, which would have taken 5, fails.
    assert run(1, 1, Timed(culprit=3))[0] == 12.0


def test_calls_are_made_here():
    assert Simulator(workers=1).call(pow, [(2, 3), (3, 2)]) == [8, 9]


def test_no_workers():
    with pytest.raises(ConfigError, match=r"simulator workers \(0\) must be at least 1"):
        Simulator(workers=0)
