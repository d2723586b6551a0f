"""What a sweep and its runners tell each other."""

from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, kw_only=True)
class Task:
    """A search that a runner is to begin or to go on with.

    Attributes:
        identity: The job's.
        folder: Its run folder.
        raw: The resolved configuration, paths absolute.
        command: Its overrides, for the manifest.
        address: Of the Ray cluster it needs; None where it needs none.
        shared: Whether it may share space and table with other searches, without being forced to disk.
    """

    identity: str
    folder: str
    raw: dict[str, Any]
    command: tuple[str, ...]
    address: str | None
    shared: bool


class Ended(NamedTuple):
    """What came of a task.

    Attributes:
        identity: The job's.
        code: 0: done; 2: refused, a user error; 3: crashed, or not one candidate could be measured; LOST; ELSEWHERE.
        message: What went wrong, in one line.
        value: The best VALID value.
        final: Whether there is a result, so that another try would end alike.
    """

    identity: str
    code: int
    message: str
    value: float | None
    final: bool


LOST = -1
"""The runner died of it."""

ELSEWHERE = -2
"""Another process is at work on it."""
