"""One search, put together: every part built and handed what it needs, nothing started yet."""

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasray.analysis.trade_off import TradeOff
from nasray.app.catalogs import catalog_of, evaluators_for, space_named, table_for
from nasray.app.devices import check_device
from nasray.app.efforts import check_efforts
from nasray.app.generator import generator_of
from nasray.app.hosting import host_names
from nasray.app.isolation import check_isolation
from nasray.app.language_model import language_model_of
from nasray.app.leaks import fitted_columns
from nasray.app.parts import EvaluatorFactory, build, columns_table_name, evaluator_factory, table_names
from nasray.app.predictor import predictor_of, predictor_tables
from nasray.app.refiner import refiner_of, with_sources
from nasray.app.schema import RunConfig, validated
from nasray.app.settings import check_tree
from nasray.app.trade_offs import asked_columns, check_bounds, check_columns, trade_off_of
from nasray.app.weights import check_store, check_weights, checkpoints_of, store_of
from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.core.errors import CapabilityError, require
from nasray.core.evaluator import Evaluator
from nasray.core.executor import Executor
from nasray.core.observer import Observer
from nasray.core.predictor import Predictor
from nasray.core.scheduler import Scheduler
from nasray.core.space import SearchSpace, TextView
from nasray.core.strategy import Strategy
from nasray.data.catalog import Catalog
from nasray.data.table import Table
from nasray.llm.tallied_model import TalliedModel
from nasray.schedulers.never_stop import NeverStop
from nasray.tracking.progress import Progress
from nasray.tracking.quality_tally import QualityTally
from nasray.tracking.wandb_run import WandbRun
from nasray.tune.kept_crew import KeptCrew

_SECTIONS = ("space", "strategy", "scheduler", "predictor", "generator", "refiner", "language_model", "evaluator")
"""Those that describe parts which may hold others."""


@dataclass(frozen=True, kw_only=True)
class Composition:
    """The parts of one search.

    Attributes:
        config: The validated configuration.
        space: The search space.
        strategy: Who proposes.
        scheduler: What its candidates do at each rung: the strategy that the search sees.
        factory: Builds the evaluator where it is used.
        evaluator: An evaluator in this process: for its metric, and to fail early.
        budget: When to stop.
        tables: The open tables that the evaluator reads.
        predictor: Who scores, if a part asks for scores.
        language_model: Who is asked in words, if a part asks.
        hosts: Names of the hosts on its cluster, by the part that lives there.
        leaks: In words, the labels that a part was trained on, or reads, and is used on all the same.
    """

    config: RunConfig
    space: SearchSpace
    strategy: Strategy
    scheduler: Scheduler
    factory: EvaluatorFactory
    evaluator: Evaluator
    budget: Budget
    tables: dict[str, Table]
    predictor: Predictor | None
    language_model: TalliedModel | None
    hosts: dict[str, str]
    leaks: tuple[str, ...]

    @property
    def trade_off(self) -> TradeOff:
        """What the strategy trades off and keeps to."""
        return trade_off_of(self.strategy)

    def describe(self, architecture: Architecture) -> str:
        """The written form of an architecture, or its genes where its space has none."""
        return self.space.to_text(architecture) if isinstance(self.space, TextView) else architecture.key


def compose(raw: dict[str, Any], folder: Path) -> Composition:
    """Validate and build, in the order of the data. Nothing is written and no cluster is touched.

    Args:
        raw: The resolved configuration.
        folder: The run folder, where weights will be kept.

    Raises:
        NasrayError: Any setting is impossible, a capability or a table is missing.
    """
    config = validated(raw)
    for name in _SECTIONS:
        check_tree(name, getattr(config, name))
    budget = Budget(evaluations=config.budget.evaluations, wall_seconds=config.budget.wall_seconds)
    space: SearchSpace = build(config.space)
    names, further = table_names(config.evaluator), columns_table_name(config.evaluator)
    catalog, consulted = catalog_of(config.paths), predictor_tables(config.predictor)
    tables = {name: table_for(space, name, catalog) for name in (*names, *([further] if further else []))}
    others = {name: catalog.open(name, space_named(catalog.entry(name).space)) for name in consulted}
    learnt_from = predictor_tables([config.strategy, config.refiner])
    others |= {name: table_for(space, name, catalog) for name in learnt_from}
    asking = [config.predictor, config.generator, config.refiner, config.strategy, config.scheduler]
    language_model = language_model_of(config, asking, folder)
    predictor, leaks = predictor_of(config, space, [config.strategy, config.scheduler or {}], others, language_model)
    generator, taught = generator_of(config, space, language_model)
    live = {"space": space, "predictor": predictor, "language_model": language_model}
    refiner, read = refiner_of(config, space, others, language_model)
    sourced = with_sources(config, others)
    fitted = fitted_columns([config.strategy, config.refiner, config.predictor], config.evaluator)
    strategy: Strategy = build(sourced, generator=generator, refiner=refiner, **live)
    scheduler = _scheduler_of(config, strategy=strategy, **live)
    check_weights(config, scheduler)
    check_store(config, folder)
    live = {"space": space, "store": store_of(config.paths, folder), "checkpoint_folder": checkpoints_of(folder)}
    live |= {"table": next(iter(tables.values())), "columns_table": tables.get(further or "")} if tables else {}
    live |= {"asked": asked_columns(trade_off_of(strategy))}
    with _suggesting(space, catalog, names):
        factory = evaluator_factory(config.evaluator, **live)
        evaluator = factory()
    composed = Composition(
        config=config,
        space=space,
        strategy=strategy,
        scheduler=scheduler,
        factory=factory,
        evaluator=evaluator,
        budget=budget,
        tables=others | tables,
        predictor=predictor,
        language_model=language_model,
        hosts=host_names(
            predictor=predictor, generator=generator, language_model=language_model and language_model.inner
        ),
        leaks=tuple(dict.fromkeys((*leaks, *taught, *read, *fitted))),
    )
    check_columns(composed.trade_off, composed.evaluator)
    check_bounds(composed.trade_off, tables)
    check_isolation(config, composed.evaluator)
    check_device(config, composed.evaluator)
    check_efforts(config, scheduler, composed.evaluator)
    executor_of(
        config, composed.evaluator, lambda: 1
    )  # built for their checks alone: used are those of ``session``, on a live cluster
    observers_of(composed, "", folder, raw, 0)
    return composed


def _scheduler_of(config: RunConfig, *, strategy: Strategy, **live: Any) -> Scheduler:
    """The policy around the strategy; runs that were begun before there were any never stop."""
    if not config.scheduler:
        return NeverStop(strategy=strategy)
    return build(config.scheduler, strategy=strategy, **live)


@contextmanager
def _suggesting(space: SearchSpace, catalog: Catalog, tables: Sequence[str]) -> Generator[None]:
    """Say what to type instead of an evaluator that cannot measure the members of ``space``; tables say it themselves.

    Raises:
        CapabilityError: Where there was one.
    """
    try:
        yield
    except CapabilityError as error:
        if tables:
            raise
        raise CapabilityError(
            f"{error}; {type(space).__name__} can be measured by {evaluators_for(space, catalog)}"
        ) from error


def executor_of(
    config: RunConfig, evaluator: Evaluator, workers: Callable[[], int], crew: KeptCrew | None = None
) -> Executor:
    """The executor.

    Args:
        config: The run's.
        evaluator: The run's; how much it takes at once.
        workers: Tells how many the cluster has room for, where the configuration leaves it open.
        crew: Keeps the workers for what comes next.
    """
    room = workers()  # asked in any case: it refuses what the cluster cannot hold
    settings = dict(config.executor)
    if settings.get("workers") is None:
        settings["workers"] = room
    return build(settings, width=config.width, evaluator_chunk_size=evaluator.chunk_size, crew=crew)


def observers_of(composed: Composition, run_id: str, folder: Path, raw: dict[str, Any], told: int) -> list[Observer]:
    """Who watches: the terminal, and W&B unless it is off. ``told`` slots were told to an earlier process."""
    watching: list[Observer] = [terminal_of(composed, told)]
    mode = composed.config.tracking.get("mode")
    require(
        mode == "none" or len(composed.config.tracking) > 1,
        f"tracking.mode ({mode!r}) must be none where no tracker is chosen; choose tracking=wandb_offline or "
        "tracking=wandb_online",
    )
    if mode != "none":
        settings = {"_target_": f"{WandbRun.__module__}.{WandbRun.__name__}", **composed.config.tracking}
        predictor = composed.predictor
        quality = QualityTally(predictor.higher_is_better) if predictor else None
        live = {"run_id": run_id, "folder": folder, "config": raw, "quality": quality}
        hosts = _host_watch(composed.hosts)
        watching.append(build(settings, hosts=hosts, **live, **_seen(composed, told)))
    return watching


def _host_watch(names: dict[str, str]) -> Callable[[], Mapping[str, float]] | None:
    """Imports Ray only where there are hosts."""
    if not names:
        return None
    from nasray.actors.host_watch import HostWatch

    return HostWatch(names=names)


def terminal_of(composed: Composition, told: int) -> Progress:
    """The progress line."""
    return Progress(stream=sys.stderr, **_seen(composed, told))


def _seen(composed: Composition, told: int) -> dict[str, Any]:
    """What every observer is handed."""
    return {
        "total": composed.budget.evaluations,
        "metric": composed.evaluator.metric,
        "describe": composed.describe,
        "trade_off": composed.trade_off,
        "resume_from_slot": told,
    }
