"""Starts, resumes and replays searches."""

import platform
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nasray.app.cluster import connected, needs_ray, room
from nasray.app.composition import Composition, compose, executor_of, observers_of
from nasray.app.finale import result_of
from nasray.app.provenance import commit, data_of, versions
from nasray.core.errors import RecordError
from nasray.core.event_log import NoLog, Past
from nasray.core.observer import Observer
from nasray.core.seeds import Streams
from nasray.records.run_folder import RunFolder
from nasray.reports.report import write_report
from nasray.search.archive import archive_hash
from nasray.search.search import Search


def start(raw: dict[str, Any], folder: Path, command: Sequence[str]) -> dict[str, Any]:
    """A new search in ``folder``; returns what ``result.json`` holds.

    Raises:
        NasrayError: The configuration is impossible, data are missing, or the folder holds a run.
    """
    composed = compose(raw, folder)
    run = RunFolder.create(folder, _manifest(composed, raw, folder, command))
    with _released(run):
        return _search(composed, raw, run, None)


def resume(folder: Path) -> dict[str, Any]:
    """Go on with an interrupted search from its journal; a finished one is returned as it is.

    Raises:
        RecordError: There is no usable run in ``folder``, or another process is at work on it.
        NasrayError: As ``start``.
    """
    run = RunFolder.open(folder)
    raw = run.manifest["config"]
    with _released(run, lock=True):
        if run.result is not None:
            return run.result
        composed = compose(raw, folder)
        _check_data(run, composed)
        return _search(composed, raw, run, folder)


def replay(folder: Path) -> tuple[str, str]:
    """Compute a finished search again, from its recorded configuration and nothing else.

    Returns:
        The archive hash on record and the one of today; equal where the run can be trusted.

    Raises:
        RecordError: The run is unfinished, or its data have changed.
    """
    run = RunFolder.open(folder)
    if run.result is None:
        raise RecordError(f"{folder} is unfinished: go on with it by `nasray resume {folder}`, then replay it")
    raw = run.manifest["config"]
    with tempfile.TemporaryDirectory() as scratch:
        composed = compose(raw, Path(scratch))
        _check_data(run, composed)
        with connected(composed.config):
            executor = executor_of(composed.config, lambda: room(composed.config))
            watching = observers_of(composed, "replay", Path(scratch), {**raw, "tracking": {"mode": "none"}}, 0)[:1]
            search = _loop(composed, NoLog(), watching, None)
            executor.run(search, composed.factory, Streams(composed.config.seed, "evaluator"))
            for observer in watching:
                observer.close({})
    return run.result["archive"], archive_hash(search.outcomes)


def _search(composed: Composition, raw: dict[str, Any], run: RunFolder, resumed: Path | None) -> dict[str, Any]:
    fsync = needs_ray(composed.config)  # what the simulator computes is computed again in seconds
    journal, past = run.reopen_journal(fsync=fsync) if resumed else (run.start_journal(fsync=fsync), None)
    with ExitStack() as stack:
        stack.callback(journal.close)
        stack.enter_context(connected(composed.config))
        told = max((n for n, _ in past.asks), default=0) if past else 0
        watching = observers_of(composed, run.manifest["run_id"], run.path, raw, told)
        executor = executor_of(composed.config, lambda: room(composed.config))
        search = _loop(composed, journal, watching, past)
        executor.run(search, composed.factory, Streams(composed.config.seed, "evaluator"))
        run.write_result(result_of(composed, search, executor))
        report = write_report([run], run.path / "report.html")
        result = {**(run.result or {}), "report": str(report)}
        for observer in watching:
            observer.close(result)
        return result


def _loop(composed: Composition, log: Any, watching: Sequence[Observer], past: Past | None) -> Search:
    return Search(
        space=composed.space,
        strategy=composed.strategy,
        budget=composed.budget,
        width=composed.config.width,
        seed=composed.config.seed,
        log=log,
        observers=watching,
        past=past,
    )


def _manifest(composed: Composition, raw: dict[str, Any], folder: Path, command: Sequence[str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    head, dirty = commit()
    return {
        "run_id": f"{now:%Y%m%d-%H%M%S-%f}-{folder.name}",
        "created": now.isoformat(timespec="seconds"),
        "command": list(command),
        "config": raw,
        "seed": composed.config.seed,
        "width": composed.config.width,
        "metric": composed.evaluator.metric,
        "versions": versions(),
        "commit": head,
        "dirty": dirty,
        "platform": platform.platform(),
        "data": data_of(composed.tables),
    }


def _check_data(run: RunFolder, composed: Composition) -> None:
    """Numbers from other data than the run's own would be mixed with it."""
    then, now = run.manifest["data"], data_of(composed.tables)
    if [entry["sha256"] for entry in then] != [entry["sha256"] for entry in now]:
        raise RecordError(
            f"{run.path} was made with other data: recorded {then}, found {now}; import the recorded tables again"
        )


class _released(AbstractContextManager["_released"]):  # noqa: N801 - reads as a phrase
    """Holds the run's lock and releases it at the end."""

    def __init__(self, run: RunFolder, *, lock: bool = False) -> None:
        self._run = run
        if lock:
            run.lock()

    def __exit__(self, *_: object) -> None:
        self._run.unlock()
