"""The canonical order of asks and tells, by hand."""

import random

import pytest

from nasray.core.errors import ConfigError
from nasray.core.measurement import Measurement
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.testing.memory_log import MemoryLog


def drain(search, answer, order=None):
    """Runs to the end, one slot a chunk; ``order`` draws the next open chunk, the oldest by default."""
    chunks = []
    while True:
        while (chunk := search.take(1)) is not None:
            chunks.append(chunk)
        if not chunks:
            return
        answer(search, chunks.pop(order.randrange(len(chunks)) if order else 0))


def test_in_single_file(make_search, script, answer):
    strategy = script()
    search = make_search(strategy, evaluations=3, width=1)
    drain(search, answer)
    assert strategy.calls == [("ask", 0, 1), ("tell", 0), ("ask", 1, 2), ("tell", 1), ("ask", 2, 3), ("tell", 2)]
    assert (search.finished, search.stopped) == (True, "")
    assert [one.value for one in search.outcomes] == [0.0, 1.0, 2.0]


WIDTH_3 = [
    *[("ask", 0, 3), ("tell", 0), ("ask", 3, 4), ("tell", 1), ("ask", 4, 5), ("tell", 2), ("ask", 5, 6)],
    *[("tell", 3), ("tell", 4), ("tell", 5)],
]


def test_three_slots_wide(make_search, script, answer):
    strategy = script()
    drain(make_search(strategy, width=3), answer)
    assert strategy.calls == WIDTH_3


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_arrivals_does_not_matter(make_search, script, answer, seed):
    strategy = script()
    search = make_search(strategy, width=3)
    drain(search, answer, random.Random(seed))
    assert strategy.calls == WIDTH_3
    assert [one.proposal.slot for one in search.outcomes] == list(range(6))


def test_nothing_is_told_before_its_turn(make_search, script, answer):
    strategy = script()
    search = make_search(strategy, width=3)
    first, second, third = (search.take(1) for _ in range(3))
    assert search.take(1) is None
    assert search.n_in_flight == 3
    answer(search, third)
    answer(search, second)
    assert strategy.calls == [("ask", 0, 3)]
    assert search.take(1) is None
    answer(search, first)
    assert strategy.calls == WIDTH_3[:7]
    assert [search.take(9).proposals[at].slot for at in (0,)] == [3]


GENERATIONS = [
    ("ask", 0, 3),  # a generation of two: slot 2 has to wait
    *[("tell", 0), ("ask", 2, 4), ("tell", 1), ("ask", 2, 5)],
    *[("tell", 2), ("ask", 4, 6), ("tell", 3), ("ask", 4, 6), ("tell", 4), ("tell", 5)],
]


@pytest.mark.parametrize("seed", range(5))
def test_a_generational_strategy_waits_for_its_generation(make_search, script, answer, seed):
    strategy = script(generation=2)
    search = make_search(strategy, width=3)
    drain(search, answer, random.Random(seed))
    assert strategy.calls == GENERATIONS
    assert search.finished


def test_a_chunk_holds_at_most_what_is_asked_for(make_search, script):
    search = make_search(script(), width=5)
    chunks = [search.take(2), search.take(2), search.take(2)]
    assert [[one.slot for one in chunk.proposals] for chunk in chunks] == [[0, 1], [2, 3], [4]]
    assert [chunk.number for chunk in chunks] == [0, 1, 2]


def test_the_budget_is_kept_to_the_slot(make_search, script, answer):
    search = make_search(script(), evaluations=5, width=64)
    assert len(search.take(100).proposals) == 5
    assert not search.finished


def test_a_chunk_is_delivered_exactly_once(make_search, script, answer):
    log = MemoryLog()
    search = make_search(script(), width=2, log=log)
    chunk = search.take(1)
    answer(search, chunk)
    n_events = log.n_events
    with pytest.raises(AssertionError, match="chunk 0 is not in flight: each is delivered exactly once"):
        answer(search, chunk)
    assert log.n_events == n_events


def test_one_result_a_proposal(make_search, script):
    log = MemoryLog()
    search = make_search(script(), width=2, log=log)
    with pytest.raises(AssertionError, match="1 results for 2 proposals"):
        search.deliver(search.take(2), [Measurement(1.0)])
    assert log.n_events == 1, "the journal would pair slots and results wrongly"


def test_a_strategy_must_answer_a_prefix(make_search, script):
    class Backwards(script):
        def ask(self, slots, streams):
            return super().ask(slots, streams)[::-1]

    with pytest.raises(AssertionError, match=r"Backwards was asked for slots 0 to 2 and answered \[2, 1, 0\]"):
        make_search(Backwards(), width=3)


def test_an_exhausted_space_ends_the_search(make_search, script, answer):
    log = MemoryLog()
    search = make_search(script(exhausted_at=4), width=3, log=log)
    drain(search, answer)
    assert (search.stopped, search.finished, len(search.outcomes)) == ("exhausted", True, 4)
    assert log.past().stopped == "exhausted"


def test_the_clock_stops_asking_and_nothing_is_lost(make_search, script, answer):
    now = [100.0]
    log = MemoryLog()
    search = make_search(script(), evaluations=50, width=3, wall_seconds=10.0, clock=lambda: now[0], log=log)
    chunks = [search.take(1) for _ in range(3)]
    now[0] = 109.9
    answer(search, chunks[0])
    assert search.stopped == ""
    now[0] = 110.0
    answer(search, chunks[1])
    assert (search.stopped, search.finished, search.wall_seconds) == ("clock", False, 10.0)
    answer(search, chunks[2])
    answer(search, search.take(1))
    assert (search.finished, len(search.outcomes), log.past().stopped) == (True, 4, "clock")


def test_a_resumed_search_counts_the_time_of_earlier_processes(make_search, script, answer):
    log = MemoryLog()
    first = make_search(script(), width=2, log=log)
    answer(first, first.take(1))
    past = log.past()
    past.wall_seconds = 9.0
    resumed = make_search(script(), width=2, past=past, wall_seconds=10.0, clock=lambda: 500.0)
    assert (resumed.wall_seconds, resumed.stopped) == (9.0, "")


def test_resumed_it_hands_out_what_is_missing_and_nothing_else(make_search, script, answer):
    log = MemoryLog()
    whole = make_search(script(), width=3, log=log)
    chunks = [whole.take(1) for _ in range(3)]
    answer(whole, chunks[2])
    answer(whole, chunks[0])  # told: 0; arrived: 2; asked: 3
    strategy = script()
    resumed = make_search(strategy, width=3, past=log.past())
    assert strategy.calls == [("restore", 5)]  # asks of 0, 1, 2; tell of 0; ask of 3
    assert [one.slot for one in resumed.take(9).proposals] == [1, 3]
    assert [one.proposal.slot for one in resumed.outcomes] == [0]


def test_a_search_that_was_stopped_asks_no_more_after_a_restart(make_search, script, answer):
    log = MemoryLog()
    drain(make_search(script(exhausted_at=4), width=3, log=log), answer)
    strategy = script()
    resumed = make_search(strategy, width=3, past=log.past())
    assert (resumed.finished, resumed.stopped, resumed.take(1)) == (True, "exhausted", None)
    assert not [call for call in strategy.calls if call[0] == "ask"]


class Watcher:
    def __init__(self):
        self.seen = []

    def told(self, outcomes):
        self.seen.append(outcomes)

    def close(self, summary):
        """Not called by the search."""


def test_observers_see_every_outcome_once_in_order(make_search, script, answer):
    watcher = Watcher()
    search = make_search(script(), width=3, observers=[watcher])
    drain(search, answer, random.Random(1))
    assert [one.proposal.slot for chunk in watcher.seen for one in chunk] == list(range(6))


def test_observers_of_a_resumed_search_see_what_was_told_before(make_search, script, answer):
    log, watcher = MemoryLog(), Watcher()
    drain(make_search(script(), evaluations=4, width=3, log=log), answer)
    resumed = make_search(script(), evaluations=6, width=3, observers=[watcher], past=log.past())
    drain(resumed, answer)
    slots = [one.proposal.slot for chunk in watcher.seen for one in chunk]
    assert slots == list(range(6)), "what was handed to an observer must not grow afterwards"


def test_invalid_proposals_are_repaired_before_they_are_journaled(make_search, script, answer):
    log = MemoryLog()
    search = make_search(script(genes={1: 500}), evaluations=2, width=2, log=log)
    proposals = search.take(2).proposals
    assert (proposals[0].raw, proposals[1].raw.genes) == (None, (500,))
    assert 0 <= proposals[1].architecture.genes[0] < 100
    assert log.past().asks == [(0, list(proposals))]


def test_the_log_is_written_before_the_strategy_is_told(make_search, script, answer):
    events = []

    class Log(MemoryLog):
        def arrived(self, slots, results, wall_seconds):
            events.append(f"arrived {slots}")

        def asked(self, told, proposals):
            events.append(f"asked {[one.slot for one in proposals]}")

        def commit(self, *, durable):
            events.append("commit, durable" if durable else "commit")

    class Told(script):
        def tell(self, outcome):
            events.append(f"tell {outcome.proposal.slot}")

    search = make_search(Told(), evaluations=2, log=Log())
    answer(search, search.take(1))
    assert events == ["asked [0]", "commit", "arrived [0]", "commit, durable", "tell 0", "asked [1]", "commit"]


def test_the_same_found_has_the_same_hash(make_search, script, answer):
    hashes = set()
    for seed in range(4):
        search = make_search(script(), width=3)
        drain(search, answer, random.Random(seed))
        hashes.add(archive_hash(search.outcomes))
    assert len(hashes) == 1


def test_no_width():
    with pytest.raises(ConfigError, match=r"width \(0\) must be at least 1: it is the number of slots open at once"):
        Search(space=None, strategy=None, budget=None, width=0, seed=0, log=None)
