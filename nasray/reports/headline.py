"""The figures at the top of a report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.threshold import evaluations_to, reach
from nasray.core.seeds import Streams
from nasray.reports.arm import Arm
from nasray.reports.metric import NBSP, Metric, count, duration, plural, share, speed
from nasray.reports.run_view import RunView


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, what it is, what to know about it, and its uncertainty where it has one."""

    label: str
    figure: str
    note: str
    spread: str = ""


@dataclass(frozen=True, slots=True)
class ArmRow:
    """One arm in the table that compares arms."""

    label: str
    style: str
    seeds: int
    valid: str
    test: str
    controls: str
    evaluations: str
    reached: str
    wall: str


def tiles(arm: Arm, metric: Metric) -> list[Tile]:
    """The figures of one arm: VALID, TEST, random cells, evaluations, cost."""
    runs = arm.runs
    several = len(runs) > 1
    found = [_valid(runs, metric)]
    tested = [run.test for run in runs if run.test]
    if tested:
        note = f"95{NBSP}% interval over seeds" if len(tested) > 1 else "fetched once, after the search"
        found.append(Tile("TEST of the best", *_parts([test["best"] for test in tested], metric, note)))
        found.extend(_controls([control for test in tested for control in test["controls"]], metric))
    n, failed = sum(len(run.outcomes) for run in runs), sum(len(run.failures) for run in runs)
    stops = sorted({str(run.result["stopped"]) for run in runs if run.result})
    stop = f"ended by {' and '.join(stops)}" if stops else "not ended"
    found.append(
        Tile(
            "Evaluations",
            count(n),
            f"{plural(len(runs), 'seed')}, {failed} failed" if several else f"{failed} failed, {stop}",
        )
    )
    walls = [run.wall_seconds for run in runs if run.wall_seconds is not None]
    if walls:
        note = "mean of the runs" if several else f"{speed(n / max(*walls, 1e-9))} candidates a second"
        found.append(Tile("Wall time", duration(float(np.mean(walls))), note))
    return found


def compare(arms: Sequence[Arm], metric: Metric) -> list[ArmRow]:
    """One row an arm, in the order of the arms."""
    return [_row(arm, index, metric) for index, arm in enumerate(arms)]


def mean_of(values: Sequence[float], metric: Metric) -> str:
    """One value alone; the mean of several with half the width of its bootstrap interval."""
    figure, _, spread = _parts(values, metric, "")
    return f"{figure}{NBSP}±{NBSP}{spread}" if spread else figure


def _parts(values: Sequence[float], metric: Metric, note: str) -> tuple[str, str, str]:
    """The figure, the note, and half the width of the interval where there are seeds enough for one."""
    if not values:
        return "\u2013", note, ""
    if len(values) == 1:
        return metric.value(values[0]), note, ""
    found = bootstrap_interval(values, Streams(0, "reports.headline").at(0))
    return metric.value(float(found.mean)), note, metric.bare(float(found.high - found.low) / 2)


def _valid(runs: Sequence[RunView], metric: Metric) -> Tile:
    bests = [run.best for run in runs if run.best is not None]
    if len(runs) > 1:
        return Tile("VALID of the best", *_parts(bests, metric, f"95{NBSP}% interval over seeds"))
    if not bests:
        return Tile("VALID of the best", "\u2013", "nothing was measured")
    optimum, cell = runs[0].optimum, runs[0].top[0]
    note = f"slot {cell.slot}, {cell.operation}"
    if optimum and optimum["valid"] > bests[0]:
        note += f"; {metric.distance(optimum['valid'] - bests[0])} below the best there is"
    elif optimum:
        note += "; the best there is"
    return Tile("VALID of the best", metric.value(bests[0]), note)


def _controls(controls: Sequence[float], metric: Metric) -> list[Tile]:
    if not controls:
        return []
    if len(controls) == 1:
        return [Tile("TEST of a random cell", metric.value(controls[0]), "one cell, spread unknown")]
    figure, spread = metric.value(float(np.mean(controls))), metric.bare(float(np.std(controls, ddof=1)))
    return [Tile("TEST of random cells", figure, f"{plural(len(controls), 'cell')}, ± standard deviation", spread)]


def _row(arm: Arm, index: int, metric: Metric) -> ArmRow:
    tested = [run.test for run in arm.runs if run.test]
    controls = [control for test in tested for control in test["controls"]]
    lengths = sorted({len(run.outcomes) for run in arm.runs})
    walls = [run.wall_seconds for run in arm.runs if run.wall_seconds is not None]
    return ArmRow(
        label=arm.label,
        style=f"s-{index % 6}",
        seeds=len(arm.runs),
        valid=mean_of([run.best for run in arm.runs if run.best is not None], metric),
        test=mean_of([test["best"] for test in tested], metric),
        controls=metric.value(float(np.mean(controls))) if controls else "\u2013",
        evaluations=" to ".join(map(count, dict.fromkeys((lengths[0], lengths[-1])))),
        reached=reached(arm),
        wall=duration(float(np.mean(walls))) if walls else "\u2013",
    )


def reached(arm: Arm) -> str:
    """Evaluations until the top 0.1 % of the space: the median over all runs, and the share that did not get there."""
    thresholds = {run.optimum.get("top_share_threshold") if run.optimum else None for run in arm.runs}
    threshold = thresholds.pop() if len(thresholds) == 1 else None
    if threshold is None:
        return "\u2013"
    found = reach([evaluations_to(run.values, threshold) for run in arm.runs])
    budget = count(max(len(run.outcomes) for run in arm.runs))
    if found.censored == 1:
        return f"not within {budget}"
    median = count(found.median) if found.median is not None else f"more than {budget}"
    return median if not found.censored else f"{median} ({share(found.censored)} never)"
