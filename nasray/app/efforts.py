"""Whether the evaluator measures at the epochs that a scheduler's rungs ask for."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from nasray.app.schema import RunConfig
from nasray.core.errors import require
from nasray.core.evaluator import Evaluator
from nasray.core.scheduler import Scheduler


@runtime_checkable
class Scheduled(Protocol):
    """An evaluator that measures at some numbers of epochs and not at others."""

    @property
    def efforts(self) -> Sequence[int]:
        """Epochs that a proposal may ask for, rising; none where every measurement is at full effort."""
        ...


def check_efforts(config: RunConfig, scheduler: Scheduler, evaluator: Evaluator) -> None:
    """Refuse rungs at which the evaluator cannot measure, such as those above its full effort.

    An evaluator says at which epochs it measures by ``efforts``, its own or that of the evaluator it wraps; others
    measure at any.

    Raises:
        ConfigError: A rung is not among them.
    """
    rungs: Sequence[int] = getattr(scheduler, "rungs", ())
    measuring = _measuring(evaluator)
    if not isinstance(measuring, Scheduled):
        return
    efforts = measuring.efforts
    keys = [f"scheduler.{key}" for key in config.scheduler or () if key == "rungs" or key.endswith("_epochs")]
    remedy = "choose among these, or give the evaluator more epochs" if len(efforts) > 1 else "use scheduler=never_stop"
    require(
        set(rungs) <= set(efforts),
        f"{', '.join(keys)} ({list(rungs)}) must be epochs at which evaluator {type(measuring).__name__} measures, up "
        f"to its full effort: {_said(efforts)}; {remedy}",
    )


def _measuring(evaluator: Any) -> Any:
    """The evaluator that says at which epochs it measures, wrapped or not; else the innermost one."""
    while not isinstance(evaluator, Scheduled) and (inner := getattr(evaluator, "inner", None)) is not None:
        evaluator = inner
    return evaluator


def _said(efforts: Sequence[int]) -> str:
    if isinstance(efforts, range) and len(efforts) > 1:
        return f"{efforts[0]} to {efforts[-1]}"
    return ", ".join(map(str, efforts)) or "that one only"
