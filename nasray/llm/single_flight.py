"""Many who ask the same at the same time, and one who goes."""

from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock
from types import TracebackType
from typing import Generic, TypeVar

from nasray.llm.call_error import CallError

Answer = TypeVar("Answer")


class SingleFlight(Generic[Answer]):
    """Lets one caller per key through; the others wait for what it brings. Safe for threads."""

    def __init__(self) -> None:
        """Nobody is on the way."""
        self._flights: dict[str, Future[Answer]] = {}
        self._lock = Lock()

    @contextmanager
    def board(self, key: str) -> Generator[tuple[Future[Answer], bool]]:
        """The flight of ``key``, and whether the caller is the one who must bring its result.

        A leader sets the result; when it leaves by an exception instead, everybody who waits gets that exception.
        """
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if not leads:
            yield flight, False
            return
        with _Landing(flight):
            try:
                yield flight, True
            finally:
                with self._lock:
                    del self._flights[key]


class _Landing:
    """Ends a flight however its leader leaves."""

    def __init__(self, flight: "Future[Answer]") -> None:
        self._flight = flight

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._flight.done():
            return
        if isinstance(error, Exception):
            self._flight.set_exception(error)
        else:
            self._flight.set_exception(
                CallError("a call was interrupted before its reply came; ask again", kind="interrupted")
            )
