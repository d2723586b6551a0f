"""A sweep's folder: ``sweep.json`` says what the sweep is, ``failures.jsonl`` what went wrong; jobs have folders."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import orjson
from filelock import FileLock

from nasray.app.sweep_job import WHERE, Job, section_of
from nasray.core.atomic import write_atomically
from nasray.core.errors import ConfigError, RecordError
from nasray.records.schema import SCHEMA, read_json

_MOST_SHOWN = 8
_ADDRESS = "ray.address="
_HYDRAS = {"multirun.yaml"}
"""What Hydra's own sweeper leaves in the folder before its first job."""


@dataclass(frozen=True)
class SweepFolder:
    """What is known about a sweep.

    Attributes:
        path: The folder.
        base: The configuration that all jobs begin with, without what says where they run.
        commands: The words given to ``nasray run``, one list a command that added jobs.
        start: Where relative paths of the commands begin.
        jobs: In the order in which they were asked for.
    """

    path: Path
    base: Mapping[str, Any]
    commands: tuple[tuple[str, ...], ...]
    start: str
    jobs: tuple[Job, ...]

    @classmethod
    def open(cls, path: Path) -> "SweepFolder":
        """The sweep in ``path``.

        Raises:
            RecordError: There is none, it cannot be read, or a newer nasray wrote it.
        """
        file = path / "sweep.json"
        if not file.exists():
            raise RecordError(
                f"{path} holds no sweep: sweep.json is missing; name the folder of a sweep that was begun by "
                "`nasray run -m … hydra/launcher=nasray`"
            )
        data = read_json(file)
        try:
            jobs = tuple(Job(one["folder"], one["identity"], tuple(one["overrides"])) for one in data["jobs"])
            commands = tuple(tuple(words) for words in data["commands"])
            return cls(path, data["base"], commands, data["start"], jobs)
        except (KeyError, TypeError) as error:
            raise RecordError(f"{file} was edited, or is not a sweep's ({error}); restore it from a copy") from error

    def add(self, jobs: Sequence[Job]) -> "SweepFolder":
        """The sweep with ``jobs`` too, and what another process added meanwhile; written down.

        A known job keeps its folder, which is named after the way in which the command was written at first.

        Raises:
            ConfigError: The folder is that of a sweep with another base configuration.
            RecordError: It holds something else, or cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / "sweep.lock"):
                known = self._known()
                both = {one.identity: one for one in (known.jobs if known else ())}
                for job in jobs:
                    both[job.identity] = replace(job, folder=both.get(job.identity, job).folder)
                # the same command somewhere else takes the earlier one's place: a cluster may be gone
                commands = {_told(words): words for words in (*(known.commands if known else ()), *self.commands)}
                whole = SweepFolder(self.path, self.base, tuple(commands.values()), self.start, tuple(both.values()))
                if whole != known:
                    write_atomically(self.path / "sweep.json", whole._to_json())
                return whole
        except OSError as error:
            raise RecordError(
                f"{self.path} cannot be written ({error.strerror}); choose another folder by hydra.sweep.dir=FOLDER"
            ) from error

    def commands_at(self, changes: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The commands that make the sweep, on the cluster that ``changes`` name.

        Raises:
            ConfigError: Something else is to be changed.
        """
        if others := [word for word in changes if not word.startswith(_ADDRESS)]:
            raise ConfigError(
                f"a sweep goes on as it was begun, on another cluster at most ({_ADDRESS}HOST:PORT), but {others[0]!r} "
                "was given; for another configuration begin another sweep"
            )
        if not changes:
            return self.commands
        return tuple(
            (*(word for word in words if not word.startswith(_ADDRESS)), changes[-1]) for words in self.commands
        )

    def note_failure(self, job: Job, message: str) -> None:
        """Write down that ``job`` failed once more."""
        line = orjson.dumps({"job": job.identity, "at": round(time.time()), "message": message})
        with (self.path / "failures.jsonl").open("ab") as file:
            file.write(line + b"\n")

    def failures(self) -> tuple[Counter[str], dict[str, str]]:
        """How often each job failed, by identity, and how it failed last; a torn last line is passed over."""
        counted: Counter[str] = Counter()
        last: dict[str, str] = {}
        file = self.path / "failures.jsonl"
        for line in file.read_bytes().split(b"\n")[:-1] if file.exists() else ():
            try:
                event = orjson.loads(line)
            except orjson.JSONDecodeError:  # two processes died on one line
                continue
            counted[event["job"]] += 1
            last[event["job"]] = event["message"]
        return counted, last

    def _to_json(self) -> bytes:
        content = {
            "schema": SCHEMA,
            "commands": self.commands,
            "start": self.start,
            "base": self.base,
            "jobs": [asdict(job) for job in self.jobs],
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2)

    def _known(self) -> "SweepFolder | None":
        """What the folder holds already."""
        if not (self.path / "sweep.json").exists():
            foreign = sorted(one.name for one in self.path.iterdir() if one.name not in {*_HYDRAS, "sweep.lock"})
            if foreign:
                raise RecordError(
                    f"{self.path} holds {', '.join(foreign[:3])}, but no sweep; choose another folder by "
                    "hydra.sweep.dir=FOLDER"
                )
            return None
        known = SweepFolder.open(self.path)
        if changed := differences(known.base, self.base):
            more = "; …" if len(changed) > _MOST_SHOWN else ""
            raise ConfigError(
                f"{self.path} is a sweep of another configuration: {'; '.join(changed[:_MOST_SHOWN])}{more}; take the "
                "change back, or give this sweep a folder of its own by hydra.sweep.dir=FOLDER"
            )
        return known


def _told(words: Sequence[str]) -> tuple[str, ...]:
    """A command in whatever order, without what says where it runs; Hydra's own words stay."""
    return tuple(sorted(word for word in words if section_of(word) not in WHERE or section_of(word) == "hydra"))


def base_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """What identifies a sweep of a configuration: all of it but where it runs; as it is after it was read again."""
    told = {key: value for key, value in config.items() if key not in WHERE}
    return cast(dict[str, Any], orjson.loads(orjson.dumps(told)))


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """``key was a, now it is b`` of every setting that differs."""
    old, new = _flat(then), _flat(now)
    return [
        f"{key} was {old.get(key, 'not there')}, now it is {new.get(key, 'not there')}"
        for key in dict.fromkeys((*old, *new))
        if old.get(key, ...) != new.get(key, ...)
    ]


def _flat(node: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted paths and the values there; an empty section is a value."""
    found: dict[str, Any] = {}
    for key, value in node.items():
        path = f"{prefix}{key}"
        inner = cast(dict[str, Any], value) if isinstance(value, dict) and value else None
        found |= {path: value} if inner is None else _flat(inner, f"{path}.")
    return found
