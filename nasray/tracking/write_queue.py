"""What waits to be written, never growing beyond its bound."""

import threading
from collections import deque

from nasray.tracking.sink import Message


class WriteQueue:
    """A bounded queue between the search and the writer: ``put`` never waits, the oldest row gives way.

    The last message, put by ``put_last``, is never dropped and always comes last.

    Messages leave together: a reader that is woken for each of them takes the interpreter away from the search.

    Args:
        capacity: Rows that may wait.
        gather_seconds: How long a row waits for others.

    Attributes:
        dropped: Rows that gave way.
    """

    def __init__(self, capacity: int, gather_seconds: float) -> None:
        self.dropped = 0
        self._gather_seconds = gather_seconds
        self._closing = threading.Event()
        self._rows: deque[Message] = deque(maxlen=capacity)
        self._last: Message | None = None
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        """Append a row."""
        with self._changed:
            self.dropped += len(self._rows) == self._rows.maxlen
            self._rows.append(message)
            self._changed.notify()

    def put_last(self, message: Message) -> None:
        """Say how it ends; nothing may be put afterwards."""
        with self._changed:
            self._last = message
            self._changed.notify()
        self._closing.set()

    def take(self) -> tuple[list[Message], Message | None]:
        """The rows that wait, and the last message if there will be no more; waits for something."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._last is not None)
        self._closing.wait(self._gather_seconds)
        with self._changed:
            rows = list(self._rows)
            self._rows.clear()
            return rows, self._last
