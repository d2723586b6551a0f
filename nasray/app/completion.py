"""What the shell offers after ``nasray run``: groups, their options, and settings."""

from importlib.resources import files
from typing import Any, cast

import typer


def complete_overrides(context: typer.Context, incomplete: str) -> list[str]:
    """Completions of the override that is being typed.

    ``strat`` -> ``strategy=``; ``strategy=r`` -> its options, also after a comma; ``budget.`` -> its settings. bash
    cuts words at ``=`` and replaces what stands behind it only; other shells replace the whole word.
    """
    before: list[str] = list(context.params.get("overrides") or [])
    if incomplete == "=" and before:  # bash, nothing typed after the sign
        return _options(before[-1], "")
    if len(before) > 1 and before[-1] == "=":  # bash
        return _options(before[-2], incomplete)
    key, equals, typed = incomplete.partition("=")
    if equals:
        return [f"{key}={option}" for option in _options(key, typed)]
    return _settings(key, before) if "." in key else _top_level(key)


def _options(group: str, typed: str) -> list[str]:
    """Options of a group; of a sweep's list the last one is completed."""
    folder = files("nasray.conf") / group
    if not folder.is_dir():
        return []
    listed, comma, last = typed.rpartition(",")
    names = [entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return sorted(f"{listed}{comma}{name}" for name in names if name.startswith(last))


def _top_level(typed: str) -> list[str]:
    """Groups, sections, and settings outside of any section."""
    root = files("nasray.conf")
    groups = [entry.name for entry in root.iterdir() if entry.is_dir() and entry.name not in ("__pycache__", "hydra")]
    groups += [f"hydra/{entry.name}" for entry in (root / "hydra").iterdir()]
    own = [name for name in _yaml("run") if name not in ("defaults", "hydra")]
    return sorted(f"{name}=" for name in {*groups, *own} if name.startswith(typed))


def _settings(typed: str, before: list[str]) -> list[str]:
    """Settings of the option of a group that was chosen, or is chosen by default."""
    group = typed.split(".")[0]
    chosen: dict[str, Any] = {}
    for line in _yaml("run")["defaults"]:
        chosen |= cast(dict[str, Any], line) if isinstance(line, dict) else {}
    words = "".join(f"{word} " for word in before).replace(" = ", "=").split()  # bash cut them at "="
    chosen |= dict(word.split("=", 1) for word in words if "=" in word)
    option = chosen.get(group)
    if not option or not (files("nasray.conf") / group / f"{option}.yaml").is_file():
        return []
    return sorted(f"{key}=" for key in _paths(group, _yaml(f"{group}/{option}")) if key.startswith(typed))


def _paths(prefix: str, section: dict[str, Any]) -> list[str]:
    """Dotted paths of a section's settings."""
    found: list[str] = []
    for key, value in section.items():
        if key not in ("defaults", "_target_"):
            path = f"{prefix}.{key}"
            found += _paths(path, cast(dict[str, Any], value)) if isinstance(value, dict) else [path]
    return found


def _yaml(name: str) -> dict[str, Any]:
    import yaml

    loaded = yaml.safe_load((files("nasray.conf") / f"{name}.yaml").read_text())
    return cast(dict[str, Any], loaded or {})
