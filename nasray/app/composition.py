"""One search, put together: every part built and handed what it needs, nothing started yet."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasray.app.parts import EvaluatorFactory, build, evaluator_factory, table_names
from nasray.app.schema import PathsConfig, RunConfig, validated
from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.core.evaluator import Evaluator
from nasray.core.executor import Executor
from nasray.core.observer import Observer
from nasray.core.space import SearchSpace, TextView
from nasray.core.strategy import Strategy
from nasray.data.catalog import Catalog
from nasray.data.table import Table
from nasray.records.store import Store
from nasray.tracking.progress import Progress
from nasray.tracking.wandb_run import WandbRun


@dataclass(frozen=True, kw_only=True)
class Composition:
    """The parts of one search.

    Attributes:
        config: The validated configuration.
        space: The search space.
        strategy: Who proposes.
        factory: Builds the evaluator where it is used.
        evaluator: An evaluator in this process: for its metric, and to fail early.
        budget: When to stop.
        tables: The open tables that the evaluator reads.
    """

    config: RunConfig
    space: SearchSpace
    strategy: Strategy
    factory: EvaluatorFactory
    evaluator: Evaluator
    budget: Budget
    tables: dict[str, Table]

    def describe(self, architecture: Architecture) -> str:
        """The written form of an architecture, or its genes where its space has none."""
        return self.space.to_text(architecture) if isinstance(self.space, TextView) else architecture.key


def catalog_of(paths: PathsConfig) -> Catalog:
    """The data catalog of a configuration's paths."""
    mirror = Path(paths.mirror).expanduser() if paths.mirror else None
    return Catalog(folder=Path(paths.data).expanduser(), mirror=mirror)


def compose(raw: dict[str, Any], folder: Path) -> Composition:
    """Validate and build, in the order of the data. Nothing is written and no cluster is touched.

    Args:
        raw: The resolved configuration.
        folder: The run folder, where weights will be kept.

    Raises:
        NasrayError: Any setting is impossible, a capability or a table is missing.
    """
    config = validated(raw)
    budget = Budget(evaluations=config.budget.evaluations, wall_seconds=config.budget.wall_seconds)
    space: SearchSpace = build(config.space)
    tables = {name: catalog_of(config.paths).open(name, space) for name in table_names(config.evaluator)}
    strategy: Strategy = build(config.strategy, space=space)
    live = {"space": space, "store": Store(root=str(folder / "store")), "checkpoint_folder": folder / "checkpoints"}
    live |= {"table": next(iter(tables.values()))} if tables else {}
    factory = evaluator_factory(config.evaluator, **live)
    return Composition(
        config=config,
        space=space,
        strategy=strategy,
        factory=factory,
        evaluator=factory(),
        budget=budget,
        tables=tables,
    )


def executor_of(config: RunConfig, workers: Callable[[], int]) -> Executor:
    """The executor; ``workers`` tells how many the cluster has room for, where the configuration leaves it open."""
    settings = dict(config.executor)
    if settings.get("workers") is None:
        settings["workers"] = workers()
    return build(settings, width=config.width)


def observers_of(composed: Composition, run_id: str, folder: Path, raw: dict[str, Any], told: int) -> list[Observer]:
    """Who watches: the terminal, and W&B unless it is off. ``told`` slots were told to an earlier process."""
    total, metric = composed.budget.evaluations, composed.evaluator.metric
    seen: dict[str, Any] = {"total": total, "metric": metric, "describe": composed.describe, "resume_from_slot": told}
    watching: list[Observer] = [Progress(stream=sys.stderr, **seen)]
    if composed.config.tracking.get("mode") != "none":
        settings = {"_target_": f"{WandbRun.__module__}.{WandbRun.__name__}", **composed.config.tracking}
        watching.append(build(settings, run_id=run_id, folder=folder, config=raw, **seen))
    return watching
