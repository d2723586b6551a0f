"""What waits to be written, never growing beyond its bound."""

import threading
from collections import deque

from nasray.tracking.sink import Message


class WriteQueue:
    """A bounded queue between the search and the writer: ``put`` never waits, the oldest row gives way.

    The last message, put by ``put_last``, is never dropped and always comes last.

    Args:
        capacity: Rows that may wait.

    Attributes:
        dropped: Rows that gave way.
    """

    def __init__(self, capacity: int) -> None:
        self.dropped = 0
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

    def get(self) -> Message:
        """The next message; waits for one."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._last is not None)
            if self._rows:
                return self._rows.popleft()
            assert self._last is not None
            return self._last
