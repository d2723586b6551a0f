"""Where a run keeps trained weights, whether its scheduler gets the weights it needs, and who deletes the others."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from nasray.app.schema import PathsConfig, RunConfig
from nasray.core.errors import ConfigError, require
from nasray.core.scheduler import Scheduler
from nasray.records.janitor import Janitor
from nasray.records.store import Store


def with_own_store(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A configuration whose ``paths.store`` is a place of this run alone below the one that was named.

    Equal weights have equal addresses: a run that cleans up must not share its store. The manifest keeps the place, so
    that a resumed run finds it whatever has become of the run folder.

    Args:
        raw: The configuration; not changed.
        folder: The run folder.
    """
    paths = cast(Mapping[str, Any], section) if isinstance(section := raw.get("paths"), Mapping) else dict[str, Any]()
    named = paths.get("store")
    if not isinstance(named, str) or not named:
        return dict(raw)
    own = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{re.sub(r'[^A-Za-z0-9._-]+', '-', folder.name)}"
    if "://" in named:
        parts = urlsplit(named)
        place = parts._replace(path=f"{parts.path.rstrip('/')}/{own}").geturl()
    else:
        place = str(Path(named) / own)
    return {**raw, "paths": {**paths, "store": place}}


def store_of(paths: PathsConfig, folder: Path) -> Store:
    """Where a run keeps weights: in its folder, unless its configuration names another place.

    Raises:
        ConfigError: The place is no address of a filesystem.
    """
    if not paths.store:
        return Store(root=str(folder / "store"))
    try:
        return Store(root=str(Path(paths.store).expanduser()) if paths.store.startswith("~") else paths.store)
    except ConfigError as error:
        raise ConfigError(f"paths.store: {error}; correct it, or set paths.store=null: the run folder") from error


def checkpoints_of(folder: Path) -> Path:
    """Where a run folder says which blob of its store is whose."""
    return folder / "checkpoints"


def check_weights(config: RunConfig, scheduler: Scheduler) -> None:
    """Refuse a scheduler that continues or inherits trainings where trained weights are not kept.

    Evaluators that train nothing keep nothing, and need nothing.

    Raises:
        ConfigError: They are not kept.
    """
    training = _training(config.evaluator)
    if training is None or not scheduler.needs_weights:
        return
    require(
        bool(training["keep_weights"]),
        f"scheduler {type(scheduler).__name__} continues trainings, but evaluator.keep_weights is false, so that every "
        "rung would begin again; set evaluator.keep_weights=true, or use scheduler=never_stop",
    )


def check_store(config: RunConfig, folder: Path) -> None:
    """Refuse a store that cannot be reached, where weights or states of trainings are to be kept.

    Raises:
        ConfigError: It cannot.
    """
    if config.paths.store and _keeps(config):
        try:
            store_of(config.paths, folder).check()
        except ConfigError as error:
            raise ConfigError(f"paths.store: {error}; correct it, or set paths.store=null: the run folder") from error


def janitor_of(config: RunConfig, scheduler: Scheduler, folder: Path, secure: Callable[[], None]) -> Janitor | None:
    """Who deletes the weights that nobody needs any more; None where none are kept.

    Args:
        config: The run's configuration.
        scheduler: Who knows what is needed.
        folder: The run folder.
        secure: Makes sure that what was told is in the journal.
    """
    if not _keeps(config):
        return None
    from nasray.models.checkpoints import Checkpoints  # two seconds of torch that tables do without

    store = store_of(config.paths, folder)
    checkpoints = Checkpoints(store=store, folder=checkpoints_of(folder))
    return Janitor(live=scheduler.live, secure=secure, sweep=partial(checkpoints.sweep, delete=store.delete))


def _keeps(config: RunConfig) -> bool:
    """Whether trained weights, or states of trainings, are kept."""
    training = _training(config.evaluator)
    return training is not None and bool(training["keep_weights"] or training.get("checkpoint_every_epochs"))


def _training(evaluator: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The section of an evaluator, or of one that it wraps, that can keep weights."""
    section: Mapping[str, Any] | None = evaluator
    while section is not None and "keep_weights" not in section:
        section = section.get("inner")
    return section
