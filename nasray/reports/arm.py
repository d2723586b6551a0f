"""Runs that differ in nothing but their seed."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nasray.reports.cell import Cell
from nasray.reports.run_view import RunView

# Where a run is kept, how it is watched, which machines it used, how much of it is listed: nothing that a trajectory
# depends on.
_ASIDE = frozenset({"hydra", "paths", "tracking", "ray", "name", "top"})


@dataclass(frozen=True)
class Arm:
    """One configuration, with all its seeds.

    Attributes:
        label: What sets it apart from the other arms of the report.
        runs: One run a seed, by seed.
        repeats: Further runs of a seed that is already there: one sample, not two, so they count in no statistic.
    """

    label: str
    runs: tuple[RunView, ...]
    repeats: tuple[RunView, ...] = ()

    @property
    def top(self) -> list[Cell]:
        """The best cells of all runs together, as many as one run shows."""
        cells = sorted((cell for run in self.runs for cell in run.top), key=lambda cell: -cell.value)
        return cells[: max((len(run.top) for run in self.runs), default=0)]


def group_arms(runs: Sequence[RunView]) -> list[Arm]:
    """Runs by configuration, in the order in which the configurations first appear."""
    groups: dict[str, list[RunView]] = {}
    for run in runs:
        settings = flatten(run.manifest["config"])
        groups.setdefault(json.dumps(settings, sort_keys=True, default=str), []).append(run)
    labels = _labels([flatten(group[0].manifest["config"]) for group in groups.values()])
    return [_arm(label, group) for label, group in zip(labels, groups.values(), strict=True)]


def flatten(config: Mapping[str, Any]) -> dict[str, Any]:
    """``{dotted key: value}`` of everything that a result depends on, seeds left out."""
    flat: dict[str, Any] = {}

    def walk(prefix: str, node: Any) -> None:
        if isinstance(node, Mapping) and (node or not prefix):
            for key, value in node.items():
                if key != "seed":
                    walk(f"{prefix}.{key}" if prefix else str(key), value)
        else:
            flat[prefix] = node

    walk("", {key: value for key, value in config.items() if key not in _ASIDE})
    return flat


def part_name(target: Any) -> str:
    """The class at the end of a dotted ``_target_``."""
    return str(target).rsplit(".", maxsplit=1)[-1]


def title_of(config: Mapping[str, Any]) -> str:
    """``RegularizedEvolution on NasBench201``, as far as the configuration tells."""
    parts = [config.get(room) for room in ("strategy", "space")]
    names = [part_name(part["_target_"]) for part in parts if isinstance(part, Mapping) and "_target_" in part]
    return " on ".join(names) or "Architecture search"


def _arm(label: str, runs: Sequence[RunView]) -> Arm:
    first: dict[int, RunView] = {}
    for run in runs:
        first.setdefault(run.seed, run)
    chosen = tuple(first[seed] for seed in sorted(first))
    return Arm(label, chosen, tuple(run for run in runs if all(run is not each for each in chosen)))


def _labels(configs: Sequence[dict[str, Any]]) -> list[str]:
    """The parts that differ; then the settings that differ, where the parts alone leave two arms alike."""
    if len(configs) == 1:
        return ["all runs"]
    keys = sorted({key for config in configs for key in config})
    varied = [key for key in keys if len({repr(config.get(key)) for config in configs}) > 1]
    targets = [key for key in varied if key.endswith("_target_")]
    by_part = [" + ".join(part_name(config[key]) for key in targets if key in config) for config in configs]
    repeated = Counter(by_part)
    labels: list[str] = []
    for config, name in zip(configs, by_part, strict=True):
        alike = [other for other, same in zip(configs, by_part, strict=True) if same == name]
        differing = [key for key in varied if len({repr(other.get(key)) for other in alike}) > 1]
        settings = ", ".join(f"{key}={config.get(key)}" for key in differing)
        labels.append(name if repeated[name] == 1 else f"{name} ({settings})" if name else settings)
    return labels
