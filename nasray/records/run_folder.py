"""A run's folder: manifest, journal, result, report, weights."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout

from nasray.core.atomic import write_atomically
from nasray.core.errors import RecordError
from nasray.core.event_log import Past
from nasray.core.measurement import Outcome
from nasray.core.uncollected import uncollected
from nasray.records.journal import Journal, begun_with, config_hash, has_begun, read_journal
from nasray.records.patience import patiently
from nasray.records.schema import SCHEMA, read_json
from nasray.records.signature import check_signature, signed
from nasray.records.snapshot import read_snapshot, write_snapshot
from nasray.records.tail import Tail

SNAPSHOT_BYTES = 2_000_000
"""A replay of more lines than that, about 0.1 s, is worth a snapshot."""

_LOCK_SECONDS = 0.5
"""Whoever looks whether a run is at work holds its lock for an instant."""


class RunFolder:
    """Everything that is known about one search.

    ``manifest.json`` is written once, before the first ask; ``journal.jsonl`` grows; ``result.json`` is written once,
    at the end. Built by ``create`` or ``open``.

    Attributes:
        path: The folder.
        manifest: What was asked for: resolved config, command, versions, commit, data checksums.
    """

    def __init__(self, path: Path, manifest: dict[str, Any], *, durable: bool = True) -> None:
        """Hold on to both; touch nothing."""
        self.path = path
        self._durable = durable
        self.manifest = manifest
        self._lock = FileLock(path / "run.lock")

    @classmethod
    def create(cls, path: Path, manifest: dict[str, Any], *, durable: bool = True) -> "RunFolder":
        """A new run.

        Unless it is ``durable``, manifest and result are written in place and not forced to disk, which is faster: a
        process that is killed may leave half of one, a power failure neither. Right for what is run again at once.

        Raises:
            RecordError: The folder already holds a run, is in use, or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordError(f"{path} cannot be made ({error.strerror}); choose another folder") from error
        run = cls(path, {"schema": SCHEMA, **manifest}, durable=durable)
        run._refuse_a_second()
        run.lock()
        try:
            run._refuse_a_second()  # another process may have begun and ended in between
            run._write("manifest.json", run.manifest, patient=False)
        except RecordError:
            run.unlock()
            raise
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
            self._lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout as error:
            raise RecordError(f"{self.path} is in use by another process; wait for it, or stop it first") from error
        except OSError as error:
            raise RecordError(f"{self.path} cannot be locked ({error.strerror}); choose another folder") from error

    @contextmanager
    def locked(self) -> Generator[None]:
        """Be the only writer until the end of the block; a lock that ``create`` took is taken over.

        Raises:
            RecordError: Another process is writing.
        """
        if not self._lock.is_locked:
            self.lock()
        try:
            yield
        finally:
            self.unlock()

    def unlock(self) -> None:
        """Let others write."""
        self._lock.release()

    @property
    def journal_path(self) -> Path:
        """The journal's file."""
        return self.path / "journal.jsonl"

    def start_journal(self, *, fsync: bool) -> Journal:
        """A new journal; ``create`` holds the lock."""
        return Journal(self.journal_path, fsync=fsync, config=self._config_hash)

    def reopen_journal(self, *, fsync: bool) -> tuple[Journal, Past]:
        """The journal to go on with, and what it remembers; call ``lock`` first.

        A run that was killed before its journal had a line remembers nothing and begins.

        Raises:
            RecordError: It or the manifest's configuration was edited, or it is newer than this nasray.
        """
        if not has_begun(self.journal_path):
            self.journal_path.unlink(missing_ok=True)
            return self.start_journal(fsync=fsync), Past()
        past, tail, n_read = self._replay()
        self._check_config()
        if n_read > SNAPSHOT_BYTES:
            # Without a snapshot the next replay takes longer, and that is all.
            with suppress(OSError), uncollected():
                write_snapshot(self._snapshot_path, past, tail)
        return Journal(self.journal_path, fsync=fsync, tail=tail), past

    def outcomes(self) -> list[Outcome]:
        """The longest prefix of slots whose outcomes are known, in slot order; reads, never writes.

        Raises:
            RecordError: The journal was edited, or is newer than this nasray.
        """
        past, _, _ = self._replay()
        proposals = [proposal for _, asked in past.asks for proposal in asked]
        known: list[Outcome] = []
        for proposal in proposals:
            if proposal.slot not in past.results:
                break
            known.append(Outcome(proposal, past.results[proposal.slot]))
        return known

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of the run; None while it is unfinished.

        Raises:
            RecordError: It was edited, or is newer than this nasray.
        """
        path = self.path / "result.json"
        if not path.exists():
            return None
        result = read_json(path)
        check_signature(result, path)
        return result

    def write_result(self, result: dict[str, Any]) -> None:
        """Finish the run; storage that refuses is waited for, see ``patiently``.

        Raises:
            RecordError: It still refuses.
        """
        self._write("result.json", signed({"schema": SCHEMA, **result}), patient=True)

    @property
    def _snapshot_path(self) -> Path:
        return self.path / "snapshot.json"

    @property
    def _config_hash(self) -> str:
        return config_hash(self.manifest.get("config"))

    def _check_config(self) -> None:
        """Two configurations in one journal would pass for one search; a header without a hash is of an older run."""
        begun, now = begun_with(self.journal_path), self._config_hash
        if begun not in (None, now):
            raise RecordError(
                f"{self.path / 'manifest.json'} holds a configuration with SHA-256 {now}, but {begun} is in the "
                f"journal: the configuration in manifest.json is not the one the journal was begun with; restore it "
                "from a copy"
            )

    def _replay(self) -> tuple[Past, Tail, int]:
        """What the journal remembers, where it ends, and how many of its bytes had to be read."""
        with uncollected():
            known = read_snapshot(self._snapshot_path)
            past, tail = read_journal(self.journal_path, known)
        n_known = known[1].n_bytes if known is not None and known[0] is past else 0
        return past, tail, tail.n_bytes - n_known

    def _refuse_a_second(self) -> None:
        if (self.path / "manifest.json").exists():
            raise RecordError(
                f"{self.path} already holds a run; go on with it by `nasray resume {self.path}`, "
                "or choose another folder"
            )

    def _write(self, name: str, content: dict[str, Any], *, patient: bool) -> None:
        path = self.path / name
        write = partial(
            write_atomically if self._durable else Path.write_bytes,
            path,
            orjson.dumps(content, option=orjson.OPT_INDENT_2),
        )
        try:
            if patient:
                patiently(write, path)
            else:
                write()
        except OSError as error:
            raise RecordError(
                f"{path} cannot be written ({error.strerror}); make room, or choose another folder"
            ) from error
