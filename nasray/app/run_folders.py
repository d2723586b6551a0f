"""Finds runs."""

from collections.abc import Sequence
from pathlib import Path

from nasray.core.errors import RecordError
from nasray.records.run_folder import RunFolder


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
        runs.extend(RunFolder.open(manifest.parent) for manifest in manifests)
    return runs
