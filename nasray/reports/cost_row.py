"""What a run took."""

from collections.abc import Sequence
from dataclasses import dataclass

from nasray.reports.asked import asked
from nasray.reports.metric import count, duration, speed
from nasray.reports.run_view import RunView

_UNKNOWN = "\u2013"


@dataclass(frozen=True, slots=True)
class CostRow:
    """The cost of one run, written out; what nobody measured, as in a simulated run, is a dash."""

    run_id: str
    seed: int
    evaluations: str
    wall: str
    worker: str
    busy: str
    speed: str
    benchmark: str
    asked: str


def cost_rows(runs: Sequence[RunView]) -> list[CostRow]:
    """One row a run."""
    return [_row(run) for run in runs]


def _row(run: RunView) -> CostRow:
    told = (run.result or {}).get("language_model")
    wall, cost, n = run.wall_seconds, run.cost, len(run.outcomes)
    return CostRow(
        run_id=run.run_id,
        seed=run.seed,
        evaluations=count(n),
        wall=duration(wall) if wall is not None else _UNKNOWN,
        worker=duration(cost.wall_seconds) if cost.wall_seconds else _UNKNOWN,
        busy=f"{cost.wall_seconds / wall:.2f}" if wall and cost.wall_seconds else _UNKNOWN,
        speed=speed(n / wall) if wall else _UNKNOWN,
        benchmark=duration(cost.benchmark_seconds) if cost.benchmark_seconds else _UNKNOWN,
        asked=asked(told) if told else "",
    )
