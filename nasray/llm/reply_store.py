"""Replies and the ledger of what they cost, in one SQLite file that one process owns."""

import atexit
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

import orjson
from filelock import FileLock, Timeout

from nasray.core.errors import ConfigError, RecordError
from nasray.llm.ledger_entry import LedgerEntry
from nasray.llm.local_disk import require_local
from nasray.llm.reply import Reply
from nasray.llm.request import Request
from nasray.llm.spent import Spent

SCHEMA = 1
NOT_SENT = "not_sent"
"""The reason of a call that failed before it left this process: it does not count as one."""

_LOCK_SECONDS = 5.0  # a host that takes the place of a killed one may be quicker than the death of that one
_HITS_AT_ONCE = 256  # a commit takes longer than a look-up, and a hit costs nothing that could be lost
_TABLES = """
CREATE TABLE replies (key TEXT PRIMARY KEY, request BLOB NOT NULL, reply BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE begun (
    call INTEGER PRIMARY KEY, at REAL NOT NULL, key TEXT NOT NULL, prompt_hash TEXT NOT NULL, model TEXT NOT NULL,
    source TEXT NOT NULL, most_tokens INTEGER NOT NULL, most_usd REAL
);
CREATE TABLE ledger (
    at REAL NOT NULL, key TEXT NOT NULL, prompt_hash TEXT NOT NULL, model TEXT NOT NULL, source TEXT NOT NULL,
    status TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, usd REAL,
    latency_seconds REAL NOT NULL, reason TEXT NOT NULL, call INTEGER UNIQUE
);
"""
_INSERT = "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LOSE = """
INSERT INTO ledger SELECT at, key, prompt_hash, model, source, 'lost', most_tokens, 0, most_usd, 0.0,
    'process_died', call
FROM begun WHERE call NOT IN (SELECT call FROM ledger WHERE call IS NOT NULL)
"""
_SPENT = f"""
SELECT count(*), coalesce(sum(prompt_tokens + completion_tokens), 0), coalesce(sum(usd), 0.0)
FROM ledger WHERE call IS NOT NULL AND reason <> '{NOT_SENT}'
"""


class ReplyStore:
    """The cache and the ledger; safe for threads of the process that opened it, refused to every other process.

    A call is written down before it is made, with the most it can cost, and again with its reply and its true cost,
    in one transaction. So a reply that was paid for is there after a crash, and a call during which the process died
    is charged at its most. Rows are never changed or deleted.

    Args:
        path: The file; made, with its folder, if it is not there. On a local disk.

    Raises:
        ConfigError: It is on a network disk, or where no file can be.
        RecordError: It is owned by another process, damaged, or of a newer nasray.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock, open or make the file, charge what an earlier process lost."""
        self.path = path.expanduser().resolve()
        self._lock = RLock()
        self._hits: list[LedgerEntry] = []
        self._owner = FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS, thread_local=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            require_local(self.path, "language_model.path")
            self._owner.acquire()
        except Timeout as error:
            raise RecordError(
                f"the language model's cache {self.path} is owned by another process, or by another service of this "
                "one; one at a time may own it: wait for that one (a host lets go at `nasray host stop`), give this "
                "one another language_model.path, or share one model through a host"
            ) from error
        except OSError as error:
            raise ConfigError(
                f"language_model.path ({self.path}) cannot be used ({error}); choose another path"
            ) from error
        try:
            self._connection = self._opened()
        except RecordError:
            self._owner.release()
            raise
        atexit.register(self.close)

    def reply(self, key: str) -> Reply | None:
        """What was answered to the request of that key."""
        with self._guarded():
            row = self._connection.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        return None if row is None else Reply.from_json(orjson.loads(row[0]))

    def spent(self) -> Spent:
        """Everything that calls have cost since the file was made."""
        with self._guarded():
            return Spent(*self._connection.execute(_SPENT).fetchone())

    def begin(self, request: Request, source: str, most: Spent, *, priced: bool) -> int:
        """Write down that a call is about to be made; its number."""
        known = (time.time(), request.key, request.prompt_hash, request.model, source)
        row = (*known, most.tokens, most.usd if priced else None)
        with self._guarded(), self._connection:
            call = self._connection.execute(
                "INSERT INTO begun (at, key, prompt_hash, model, source, most_tokens, most_usd) VALUES (?,?,?,?,?,?,?)",
                row,
            ).lastrowid
        return int(call or 0)

    def settle(self, call: int, entry: LedgerEntry, paid: tuple[Request, Reply] | None) -> None:
        """Write down what came of a call, and the reply if there is one."""
        kept = None if paid is None else (entry.key, *(orjson.dumps(one.to_json()) for one in paid))
        with self._guarded(), self._connection:
            self._connection.execute(_INSERT, (*entry, call))
            if kept is not None:
                self._connection.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?)", kept)
            self._flush()

    def note(self, entry: LedgerEntry) -> None:
        """Write down a hit: with the next call, with 255 others, or at the end."""
        with self._lock:
            self._hits.append(entry)
            if len(self._hits) >= _HITS_AT_ONCE:
                with self._guarded(), self._connection:
                    self._flush()

    def close(self) -> None:
        """Write what waits, and let others own the file. Does nothing the second time."""
        with self._lock:
            if not self._owner.is_locked:
                return
            try:
                with self._guarded(), self._connection:
                    self._flush()
            finally:
                self._connection.close()
                self._owner.release()
                atexit.unregister(self.close)

    def _flush(self) -> None:
        self._connection.executemany(_INSERT, [(*hit, None) for hit in self._hits])
        self._connection.commit()
        self._hits.clear()

    def _opened(self) -> sqlite3.Connection:
        with self._guarded():
            connection = sqlite3.connect(self.path, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # what was paid for survives a power cut
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT;")
            elif version > SCHEMA:
                connection.close()
                raise RecordError(
                    f"the language model's cache {self.path} has schema {version}, but this nasray knows up to "
                    f"{SCHEMA}; use the nasray that wrote it, or another language_model.path"
                )
            connection.execute(_LOSE)
            connection.commit()
            return connection

    @contextmanager
    def _guarded(self) -> Generator[None]:
        """One thread at a time; SQLite's errors say whose they are."""
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise RecordError(
                    f"the language model's cache {self.path} cannot be used ({error}); if the disk is full, make room; "
                    "if the file is no cache or is damaged, move it away: replies in it will be paid again"
                ) from error
