"""Whether runs measure the same: only then do their numbers belong into one table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from nasray.core.errors import ConfigError
from nasray.reports.arm import flatten, part_name
from nasray.reports.run_view import RunView

_MOST_RUNS = 3
_MOST_FACTS = 4


def check_comparable(views: Sequence[RunView]) -> None:
    """Refuse runs whose metric, space, or data are not the same.

    Raises:
        ConfigError: Names what differs, and which runs differ in it.
    """
    facts = [_measured(view) for view in views]
    names = sorted({name for found in facts for name in found}, key=lambda name: (name != "metric", name))
    different: list[str] = []
    for name in names:
        groups: dict[str, list[str]] = {}
        for view, found in zip(views, facts, strict=True):
            if name in found or not name.startswith("data "):  # the first runs recorded no images
                groups.setdefault(found.get(name, "not set"), []).append(_short(view.path))
        if len(groups) > 1:
            different.append(f"{name} is {', but '.join(f'{got} in {_listed(runs)}' for got, runs in groups.items())}")
    if different:
        more = f"; and {len(different) - _MOST_FACTS} more settings" if len(different) > _MOST_FACTS else ""
        raise ConfigError(
            f"these runs do not measure the same, so they cannot be compared: {'; '.join(different[:_MOST_FACTS])}"
            f"{more}. Write one report for each kind"
        )


def _measured(view: RunView) -> dict[str, str]:
    """What a run's numbers mean, fact by fact.

    A table's numbers do not depend on the settings of the space (its networks were trained by others), and images are
    known by their content, wherever they lie.
    """
    config = view.manifest["config"]
    sections = list(_chain(config.get("evaluator")))
    table = next((section for section in sections if section.get("table")), None)
    facts = {f"data {entry['name']}": entry["sha256"][:12] for entry in view.manifest.get("data", ())}
    facts["metric"] = f"{view.manifest['metric']!r}"
    space = flatten({"space": config.get("space")})
    facts |= {key: _shown(key, value) for key, value in space.items() if table is None or key.endswith("_target_")}
    if table is not None:
        told = {name: table.get(name) for name in ("table", "dataset", "epochs")}
        facts |= {f"evaluator.{name}": str(value) for name, value in told.items() if value is not None}
    for section in sections:
        images = section.get("images")
        if isinstance(images, Mapping):
            settings = cast(Mapping[str, Any], images)
            facts |= {
                f"images.{key}": _shown(key, value)
                for key, value in settings.items()
                if key == "_target_" or not isinstance(value, str)
            }
    return facts


def _chain(section: Any) -> Sequence[Mapping[str, Any]]:
    """The settings of an evaluator, of the one it wraps, and so on."""
    chain: list[Mapping[str, Any]] = []
    while isinstance(section, Mapping):
        chain.append(cast(Mapping[str, Any], section))
        section = chain[-1].get("inner")
    return chain


def _shown(key: str, value: Any) -> str:
    return part_name(value) if key.endswith("_target_") else str(value)


def _short(path: str) -> str:
    """The path from where the user stands, if it is below."""
    return str(Path(path).relative_to(Path.cwd())) if Path(path).is_relative_to(Path.cwd()) else path


def _listed(runs: Sequence[str]) -> str:
    more = f" and {len(runs) - _MOST_RUNS} more" if len(runs) > _MOST_RUNS else ""
    return f"{', '.join(runs[:_MOST_RUNS])}{more}"
