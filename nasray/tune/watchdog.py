"""Ends a worker process that is stuck, and leaves a note for its successor."""

import faulthandler
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class Watchdog:
    """Kills this process when an evaluation takes too long: a candidate stuck in C code cannot be stopped otherwise.

    Args:
        note: A file of this worker, the same after a restart; holds the mark of what is done, then its stack.
    """

    def __init__(self, note: Path) -> None:
        """Read what the process before this one left behind, then throw it away."""
        self.stuck_mark, self.stack = _read(note)
        self._note = note
        note.unlink(missing_ok=True)

    @contextmanager
    def watching(self, mark: str, seconds: float | None) -> Generator[None]:
        """Allow what is done its time.

        Args:
            mark: Names the candidate; empty for several, or none.
            seconds: Longest time; None to watch nothing.
        """
        if seconds is None:
            yield
            return
        with self._note.open("w") as file:
            file.write(f"{mark}\n")
            file.flush()
            faulthandler.dump_traceback_later(seconds, exit=True, file=file)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()
                self._note.unlink(missing_ok=True)


def _read(note: Path) -> tuple[str | None, str]:
    """The mark of what a process was stuck on, and its stack; None and nothing when no process was stuck."""
    try:
        mark, _, stack = note.read_text().partition("\n")
    except FileNotFoundError:
        return None, ""
    return (mark, stack) if stack else (None, "")
