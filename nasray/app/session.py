"""Starts, resumes and replays searches."""

import platform
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nasray.app.absolute_paths import with_absolute_paths
from nasray.app.cluster import connected, needs_ray, room, with_address
from nasray.app.cluster_watch import watched
from nasray.app.composition import Composition, compose, executor_of, observers_of, terminal_of
from nasray.app.exit_codes import kept
from nasray.app.finale import result_of
from nasray.app.idle_settings import idle_settings
from nasray.app.language_model import asking_nobody, ledger_of, with_changes
from nasray.app.provenance import changed_data, commit, data_of, versions
from nasray.app.run_folders import open_run
from nasray.app.weights import janitor_of, with_own_store
from nasray.core.errors import ConfigError, DataError, RecordError
from nasray.core.event_log import NoLog, Past
from nasray.core.observer import Observer
from nasray.core.seeds import Streams
from nasray.llm.call_error import CallError
from nasray.llm.cap_reached import CapReached
from nasray.records.run_folder import RunFolder
from nasray.reports.agreement import check_archive
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.tune.kept_crew import KeptCrew


def start(raw: dict[str, Any], folder: Path, command: Sequence[str], crew: KeptCrew | None = None) -> dict[str, Any]:
    """A new search in ``folder``; returns what ``result.json`` holds.

    Args:
        raw: The resolved configuration.
        folder: The run folder.
        command: The overrides, for the manifest.
        crew: Keeps the workers for the next search; None to let them go at the end of this one.

    Raises:
        NasrayError: The configuration is impossible, data are missing, or the folder holds a run.
    """
    raw = with_own_store(with_absolute_paths(raw, Path.cwd()), folder)
    composed = compose(raw, folder)
    run = RunFolder.create(folder, manifest_of(composed, raw, folder, command))
    with run.locked():
        _announce(composed, run)
        for idle in idle_settings(composed, command):
            print(f"note        {idle}", file=sys.stderr)
        return _search(composed, raw, run, None, crew)


def resume(folder: Path, changes: Sequence[str] = (), crew: KeptCrew | None = None) -> dict[str, Any]:
    """Go on with an interrupted search from its journal; a finished one is checked and returned as it is.

    Args:
        folder: The run folder.
        changes: Another cluster, ``ray.address=HOST:PORT``; other limits of its language model, or another way to its
            server, e.g. ``language_model.caps.calls=300``.
        crew: As for ``start``.

    Raises:
        RecordError: There is no usable run in ``folder``, it was edited, or another process is at work on it.
        NasrayError: As ``start``.
    """
    run = open_run(folder)
    raw, others = with_address(run.manifest["config"], changes)
    folder, raw = run.path, with_changes(raw, others)
    with run.locked():
        if run.result is not None:
            check_archive(folder, run.result, run.outcomes())
            if not (folder / "report.html").exists():
                _report(run)
            return run.result
        composed = compose(raw, folder)
        _check_data(run, composed)
        _announce(composed, run)
        return _search(composed, raw, run, folder, crew)


def replay(folder: Path) -> tuple[str, str]:
    """Compute a finished search again, from its recorded configuration and nothing else; no language model is paid.

    Returns:
        The archive hash on record and the one of today; equal where the run can be trusted.

    Raises:
        RecordError: The run is unfinished, its data have changed, or a reply that it had is not kept any more.
    """
    run = open_run(folder)
    if run.result is None:
        raise RecordError(f"{run.path} is unfinished: go on with it by `nasray resume {run.path}`, then replay it")
    if run.journal_path.exists():
        check_archive(run.path, run.result, run.outcomes())
    raw = asking_nobody(_as_long(run.manifest["config"], run.result))
    with tempfile.TemporaryDirectory() as scratch:
        composed = compose(raw, Path(scratch))
        _check_data(run, composed)
        with connected(composed.config):
            executor = executor_of(composed.config, composed.evaluator, lambda: room(composed.config))
            terminal = terminal_of(composed, 0)
            try:
                with _language_model(composed), _tidy(terminal):
                    search = _loop(composed, NoLog(), [terminal], None)
                    executor.run(search, composed.factory, Streams(composed.config.seed, "evaluator"))
            except CapReached as error:
                raise RecordError(
                    f"{run.path} cannot be replayed: a replay asks no language model, and "
                    f"{composed.config.language_model and composed.config.language_model['path']} lacks a reply that "
                    "the run had; put that file back"
                ) from error
            terminal.close({"stopped": search.stopped})
    return run.result["archive"], archive_hash(search.outcomes)


def _as_long(raw: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """The configuration without its clock, which does not replay: what the clock ended, ends at the same slot.

    Its weights are the run's own, and nobody goes on with those of a replay.
    """
    budget = {**raw["budget"], "wall_seconds": None}
    if result["stopped"] == "clock":
        budget["evaluations"] = max(1, result["evaluations"])
    return {**raw, "budget": budget, "paths": {**raw["paths"], "store": None}}


def _search(
    composed: Composition, raw: dict[str, Any], run: RunFolder, resumed: Path | None, crew: KeptCrew | None
) -> dict[str, Any]:
    fsync = needs_ray(composed.config)  # what the simulator computes is computed again in seconds
    journal, past = run.reopen_journal(fsync=fsync) if resumed else (run.start_journal(fsync=fsync), None)
    with ExitStack() as stack:
        stack.callback(journal.close)
        stack.enter_context(connected(composed.config))
        stack.enter_context(watched(composed.config, kept(run.path)))
        stack.enter_context(_language_model(composed, run.path))
        told = past.n_told if past else 0
        watching = observers_of(composed, run.manifest["run_id"], run.path, raw, told)
        janitor = janitor_of(composed.config, composed.scheduler, run.path, journal.flush)
        watching += [janitor] if janitor else []
        crew = crew or stack.enter_context(KeptCrew())
        executor = executor_of(
            composed.config, composed.evaluator, lambda: max(1, room(composed.config) // crew.sharing), crew
        )
        with _tidy(watching[0]):
            search = _loop(composed, journal, watching, past)
            executor.run(search, composed.factory, Streams(composed.config.seed, "evaluator"))
            journal.flush()
            run.write_result(result_of(composed, search, executor))
        return _ended(run, watching)


def _announce(composed: Composition, run: RunFolder) -> None:
    """Say where the run is kept before the first outcome, which can take half a minute to come."""
    print(f"run         {run.path}", file=sys.stderr)
    if needs_ray(composed.config):
        at = composed.config.ray.address
        print(
            f"Ray         {f'connecting to {at}' if at else 'starting on this machine'} …", file=sys.stderr, flush=True
        )


def _ended(run: RunFolder, watching: Sequence[Observer]) -> dict[str, Any]:
    """Draw the report, and let everybody who watched come to an end, whatever becomes of it: the search is over."""
    result = dict(run.result or {})
    with ExitStack() as closing:
        for observer in reversed(watching):
            closing.callback(observer.close, result)
        result["report"] = str(_report(run))
    return result


def _report(run: RunFolder) -> Path:
    from nasray.reports.report import write_report  # half a second of imports that the start need not wait for

    return write_report([run], run.path / "report.html")


@contextmanager
def _language_model(composed: Composition, folder: Path | None = None) -> Generator[None]:
    """Let others have the language model's files afterwards; say how to go on where it was not asked any more."""
    try:
        yield
    except CapReached as error:
        go_on = f"; then: `nasray resume {folder} language_model.caps.calls=…` (or .tokens, .usd)" if folder else ""
        raise CapReached(f"{error}{go_on}") from error
    except (CallError, ConfigError, DataError) as error:
        if folder is None or composed.language_model is None:
            raise
        raise type(error)(f"{error}; then: {kept(folder)}") from error
    finally:
        if composed.language_model is not None:
            composed.language_model.close()


@contextmanager
def _tidy(terminal: Observer) -> Generator[None]:
    """End the progress line of a search that is cut short, so that the message about it has a line of its own."""
    whole = False
    try:
        yield
        whole = True
    finally:
        if not whole:
            terminal.close({"stopped": "before its end"})


def _loop(composed: Composition, log: Any, watching: Sequence[Observer], past: Past | None) -> Search:
    return Search(
        space=composed.space,
        strategy=composed.scheduler,
        budget=composed.budget,
        width=composed.config.width,
        seed=composed.config.seed,
        log=log,
        observers=watching,
        past=past,
    )


def manifest_of(composed: Composition, raw: dict[str, Any], folder: Path, command: Sequence[str]) -> dict[str, Any]:
    """What is written down of a search before it begins."""
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
        "trade_off": composed.trade_off.to_json(),
        "leaks": composed.leaks,
        "language_model": ledger_of(composed.config),
        "versions": versions(),
        "commit": head,
        "dirty": dirty,
        "platform": platform.platform(),
        "data": data_of(composed.tables, composed.evaluator),
    }


def _check_data(run: RunFolder, composed: Composition) -> None:
    """Numbers from other data than the run's own would be mixed with it."""
    if changed := changed_data(run.manifest["data"], data_of(composed.tables, composed.evaluator)):
        raise RecordError(
            f"{run.path} was made with other data: {'; '.join(changed)} (SHA-256); import the recorded table again, or "
            "put the recorded images back"
        )
