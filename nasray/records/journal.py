"""The journal: an append-only file that is the truth about a run.

One JSON object a line, ``{"crc": …, "event": …}``; several events that are written in one go share a line, as
``{"events": […]}``. The checksum covers the event and the checksum of the line before it, so that an edited, missing or
swapped line is found. A torn last line is what a killed process leaves behind: it is cut off, and whatever it spoke of
is done again.
"""

import errno
import hashlib
import logging
import os
import zlib
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from nasray.core.errors import RecordError
from nasray.core.event_log import Past
from nasray.core.measurement import Result, result_from_json, result_to_json
from nasray.core.proposal import Proposal
from nasray.records.patience import patiently
from nasray.records.schema import SCHEMA, check_schema
from nasray.records.tail import Tail

_LINE = b'{"crc":"%08x","event":%b}'
_BODY = slice(len(_LINE % (0, b"")) - 1, -1)

GATHER_SECONDS = 0.1

logger = logging.getLogger(__name__)


class Journal:
    """Writes a journal. The search is its only user; there is one a run.

    Args:
        path: The file; created with a header line when it is new, continued after ``tail`` otherwise.
        fsync: Whether a durable commit waits for the disk. Without it commits are gathered, ten a second, and a killed
            process may lose the last of them: right for simulated searches, which compute them again at once.
        tail: Where ``read_journal`` found its end.
        config: What a new journal's header says of the configuration that it is begun with, see ``config_hash``.

    Raises:
        RecordError: The disk refuses, or a new journal would overwrite another.
    """

    def __init__(self, path: Path, *, fsync: bool, tail: Tail | None = None, config: str | None = None) -> None:
        """Open for appending; cut off a torn last line."""
        self._path = path
        self._fsync = fsync
        self._events: list[dict[str, Any]] = []
        self._arrival: dict[str, Any] | None = None  # the last one not written yet: the one that has the time
        self._broken: RecordError | None = None
        self._now = self._gather_until = 0.0  # by the search's clock
        self._crc = tail.crc if tail else 0
        self._n_safe, self._unsafe = tail.n_bytes if tail else 0, b""  # what the disk has, and may not have yet
        self._n_taken = 0  # bytes of the latter that the operating system took
        self._torn = False  # whether anything may follow them
        flags = os.O_WRONLY | os.O_APPEND | (0 if tail else os.O_CREAT | os.O_EXCL)
        try:
            self._file = os.open(path, flags, 0o644)
            if tail:
                os.ftruncate(self._file, tail.n_bytes)
        except FileExistsError as error:
            raise RecordError(f"{path} exists already: choose another folder, or move the old journal away") from error
        except OSError as error:
            raise RecordError(
                f"{path} cannot be opened ({error.strerror}); make room or choose another folder"
            ) from error
        if not tail:
            self._events.append({"kind": "journal", "schema": SCHEMA} | ({"config": config} if config else {}))
            self._write(fsync=fsync)

    def asked(self, told: int, proposals: Sequence[Proposal]) -> None:
        """Proposals, and how many outcomes had been told when they were made."""
        self._events.append({"told": told, "ask": [proposal.to_json() for proposal in proposals]})

    def arrived(self, slots: Sequence[int], results: Sequence[Result], wall_seconds: float) -> None:
        """The results of a chunk; of those that share a line the last one says when."""
        self._arrival = {"slots": slots, "results": [result_to_json(result) for result in results]}
        self._events.append(self._arrival)
        self._now = wall_seconds

    def stopped(self, reason: str) -> None:
        """The search asks no more."""
        self._events.append({"stopped": reason})

    def commit(self, *, durable: bool) -> None:
        """One write; with ``durable``, one fsync.

        Raises:
            RecordError: The disk is full or refuses, now or at an earlier commit; what was committed before is safe.
        """
        if not self._fsync and self._now < self._gather_until:
            return
        self._write(fsync=durable and self._fsync)

    def flush(self) -> None:
        """Write what was gathered; call it before the journal is read, or what it tells of is deleted.

        Raises:
            RecordError: As ``commit``.
        """
        self._write(fsync=self._fsync)

    def close(self) -> None:
        """Try once more to write what is not written yet, and release the file.

        What ended the search is on its way to the user: a refusal does not take its place, but is told in the log.
        """
        try:
            self._take()
            if self._lacks:
                self._append(fsync=self._fsync)
        except OSError as error:
            logger.warning(
                "%s cannot be written (%s): what came last is not kept and will be done again", self._path,
                error.strerror,
            )  # fmt: skip
        finally:
            os.close(self._file)

    @property
    def _lacks(self) -> bool:
        """Whether there are lines that the operating system did not take."""
        return len(self._unsafe) > self._n_taken

    def _write(self, *, fsync: bool) -> None:
        if self._broken:
            raise self._broken
        self._take()
        if not self._lacks:
            return
        try:
            patiently(partial(self._append, fsync=fsync), self._path)
        except OSError as error:
            self._broken = RecordError(
                f"{self._path} cannot be written ({error.strerror}): all committed results are safe; "
                f"make room, then `nasray resume {self._path.parent}`"
            )
            raise self._broken from error
        self._gather_until = self._now + GATHER_SECONDS

    def _take(self) -> None:
        """Make a line of what was noted; from here on the line is kept until it is written."""
        if not self._events:
            return
        if self._arrival is not None:
            self._arrival["wall_seconds"] = round(self._now, 3)
            self._arrival = None
        try:
            body = orjson.dumps(self._events[0] if len(self._events) == 1 else {"events": self._events})
        except TypeError as error:
            raise RecordError(
                f"{self._path} cannot keep what the search noted ({error}): a proposal's notes must be plain JSON; "
                "mend the strategy that made them"
            ) from error
        crc = zlib.crc32(body, self._crc)
        unsafe = self._unsafe + _LINE % (crc, body) + b"\n"
        self._events, self._crc, self._unsafe = [], crc, unsafe  # at once: an interruption comes before or after it

    def _append(self, *, fsync: bool) -> None:
        """Write the lines that are lacking; after a failure, all lines that the disk may not have."""
        content = self._cut() if self._torn else self._unsafe[self._n_taken :]
        self._torn = True
        while content:
            content = content[os.write(self._file, content) :]
        if fsync:
            os.fsync(self._file)
        n = len(self._unsafe)
        if fsync or not self._fsync:
            self._n_safe, self._unsafe, n = self._n_safe + n, b"", 0
        self._n_taken, self._torn = n, False

    def _cut(self) -> bytes:
        """Go back to the last line that is safe; what must follow it.

        A disk that failed may have dropped what it took before. A file server that was started again wants the file
        opened again.
        """
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            if os.fstat(file).st_size < self._n_safe:
                raise OSError(errno.ESTALE, "it has become shorter", str(self._path))
            os.ftruncate(file, self._n_safe)
        except OSError:
            os.close(file)
            raise
        self._file, stale = file, self._file
        with suppress(OSError):
            os.close(stale)
        return self._unsafe


def read_journal(path: Path, known: tuple[Past, Tail] | None = None) -> tuple[Past, Tail]:
    """What a journal remembers, and where to go on writing.

    Args:
        path: The file.
        known: What a snapshot says of a prefix. It is used, and added to, if the journal still begins so.

    Raises:
        RecordError: It is missing, newer than this nasray, or was edited.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise RecordError(f"{path} is missing: the run kept no journal, there is nothing to go on from") from error
    end = content.rfind(b"\n") + 1
    if end == 0:
        raise RecordError(f"{path} is empty: the run was stopped before it began; start it again in another folder")
    past, tail = known or (Past(), Tail())
    if tail.n_bytes > end or zlib.crc32(memoryview(content)[: tail.n_bytes]) != tail.content_crc:
        past, tail = Past(), Tail()
    rest = content[tail.n_bytes : end]
    crc, number = tail.crc, tail.n_lines
    for number, line in enumerate(rest.split(b"\n")[:-1], start=tail.n_lines + 1):
        event, crc = _check(line, crc, number, path)
        if number == 1:
            check_schema(event.get("schema"), path)
        else:
            _remember(past, event)
    return past, Tail(end, number, crc, zlib.crc32(rest, tail.content_crc))


def config_hash(config: object) -> str:
    """SHA-256 of a configuration as JSON with sorted keys: the same before it was written and after it was read."""
    return hashlib.sha256(orjson.dumps(config, option=orjson.OPT_SORT_KEYS)).hexdigest()


def begun_with(path: Path) -> str | None:
    """The ``config_hash`` in the header of a journal that ``read_journal`` has read; None where it has none."""
    with path.open("rb") as file:
        return orjson.loads(file.readline())["event"].get("config")


def has_begun(path: Path) -> bool:
    """Whether there is a journal with at least one whole line."""
    try:
        with path.open("rb") as file:
            return file.readline().endswith(b"\n")
    except FileNotFoundError:
        return False


def _check(line: bytes, crc: int, number: int, path: Path) -> tuple[dict[str, Any], int]:
    """The event of a line, and the checksum so far."""
    body = line[_BODY]
    crc = zlib.crc32(body, crc)
    if line != _LINE % (crc, body):
        raise RecordError(
            f"{path}, line {number}: the checksum does not match. The journal was edited or damaged after it was "
            f"written; restore it from a copy, or cut it before line {number} and resume from there"
        )
    return orjson.loads(body), crc


def _remember(past: Past, event: dict[str, Any]) -> None:
    """Remember one event, or those that share a line; kinds that a later version added are passed over."""
    if "events" in event:
        for one in event["events"]:
            _remember(past, one)
    elif "ask" in event:
        past.asks.append((event["told"], [Proposal.from_json(data) for data in event["ask"]]))
    elif "results" in event:
        results = map(result_from_json, event["results"])
        past.results.update(zip(event["slots"], results, strict=True))
        past.wall_seconds = event.get("wall_seconds", past.wall_seconds)
    elif "stopped" in event:
        past.stopped = event["stopped"]
