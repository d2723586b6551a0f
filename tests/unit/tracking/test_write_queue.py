"""The queue never grows, and never loses its last message."""

import threading

from nasray.tracking.write_queue import WriteQueue


def test_the_oldest_row_gives_way_and_the_last_message_stays():
    waiting = WriteQueue(capacity=2, gather_seconds=0)
    for step in range(5):
        waiting.put({"step": step})
    waiting.put_last({"op": "finish"})
    assert waiting.dropped == 3
    assert waiting.take() == ([{"step": 3}, {"step": 4}], {"op": "finish"})


def test_take_waits_for_a_message():
    waiting = WriteQueue(capacity=2, gather_seconds=0)
    got: list[object] = []
    reader = threading.Thread(target=lambda: got.append(waiting.take()))
    reader.start()
    waiting.put({"step": 0})
    reader.join(timeout=5)
    assert got == [([{"step": 0}], None)]


def test_rows_leave_together_and_the_last_message_is_not_waited_for():
    waiting = WriteQueue(capacity=2, gather_seconds=60)
    got: list[object] = []
    reader = threading.Thread(target=lambda: got.append(waiting.take()))
    reader.start()
    waiting.put({"step": 0})
    reader.join(timeout=0.05)
    assert reader.is_alive()
    waiting.put({"step": 1})
    waiting.put_last({"op": "finish"})
    reader.join(timeout=5)
    assert got == [([{"step": 0}, {"step": 1}], {"op": "finish"})]
