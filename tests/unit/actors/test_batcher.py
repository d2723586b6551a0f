import asyncio

import pytest

from nasray.actors.batcher import Batcher
from nasray.actors.batching import Batching


class Recorder:
    """Doubles numbers; refuses 13; remembers its batches."""

    def __init__(self, seconds=0.0):
        self.batches = []
        self.seconds = seconds

    async def __call__(self, key, items):
        self.batches.append((key, items))
        await asyncio.sleep(self.seconds)
        if 13 in items:
            raise ValueError("no 13, please")
        return [2 * item for item in items]


def together(recorder, calls, size=4, window_ms=20.0):
    batcher = Batcher(recorder, Batching(size=size, window_ms=window_ms))

    async def run():
        return await asyncio.gather(*[batcher.submit(key, items) for key, items in calls], return_exceptions=True)

    return asyncio.run(run()), batcher


def test_concurrent_calls_share_batches_and_each_gets_its_own_answers():
    recorder = Recorder()
    answers, batcher = together(recorder, [("", [1, 2, 3]), ("", [4]), ("", [5, 6])])
    assert answers == [[2, 4, 6], [8], [10, 12]]
    assert recorder.batches == [("", [1, 2, 3, 4]), ("", [5, 6])]
    assert (batcher.calls, batcher.items, batcher.batches, batcher.n_waiting) == (3, 6, 2, 0)


def test_items_of_different_keys_never_meet():
    recorder = Recorder()
    answers, _ = together(recorder, [("a", [1]), ("b", [2]), ("a", [3])])
    assert answers == [[2], [4], [6]]
    assert recorder.batches == [("a", [1, 3]), ("b", [2])]


def test_a_full_batch_does_not_wait_for_the_window():
    answers, _ = together(Recorder(), [("", [1, 2]), ("", [3, 4])], window_ms=60_000)
    assert answers == [[2, 4], [6, 8]]


def test_a_call_that_cannot_be_answered_spoils_no_other():
    answers, batcher = together(Recorder(), [("", [1]), ("", [13]), ("", [3])])
    assert answers[0] == [2]
    assert answers[2] == [6]
    with pytest.raises(ValueError, match="no 13, please"):
        raise answers[1]
    assert batcher.batches == 4  # the one that failed, and one an item


def test_what_arrives_while_a_batch_runs_goes_together_into_the_next():
    recorder = Recorder(seconds=0.05)
    batcher = Batcher(recorder, Batching(size=4, window_ms=0))

    async def run():
        first = asyncio.create_task(batcher.submit("", [1]))
        await asyncio.sleep(0.01)
        return await asyncio.gather(first, batcher.submit("", [2]), batcher.submit("", [3]))

    assert asyncio.run(run()) == [[2], [4], [6]]
    assert recorder.batches == [("", [1]), ("", [2, 3])]


def test_an_empty_call_is_answered_at_once_and_a_later_one_too():
    batcher = Batcher(Recorder(), Batching(size=4, window_ms=0))

    async def run():
        return [await batcher.submit("", []), await batcher.submit("", [1])]

    assert asyncio.run(run()) == [[], [2]]


def test_a_caller_that_went_away_hinders_nobody():
    batcher = Batcher(Recorder(seconds=0.05), Batching(size=4, window_ms=0))

    async def run():
        gone = asyncio.create_task(batcher.submit("", [1]))
        await asyncio.sleep(0.01)
        gone.cancel()
        return await batcher.submit("", [2])

    assert asyncio.run(run()) == [4]


def test_a_call_may_be_spread_over_batches_and_waits_for_the_last():
    recorder = Recorder()
    answers, batcher = together(recorder, [("", [1, 2, 3, 4, 5]), ("", [6])])
    assert answers == [[2, 4, 6, 8, 10], [12]]
    assert [len(items) for _, items in recorder.batches] == [4, 2]
    assert batcher.items == 6


def test_a_call_whose_second_batch_fails_fails_as_a_whole_and_once():
    answers, batcher = together(Recorder(), [("", [1, 2, 3, 4, 13, 13])])
    with pytest.raises(ValueError, match="no 13, please"):
        raise answers[0]
    assert batcher.n_waiting == 0
