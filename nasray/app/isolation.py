"""Whether evaluations that hang or end their process are kept out of the one that searches."""

from typing import Literal, Protocol, runtime_checkable

from nasray.app.cluster import executor_needs_ray
from nasray.app.schema import RunConfig
from nasray.core.errors import require
from nasray.core.evaluator import Evaluator

_DOES = {"hang": "hangs", "exit": "ends its process"}


@runtime_checkable
class Perilous(Protocol):
    """An evaluator that can do to its process what no ``except`` catches."""

    @property
    def peril(self) -> Literal["hang", "exit"] | None:
        """What becomes of its process; None where nothing does."""
        ...


def check_isolation(config: RunConfig, evaluator: Evaluator) -> None:
    """Refuse an evaluator that is known to hang or to end its process, where the search would not outlive that.

    Raises:
        ConfigError: It would do so in this process, or hang in a worker that nobody ends.
    """
    for wrapped in _chain(evaluator):
        if not isinstance(wrapped, Perilous) or wrapped.peril is None:
            continue
        does = f"evaluator {type(wrapped).__name__} {_DOES[wrapped.peril]} in some slots"
        require(
            executor_needs_ray(config),
            f"{does}, and the simulator would go with it, since it evaluates in its own process; set executor=tune, or "
            "choose another evaluator.kind",
        )
        require(
            wrapped.peril != "hang" or config.executor.get("time_limit_seconds") is not None,
            f"{does}, and executor.time_limit_seconds is null, so that nobody would end it; set it, e.g. "
            "executor.time_limit_seconds=10",
        )


def _chain(evaluator: Evaluator) -> list[Evaluator]:
    """An evaluator, the one it wraps, and so on."""
    inner = getattr(evaluator, "inner", None)
    return [evaluator, *([] if inner is None else _chain(inner))]
