"""Where a run keeps trained weights, whether its scheduler gets the weights it needs, and who deletes the others."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nasray.app.schema import RunConfig
from nasray.core.errors import require
from nasray.core.scheduler import Scheduler
from nasray.records.janitor import Janitor
from nasray.records.store import Store


def store_of(folder: Path) -> Store:
    """The store of a run folder."""
    return Store(root=str(folder / "store"))


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


def janitor_of(config: RunConfig, scheduler: Scheduler, folder: Path, secure: Callable[[], None]) -> Janitor | None:
    """Who deletes the weights that nobody needs any more; None where none are kept.

    Args:
        config: The run's configuration.
        scheduler: Who knows what is needed.
        folder: The run folder.
        secure: Makes sure that what was told is in the journal.
    """
    training = _training(config.evaluator)
    if training is None or not (training["keep_weights"] or training.get("checkpoint_every_epochs")):
        return None
    from nasray.models.checkpoints import Checkpoints  # two seconds of torch that tables do without

    store = store_of(folder)
    checkpoints = Checkpoints(store=store, folder=checkpoints_of(folder))
    return Janitor(live=scheduler.live, secure=secure, sweep=partial(checkpoints.sweep, delete=store.delete))


def _training(evaluator: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The section of an evaluator, or of one that it wraps, that can keep weights."""
    section: Mapping[str, Any] | None = evaluator
    while section is not None and "keep_weights" not in section:
        section = section.get("inner")
    return section
