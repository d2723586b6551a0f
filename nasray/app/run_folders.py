"""Opens and finds runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nasray.core.errors import RecordError
from nasray.records.run_folder import RunFolder

_NEEDED = ("run_id", "config", "seed", "width", "metric", "data")
"""What the command line reads of a manifest."""

_NEEDED_OF_A_RESULT = (
    "archive",
    "stopped",
    "evaluations",
    "failures",
    "wall_seconds",
    "cost",
    "best",
    "top",
    "test",
)
"""What the command line and the reports read of a result."""


def open_run(path: Path) -> RunFolder:
    """The run in ``path``, which may be relative; that of the run never is.

    Raises:
        RecordError: It is not a run folder, a newer nasray's, or its manifest or its result was edited.
    """
    path = path.resolve()
    run = RunFolder.open(path)
    _check(path / "manifest.json", run.manifest, _NEEDED)
    if (result := run.result) is not None:
        _check(path / "result.json", result, _NEEDED_OF_A_RESULT)
    return run


def _check(path: Path, content: Mapping[str, Any], needed: Sequence[str]) -> None:
    """Name the keys that ``content`` lacks."""
    missing = [key for key in needed if key not in content]
    if missing:
        raise RecordError(
            f"{path} lacks {', '.join(missing)}: it was edited, or is not a run's; restore it from a copy"
        )


def find_runs(paths: Sequence[Path]) -> list[RunFolder]:
    """The runs in ``paths``, in their order; a folder that is not a run is searched for runs below it.

    Raises:
        RecordError: A path holds none.
    """
    runs: list[RunFolder] = []
    for path in paths:
        manifests = (
            [path / "manifest.json"] if (path / "manifest.json").exists() else sorted(path.rglob("manifest.json"))
        )
        if not manifests:
            raise RecordError(f"{path} holds no run: no manifest.json in it or below it; name a run folder")
        runs.extend(open_run(manifest.parent) for manifest in manifests)
    return runs
