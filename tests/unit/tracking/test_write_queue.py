"""The queue never grows, and never loses its last message."""

import threading

from nasray.tracking.write_queue import WriteQueue


def test_the_oldest_row_gives_way_and_the_last_message_stays():
    waiting = WriteQueue(capacity=2)
    for step in range(5):
        waiting.put({"step": step})
    waiting.put_last({"op": "finish"})
    assert waiting.dropped == 3
    assert [waiting.get() for _ in range(3)] == [{"step": 3}, {"step": 4}, {"op": "finish"}]


def test_get_waits_for_a_message():
    waiting = WriteQueue(capacity=2)
    got: list[object] = []
    reader = threading.Thread(target=lambda: got.append(waiting.get()))
    reader.start()
    waiting.put({"step": 0})
    reader.join(timeout=5)
    assert got == [{"step": 0}]
