"""Opens and finds runs."""

from collections.abc import Sequence
from pathlib import Path

from nasray.core.errors import RecordError
from nasray.records.run_folder import RunFolder

_NEEDED = ("run_id", "config", "seed", "width", "metric", "data")
"""What the command line reads of a manifest."""


def open_run(path: Path) -> RunFolder:
    """The run in ``path``.

    Raises:
        RecordError: It is not a run folder, a newer nasray's, or its manifest was edited.
    """
    run = RunFolder.open(path)
    missing = [key for key in _NEEDED if key not in run.manifest]
    if missing:
        raise RecordError(
            f"{path / 'manifest.json'} lacks {', '.join(missing)}: it was edited, or is not a run's; "
            "restore it from a copy"
        )
    return run


def find_runs(paths: Sequence[Path]) -> list[RunFolder]:
    """The runs in ``paths``; a folder that is not a run is searched for runs below it.

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
