"""Paths as the manifest keeps them: a run is resumed from another folder than the one it was begun in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args

from nasray.app.settings import signature_of


def with_absolute_paths(raw: Mapping[str, Any], start: Path) -> dict[str, Any]:
    """A resolved configuration in which every relative path begins at the root.

    Paths are the settings of ``paths``, and those settings of a part that its constructor annotates as Path. In
    ``paths`` a leading ``~`` stays, so that the default places are found under another account too.

    Args:
        raw: The configuration; not changed.
        start: Where relative paths start.

    Raises:
        ConfigError: A part's ``_target_`` cannot be imported.
    """
    changed = {key: _within(value, start) for key, value in raw.items()}
    if isinstance(paths := raw.get("paths"), Mapping):
        section = cast(Mapping[str, Any], paths)
        changed["paths"] = {key: _anchored(value, start) for key, value in section.items()}
    return changed


def _within(node: Any, start: Path) -> Any:
    """A section, or a list of sections, with the paths of its parts made absolute."""
    if isinstance(node, list):
        return [_within(one, start) for one in cast(list[Any], node)]
    if not isinstance(node, Mapping):
        return node
    section = cast(Mapping[str, Any], node)
    paths = _path_settings(str(section["_target_"])) if "_target_" in section else frozenset[str]()
    return {
        key: _anchored(_expanded(value), start) if key in paths else _within(value, start)
        for key, value in section.items()
    }


def _path_settings(target: str) -> frozenset[str]:
    """The parameters of a class that are annotated as Path, alone or in a union."""
    _, takes = signature_of(target)
    return frozenset(name for name, one in takes.items() if Path in (one.annotation, *get_args(one.annotation)))


def _expanded(value: Any) -> Any:
    """A part does not know what ``~`` is."""
    return str(Path(value).expanduser()) if isinstance(value, str) and value.startswith("~") else value


def _anchored(value: Any, start: Path) -> Any:
    if not isinstance(value, str) or not value or value.startswith("~") or "://" in value:
        return value
    return str(start / value)
