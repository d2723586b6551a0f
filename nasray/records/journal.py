"""The journal: an append-only file that is the truth about a run.

One JSON object a line, ``{"crc": …, "event": …}``. The checksum covers the event and the checksum of the line before
it, so that an edited, missing or swapped line is found. A torn last line is what a killed process leaves behind: it
is cut off, and whatever it spoke of is done again.
"""

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from nasray.core.errors import RecordError
from nasray.core.event_log import Past
from nasray.core.measurement import Result, result_from_json, result_to_json
from nasray.core.proposal import Proposal
from nasray.records.schema import SCHEMA, check_schema

_HEAD, _MIDDLE, _TAIL = b'{"crc":"', b'","event":', b"}\n"


@dataclass(slots=True)
class _Tail:
    """Where a journal ends: its length in bytes without a torn line, and the checksum of its last line."""

    n_bytes: int
    crc: int


class Journal:
    """Writes a journal. The search is its only user; there is one a run.

    Args:
        path: The file; created with a header line when it is new, continued after ``tail`` otherwise.
        fsync: Whether a durable commit waits for the disk. Without it a killed process loses nothing, a power cut
            may: right for simulated searches, which are recomputed in seconds.
        tail: Where ``read_journal`` found its end.

    Raises:
        RecordError: The disk refuses.
    """

    def __init__(self, path: Path, *, fsync: bool, tail: _Tail | None = None) -> None:
        """Open for appending; cut off a torn last line."""
        self._path = path
        self._fsync = fsync
        self._buffer: list[bytes] = []
        self._crc = tail.crc if tail else 0
        flags = os.O_WRONLY | os.O_APPEND | (0 if tail else os.O_CREAT | os.O_EXCL)
        self._file = os.open(path, flags, 0o644)
        if tail:
            os.ftruncate(self._file, tail.n_bytes)
        else:
            self._append({"kind": "journal", "schema": SCHEMA})
            self.commit(durable=True)

    def asked(self, told: int, proposals: Sequence[Proposal]) -> None:
        """Proposals, and how many outcomes had been told when they were made."""
        self._append({"told": told, "ask": [proposal.to_json() for proposal in proposals]})

    def arrived(self, slots: Sequence[int], results: Sequence[Result], wall_seconds: float) -> None:
        """The results of a chunk."""
        found = [result_to_json(result) for result in results]
        self._append({"slots": slots, "results": found, "wall_seconds": round(wall_seconds, 3)})

    def stopped(self, reason: str) -> None:
        """The search asks no more."""
        self._append({"stopped": reason})

    def commit(self, *, durable: bool) -> None:
        """One write; with ``durable``, one fsync.

        Raises:
            RecordError: The disk is full or refuses; what was committed before is safe.
        """
        if not self._buffer:
            return
        content = b"".join(self._buffer)
        self._buffer.clear()
        try:
            while content:
                content = content[os.write(self._file, content) :]
            if durable and self._fsync:
                os.fsync(self._file)
        except OSError as error:
            raise RecordError(
                f"{self._path} cannot be written ({error.strerror}): all committed results are safe; "
                f"make room, then `nasray resume {self._path.parent}`"
            ) from error

    def close(self) -> None:
        """Release the file."""
        os.close(self._file)

    def _append(self, event: dict[str, Any]) -> None:
        body = orjson.dumps(event)
        self._crc = zlib.crc32(body, self._crc)
        self._buffer.append(b"".join((_HEAD, b"%08x" % self._crc, _MIDDLE, body, _TAIL)))


def read_journal(path: Path) -> tuple[Past, _Tail]:
    """What a journal remembers, and where to go on writing.

    Raises:
        RecordError: It is missing, newer than this nasray, or was edited.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise RecordError(f"{path} is missing: the run kept no journal, there is nothing to go on from") from error
    end = content.rfind(b"\n") + 1
    past, crc = Past(), 0
    for number, line in enumerate(content[:end].splitlines(), start=1):
        event, crc = _check(line, crc, number, path)
        if number == 1:
            check_schema(event.get("schema"), path)
        else:
            _remember(past, event)
    if end == 0:
        raise RecordError(f"{path} is empty: the run was stopped before it began; start it again in another folder")
    return past, _Tail(end, crc)


def _check(line: bytes, crc: int, number: int, path: Path) -> tuple[dict[str, Any], int]:
    """The event of a line, and the checksum so far."""
    start = len(_HEAD) + 8 + len(_MIDDLE)
    body = line[start : len(line) - len(_TAIL) + 1]
    crc = zlib.crc32(body, crc)
    if line[len(_HEAD) : len(_HEAD) + 8] != b"%08x" % crc:
        raise RecordError(
            f"{path}, line {number}: the checksum does not match. The journal was edited or damaged after it was "
            f"written; restore it from a copy, or cut it before line {number} and resume from there"
        )
    return orjson.loads(body), crc


def _remember(past: Past, event: dict[str, Any]) -> None:
    """Add one event to what is remembered; kinds that a later version added are passed over."""
    if "ask" in event:
        past.asks.append((event["told"], [Proposal.from_json(data) for data in event["ask"]]))
    elif "results" in event:
        results = map(result_from_json, event["results"])
        past.results.update(zip(event["slots"], results, strict=True))
        past.wall_seconds = event["wall_seconds"]
    elif "stopped" in event:
        past.stopped = event["stopped"]
