"""Many searches over tables in one process: what they have in common is built once, what each is alone is cheap."""

import copy
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from nasray.app.composition import Composition, compose, executor_of
from nasray.app.finale import result_of
from nasray.app.schema import validated
from nasray.app.session import manifest_of
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.core.uncollected import uncollected
from nasray.records.journal import config_hash
from nasray.records.run_folder import RunFolder
from nasray.search.search import Search

Part = TypeVar("Part")

_SIMULATOR = "nasray.simulator."
_REMEMBERED = 50_000
_MOST_STUDIES = 4
"""Kept at once: each has an open table, and sweeps go from arm to arm."""

_OWN_STATE = ("predictor", "generator", "refiner", "language_model")
"""Parts that learn, or are paid for: a search that has one runs as if it were alone."""


class Studies:
    """The studies of a process, one for all searches that differ in nothing but seed and name."""

    def __init__(self) -> None:
        """None yet."""
        self._studies: dict[str, Study | None] = {}

    def of(self, raw: dict[str, Any]) -> "Study | None":
        """The study that a configuration belongs to; None where its search must run alone.

        Raises:
            NasrayError: The configuration is impossible, or data are missing.
        """
        key = config_hash({**raw, "seed": 0, "name": ""})
        if key not in self._studies:
            self._studies[key] = _study_of(raw)
        if len(self._studies) > _MOST_STUDIES:
            del self._studies[next(iter(self._studies))]
        return self._studies[key]


def _study_of(raw: dict[str, Any]) -> "Study | None":
    """A study for searches that look everything up in the simulator, watched by nobody."""
    simulated = str(raw["executor"].get("_target_", "")).startswith(_SIMULATOR)
    watched = raw["tracking"].get("mode") != "none"
    if not simulated or watched or any(raw.get(name) for name in _OWN_STATE):
        return None
    composed = compose(raw, Path(raw["paths"]["runs"]))
    return Study(composed, raw) if composed.evaluator.chunk_size > 1 else None


class Study:
    """Searches that share space, tables and evaluator, all of which are only read; each has a strategy of its own.

    Their run folders are those of ``nasray run`` without report.html, and are not forced to disk: a search that a
    power failure takes back is run again.

    Args:
        composed: One of them, not started.
        raw: Its configuration.
    """

    def __init__(self, composed: Composition, raw: dict[str, Any]) -> None:
        """Keep what all share."""
        evaluator = _remembering(composed.evaluator, cache, "optimum", "threshold")
        space = _remembering(composed.space, _by_genes, "validate", "canonical", "graph", "to_text")
        self._composed = replace(composed, evaluator=evaluator, factory=lambda: evaluator, space=space)
        self._executor = executor_of(composed.config, composed.evaluator, lambda: 1)
        self._manifest = manifest_of(composed, raw, Path(), ())
        self._shared = {id(one): one for one in (composed.space, evaluator, *composed.tables.values())}

    def search(self, raw: dict[str, Any], folder: Path, command: Sequence[str]) -> dict[str, Any]:
        """One search, from its beginning: what an interrupted one has left is removed. Returns its result.

        Raises:
            RecordError: The folder cannot be written, or another process is at work on it.
        """
        with uncollected():  # nothing is trained, so nothing makes cycles
            return self._searched(raw, folder, command)

    def _searched(self, raw: dict[str, Any], folder: Path, command: Sequence[str]) -> dict[str, Any]:
        composed = self._with(raw)
        self._clear(folder)
        run = RunFolder.create(folder, self._manifest_of(raw, folder, command), durable=False)
        with run.locked(), closing(run.start_journal(fsync=False)) as journal:
            search = Search(
                space=composed.space,
                strategy=composed.scheduler,
                budget=composed.budget,
                width=composed.config.width,
                seed=composed.config.seed,
                log=journal,
            )
            self._executor.run(search, composed.factory, Streams(composed.config.seed, "evaluator"))
            journal.flush()
            result = result_of(composed, search, self._executor)
            run.write_result(result)
        return result

    def _with(self, raw: dict[str, Any]) -> Composition:
        """The composition with another seed and name, and with a strategy that was told nothing yet."""
        before = self._composed
        strategy, scheduler = copy.deepcopy((before.strategy, before.scheduler), dict(self._shared))
        return replace(before, config=validated(raw), strategy=strategy, scheduler=scheduler)

    def _manifest_of(self, raw: dict[str, Any], folder: Path, command: Sequence[str]) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            **self._manifest,
            "run_id": f"{now:%Y%m%d-%H%M%S-%f}-{folder.name}",
            "created": now.isoformat(timespec="seconds"),
            "command": list(command),
            "config": raw,
            "seed": raw["seed"],
        }

    def _clear(self, folder: Path) -> None:
        """Forget a search that was interrupted: it is computed again in milliseconds."""
        if not (folder / "manifest.json").exists():
            return
        run = RunFolder(folder, {})
        with run.locked():
            # the manifest last: by it a search is found that was killed while it did this
            for name in ("result.json", "snapshot.json", "journal.jsonl", "manifest.json"):
                (folder / name).unlink(missing_ok=True)


def _remembering(part: Part, memory: Callable[..., Callable[..., Any]], *methods: str) -> Part:
    """The same part, which remembers what these methods said: the cells of many searches are the same few."""
    part = copy.copy(part)
    known = {name: getattr(part, name) for name in methods if hasattr(part, name)}
    vars(part).update({name: memory(say) for name, say in known.items()})
    return part


def _by_genes(say: Callable[[Architecture], Any]) -> Callable[[Architecture], Any]:
    """A cache by genes, which hash faster than architectures."""
    known: dict[tuple[int, ...], Any] = {}

    def recall(architecture: Architecture) -> Any:
        genes = architecture.genes
        if genes not in known:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[genes] = say(architecture)
        return known[genes]

    return recall
