"""Ends a worker process that is stuck, and leaves a note for its successor."""

import faulthandler
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class Watchdog:
    """Kills this process when an evaluation takes too long: a candidate stuck in C code cannot be stopped otherwise.

    Args:
        note: A file of this worker, the same after a restart; holds the slot being evaluated, then its stack.
        limit_seconds: Longest time for one candidate; None to watch nothing.
    """

    def __init__(self, note: Path, limit_seconds: float | None) -> None:
        """Read what the process before this one left behind, then throw it away."""
        self.limit_seconds = limit_seconds
        self.stuck_slot, self.stack = _read(note)
        self._note = note
        note.unlink(missing_ok=True)

    @contextmanager
    def watching(self, slot: int, n: int) -> Generator[None]:
        """Allow ``n`` candidates their time; ``slot`` names the candidate, or is -1 for several."""
        if self.limit_seconds is None:
            yield
            return
        with self._note.open("w") as file:
            file.write(f"{slot}\n")
            file.flush()
            faulthandler.dump_traceback_later(n * self.limit_seconds, exit=True, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()
                self._note.unlink(missing_ok=True)


def _read(note: Path) -> tuple[int, str]:
    """The slot that a process was stuck on and its stack; -1 and nothing when no process was stuck."""
    try:
        slot, _, stack = note.read_text().partition("\n")
    except FileNotFoundError:
        return -1, ""
    return (int(slot), stack) if stack else (-1, "")
