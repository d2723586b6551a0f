"""A run's folder: manifest, journal, result, report, weights."""

from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout

from nasray.core.errors import RecordError
from nasray.core.event_log import Past
from nasray.core.measurement import Outcome
from nasray.records.atomic import write_atomically
from nasray.records.journal import Journal, read_journal
from nasray.records.schema import SCHEMA, read_json


class RunFolder:
    """Everything that is known about one search.

    ``manifest.json`` is written once, before the first ask; ``journal.jsonl`` grows; ``result.json`` is written once,
    at the end. Built by ``create`` or ``open``.

    Attributes:
        path: The folder.
        manifest: What was asked for: resolved config, command, versions, commit, data checksums.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        """Hold on to both; touch nothing."""
        self.path = path
        self.manifest = manifest
        self._lock = FileLock(path / "run.lock")

    @classmethod
    def create(cls, path: Path, manifest: dict[str, Any]) -> "RunFolder":
        """A new run.

        Raises:
            RecordError: The folder already holds a run, or cannot be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordError(f"{path} cannot be made ({error.strerror}); choose another folder") from error
        if (path / "manifest.json").exists():
            raise RecordError(
                f"{path} already holds a run; go on with it by `nasray resume {path}`, or choose another folder"
            )
        run = cls(path, {"schema": SCHEMA, **manifest})
        run.lock()
        write_atomically(path / "manifest.json", orjson.dumps(run.manifest, option=orjson.OPT_INDENT_2))
        return run

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """An existing run, to read or to resume.

        Raises:
            RecordError: It is not a run folder, or a newer nasray's.
        """
        return cls(path, read_json(path / "manifest.json"))

    def lock(self) -> None:
        """Become the only writer; released by ``unlock`` or by the process's death.

        Raises:
            RecordError: Another process is writing.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise RecordError(f"{self.path} is in use by another process; wait for it, or stop it first") from error

    def unlock(self) -> None:
        """Let others write."""
        self._lock.release()

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return self.path / "journal.jsonl"

    def start_journal(self, *, fsync: bool) -> Journal:
        """A new journal; ``create`` holds the lock."""
        return Journal(self.journal_path, fsync=fsync)

    def reopen_journal(self, *, fsync: bool) -> tuple[Journal, Past]:
        """The journal to go on with, and what it remembers; call ``lock`` first.

        Raises:
            RecordError: It is missing, edited, or newer than this nasray.
        """
        past, tail = read_journal(self.journal_path)
        return Journal(self.journal_path, fsync=fsync, tail=tail), past

    def outcomes(self) -> list[Outcome]:
        """The longest prefix of slots whose outcomes are known, in slot order; reads, never writes.

        Raises:
            RecordError: As ``reopen_journal``.
        """
        past, _ = read_journal(self.journal_path)
        proposals = [proposal for _, asked in past.asks for proposal in asked]
        known: list[Outcome] = []
        for proposal in proposals:
            if proposal.slot not in past.results:
                break
            known.append(Outcome(proposal, past.results[proposal.slot]))
        return known

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of the run; None while it is unfinished."""
        path = self.path / "result.json"
        return read_json(path) if path.exists() else None

    def write_result(self, result: dict[str, Any]) -> None:
        """Finish the run."""
        data = orjson.dumps({"schema": SCHEMA, **result}, option=orjson.OPT_INDENT_2)
        write_atomically(self.path / "result.json", data)
