"""The thread between a search and a tracking service."""

import logging
import threading
import time
from collections.abc import Callable

from nasray.tracking.sink import Message, Sink
from nasray.tracking.write_queue import WriteQueue

CAPACITY = 1_024
"""More rows than one search writes; only a search that resumes many times behind a hanging service drops any."""

GATHER_SECONDS = 0.5
"""Rows of so long go to the service together."""

HURRY = 0.4
"""The share of the closing time that may still go into reaching the service; the rest is for writing offline."""

Redact = Callable[[str], str]
logger = logging.getLogger(__name__)


class Writer:
    """Empties a queue into a sink, in a daemon thread; the boundary at which every tracking error ends.

    What goes wrong is logged once, with what to do about it; after that everything is ignored. An online service that
    cannot be reached is replaced by a run on disk, so that nothing is lost.

    Args:
        sink: Where to write.
        mode: ``online`` or ``offline``.
        redact: Removes secrets from an error's text.
        start_timeout_seconds: How long to wait for the service to open the run.
        close_timeout_seconds: How long ``close`` may take.

    Attributes:
        off: Whether everything is ignored from here on.
    """

    def __init__(
        self, sink: Sink, *, mode: str, redact: Redact, start_timeout_seconds: float, close_timeout_seconds: float
    ) -> None:
        self.off = False
        self._sink, self._mode, self._redact = sink, mode, redact
        self._start_timeout_seconds, self._close_timeout_seconds = start_timeout_seconds, close_timeout_seconds
        self._queue = WriteQueue(CAPACITY, GATHER_SECONDS)
        self._folder = ""
        self._closing_at: float | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def dropped(self) -> int:
        """Rows that were dropped because the service was too slow."""
        return self._queue.dropped

    def write(self, message: Message) -> None:
        """Queue a row; never waits."""
        if self.off:
            return
        self._queue.put(message)
        self._start()

    def close(self, message: Message) -> None:
        """Queue the last message and wait, but not longer than the time limit."""
        self._closing_at = time.monotonic()
        self._queue.put_last(message)
        self._start()
        if not self._ended.wait(self._close_timeout_seconds):
            self.stop(f"closing took longer than {self._close_timeout_seconds:g} s")

    def stop(self, reason: object) -> None:
        """End the sink, ignore everything from here on, and say so once."""
        self._give_up(reason)
        self._sink.kill()

    def _give_up(self, reason: object) -> None:
        if self.off:
            return
        self.off = True
        logger.warning(
            "W&B tracking stopped: %s. The search and its journal are not affected. %s",
            self._redact(str(reason)),
            f"What was written so far is on disk; to upload it: nasray track sync {self._folder}"
            if self._folder
            else "Check that wandb is installed and that the run folder can be written to, or choose tracking=none",
        )

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="nasray-wandb-writer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            self._open()
            last = None
            while last is None:
                rows, last = self._queue.take()
                if rows:
                    self._sink.send(*rows)
            self._report_end(uploaded=self._sink.finish(last))
        except Exception as error:  # noqa: BLE001 - the documented boundary: tracking must never end a search
            self.stop(error)
        finally:
            self._ended.set()

    def _open(self) -> None:
        if self._mode == "online":
            try:
                self._folder = self._sink.open("online", self._overdue(time.monotonic()))
                return
            except ConnectionError as error:
                if self.off:  # close() has lost patience
                    raise
                reason = self._redact(str(error))
            self._mode = "offline"
            self._folder = self._sink.open("offline", lambda: False)
            logger.warning(
                "W&B could not be reached (%s): this search is tracked on disk instead. Check WANDB_API_KEY and the "
                "network; to upload it after the search: nasray track sync %s",
                reason,
                self._folder,
            )
        else:
            self._folder = self._sink.open("offline", lambda: False)

    def _overdue(self, began: float) -> Callable[[], bool]:
        def overdue() -> bool:
            now = time.monotonic()
            if now - began > self._start_timeout_seconds:
                return True
            return self._closing_at is not None and now - self._closing_at > HURRY * self._close_timeout_seconds

        return overdue

    def _report_end(self, *, uploaded: bool) -> None:
        if not uploaded:
            self._give_up("the upload did not end in time")
        elif self._mode == "offline":
            logger.info("W&B run on disk; to upload it: nasray track sync %s", self._folder)
