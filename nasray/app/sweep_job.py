"""One job of a sweep: its identity, its folder, and how far it is."""

import fcntl
import hashlib
import re
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from nasray.app.run_folders import open_run
from nasray.core.errors import RecordError

Stage = Literal["done", "running", "interrupted", "waiting"]

WHERE = ("paths", "ray", "tracking", "hydra")
"""Sections that say where a search runs and who watches, not what it is."""

_HEAD = re.compile(r"[+~]*([^.@=/]*)")
_LONGEST = 60
_CLAIM, _LOCK = "job.lock", "run.lock"
_DIGITS = 10

_ASKING_SECONDS = 0.5
"""Those who ask whether a lock is held hold it for less."""


@dataclass(frozen=True)
class Job:
    """One search of a sweep.

    Attributes:
        folder: Name of its run folder within the sweep's; ends with ``identity``.
        identity: Hash of its overrides, whatever their order, without those that say where it runs.
        overrides: What is special about it, as Hydra takes it.
    """

    folder: str
    identity: str
    overrides: tuple[str, ...]

    @classmethod
    def of(cls, overrides: Sequence[str], common: Collection[str]) -> "Job":
        """The job with these overrides; those in ``common`` belong to all jobs and are not in the folder's name."""
        telling = sorted(one for one in overrides if section_of(one) not in WHERE)
        identity = hashlib.sha256("\n".join(telling).encode()).hexdigest()[:_DIGITS]
        words = "-".join(_told(one) for one in overrides if one in telling and one not in common)
        words = re.sub(r"[^\w.]+", "-", words).strip("-.")[:_LONGEST]
        return cls(f"{words}-{identity}".lstrip("-"), identity, tuple(overrides))


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        stage: ``done`` has a result, ``running`` is locked by a process, ``interrupted`` was begun by one that ended.
        value: The best VALID value of a finished search; None where nothing could be measured.
        wall_seconds: What a finished search took.
    """

    stage: Stage
    value: float | None = None
    wall_seconds: float = 0.0


def section_of(override: str) -> str:
    """The first word of an override's key: ``hydra`` of ``+hydra/launcher=x``."""
    found = _HEAD.match(override)
    return found.group(1) if found else ""


def _told(override: str) -> str:
    """An override in a folder's name: the option of a group alone, ``seed3`` for numbers and the like."""
    key, _, value = override.partition("=")
    word = re.split(r"[./]", key.lstrip("+~"))[-1]
    return value if value[:1].isalpha() and value not in ("true", "false", "null") else f"{word}{value}"


@contextmanager
def claimed(folder: Path) -> Generator[bool]:
    """Take the job in ``folder`` for this process until the end of the block; gives whether nobody else has it.

    A search locks its folder when it has been composed, which takes seconds; the claim is from the first moment. What
    a killed process has claimed stays to be seen as begun; a folder in which nothing came to be goes away.
    """
    lock = FileLock(folder / _CLAIM)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_ASKING_SECONDS)
    except Timeout:
        yield False
        return
    except OSError:
        pass  # whoever makes the run folder says what is wrong with the place
    try:
        yield not _held(folder / _LOCK)
    finally:
        if lock.is_locked:
            (folder / _CLAIM).unlink(missing_ok=True)
            lock.release()
            with suppress(OSError):
                folder.rmdir()


def in_use(folder: Path) -> bool:
    """Whether a process is at work on the run in ``folder``."""
    return _held(folder / _CLAIM) or _held(folder / _LOCK)


def _held(path: Path) -> bool:
    """Whether a process is known to hold the lock at ``path``.

    Locks are held alone, but asked about together: those who ask are not taken for holders by each other.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none, or one that only another user may open
        return False
    return False


def progress_of(folder: Path) -> Progress:
    """How far the run in ``folder`` is; one whose result cannot be read counts as interrupted."""
    if (folder / "result.json").exists():
        try:
            result = open_run(folder).result
        except RecordError:
            result = None
        if result is not None:
            best = result["best"]
            return Progress("done", None if best is None else best["value"], result["wall_seconds"])
    if in_use(folder):
        return Progress("running")
    return Progress("interrupted" if folder.exists() else "waiting")
