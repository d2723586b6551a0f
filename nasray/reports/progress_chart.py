"""The curves of a search as paths: what the chart's template needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.best_so_far import best_so_far, stack_curves
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.core.seeds import Streams
from nasray.reports.arm import Arm
from nasray.reports.axis import Axis
from nasray.reports.metric import count

_MOST_POINTS = 2_000  # candidates in the scatter
_MOST_COLUMNS = 300  # supports of a mean curve
_MOST_SEEDS = 8  # single curves behind the mean
_LOG_FROM = 2_000  # evaluations
_LARGE = 100_000


@dataclass(frozen=True, slots=True)
class Series:
    """One arm: the SVG paths of its mean, its interval, its single seeds; its candidates if there is one run."""

    label: str
    style: str
    line: str
    band: str
    seeds: tuple[str, ...]
    points: str
    below: str


@dataclass(frozen=True, slots=True)
class ProgressChart:
    """A chart of ``width`` by ``height`` pixels; labels come with their position."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    series: tuple[Series, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    lines: tuple[tuple[float, float, str], ...]
    n_below: int
    x_log: bool


@dataclass(frozen=True, slots=True)
class Curves:
    """What is drawn, as numbers.

    Attributes:
        arms: Their labels.
        curves: Per arm ``(S, T)`` best-so-far values or regrets, ``T`` the shortest run of the arm.
        scatter: ``(T,)`` values of all candidates when there is one run, else None.
        falling: Whether smaller is better (a regret).
        references: ``(number, label)`` of horizontal lines.
    """

    arms: tuple[str, ...]
    curves: tuple[NDArray[np.float64], ...]
    scatter: NDArray[np.float64] | None
    falling: bool
    references: tuple[tuple[float, str], ...]


def curves_of(arms: Sequence[Arm]) -> Curves:
    """Regrets where several runs share a known optimum that no value exceeds; the best so far otherwise."""
    runs = [run for arm in arms for run in arm.runs]
    single = runs[0] if len(runs) == 1 else None
    optima = {run.optimum["valid"] if run.optimum else None for run in runs}
    optimum = optima.pop() if len(optima) == 1 else None
    thresholds = {run.optimum.get("top_share_threshold") if run.optimum else None for run in runs}
    threshold = thresholds.pop() if len(thresholds) == 1 else None
    highest = max((run.best for run in runs if run.best is not None), default=-math.inf)
    falling = single is None and optimum is not None and highest <= optimum
    curves = tuple(stack_curves([best_so_far(run.values) for run in arm.runs]) for arm in arms)
    references: list[tuple[float, str]] = []
    if optimum is not None and not falling:
        references.append((optimum, "best of the space"))
    if threshold is not None:
        references.append((optimum - threshold if falling and optimum is not None else threshold, "top 0.1 %"))
    if falling and optimum is not None:
        curves = tuple(optimum - curve for curve in curves)
    scatter = single.values if single is not None else None
    return Curves(tuple(arm.label for arm in arms), curves, scatter, falling, tuple(references))


def draw_progress(data: Curves, width: float, height: float) -> ProgressChart:
    """Lay the chart out; a narrow one has fewer ticks."""
    left, right, top, bottom = 52.0, width - 10.0, 14.0, height - 40.0
    longest = max(curve.shape[1] for curve in data.curves)
    x = Axis(1, max(2, longest), left, right, log=longest >= _LOG_FROM)
    y = Axis(*_range(data), bottom, top)
    n_below = 0
    if data.scatter is not None:
        n_below = int((np.isfinite(data.scatter) & (data.scatter < y.low)).sum())
    return ProgressChart(
        width=width,
        height=height,
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        series=tuple(_series(data, index, x, y) for index in range(len(data.arms))),
        x_ticks=tuple((x(tick), count(tick)) for tick in _x_ticks(x, 8 if width > 600 else 4)),
        y_ticks=tuple((y(tick), _label(tick, y)) for tick in y.ticks(6)),
        lines=tuple(
            (y(at), y(at) + (-5 if label.startswith("best") or data.falling else 13), label)
            for at, label in data.references
            if y.low <= at <= y.high
        ),
        n_below=n_below,
        x_log=x.log,
    )


def _label(tick: float, y: Axis) -> str:
    """As many digits as tell ticks apart; large numbers, as hypervolumes are, with a power of ten: 6.2e7."""
    digits = math.ceil(-math.log10((y.high - y.low) / 6))
    if abs(tick) < _LARGE:
        return f"{tick:.{max(0, digits)}f}"
    mantissa, _, power = f"{tick:e}".partition("e")
    return f"{float(mantissa):.{max(0, int(power) + digits)}f}e{int(power)}"


def _x_ticks(x: Axis, most: int) -> list[float]:
    """Round numbers of evaluations; the first is number 1, for there is no number 0."""
    return sorted({1.0, *(tick for tick in x.ticks(most) if tick >= 1)})


def _range(data: Curves) -> tuple[float, float]:
    """The part of the y axis that matters: poor candidates and the first steps are cut off, and said to be."""
    if data.scatter is not None:
        finite = data.scatter[np.isfinite(data.scatter)]
        lows = [float(np.quantile(finite, 0.3))] if len(finite) else []
        highs = [float(finite.max())] if len(finite) else []
    else:
        tails = [curve[:, curve.shape[1] // 50 :] for curve in data.curves]
        finite = np.concatenate([tail[np.isfinite(tail)] for tail in tails])
        lows = [0.0 if data.falling else float(finite.min())] if len(finite) else []
        highs = [float(np.quantile(finite, 0.99))] if len(finite) else []
    numbers = [*lows, *highs, *(at for at, _ in data.references)]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    room = (high - low) * 0.06 or max(abs(high) * 0.01, 1e-6)
    return (low if data.falling else low - room), high + room


def _series(data: Curves, index: int, x: Axis, y: Axis) -> Series:
    curve = data.curves[index]
    style = f"s-{index % 6}"
    if len(curve) == 1:
        points = below = ""
        if data.scatter is not None:
            points, below = _scatter(data.scatter, x, y)
        return Series(data.arms[index], style, _steps(curve[0], x, y), "", (), points, below)
    columns = _columns(curve.shape[1], x.log)
    columns = columns[np.isfinite(curve[:, columns]).all(axis=0)]
    found = bootstrap_interval(curve[:, columns], Streams(0, "reports.progress").at(index))
    upper = _polyline(columns, found.high, x, y)
    lower = _polyline(columns[::-1], found.low[::-1], x, y)
    seeds = tuple(_steps(row, x, y) for row in curve) if len(curve) <= _MOST_SEEDS else ()
    band = f"M{upper}L{lower}Z" if len(columns) else ""
    line = f"M{_polyline(columns, found.mean, x, y)}" if len(columns) else ""
    return Series(data.arms[index], style, line, band, seeds, "", "")


def _columns(n: int, log: bool) -> NDArray[np.int64]:
    """At most a few hundred of n positions, evenly spaced on the axis, the last one included."""
    if n <= _MOST_COLUMNS:
        return np.arange(n)
    spaced = np.geomspace(1, n, _MOST_COLUMNS) if log else np.linspace(1, n, _MOST_COLUMNS)
    return np.unique(np.round(spaced).astype(np.int64)) - 1


def _polyline(columns: NDArray[np.int64], numbers: NDArray[np.float64], x: Axis, y: Axis) -> str:
    return "L".join(f"{x(at + 1):g} {y(number):g}" for at, number in zip(columns, numbers, strict=True))


def _steps(curve: NDArray[np.float64], x: Axis, y: Axis) -> str:
    """A step function: a corner where it changes, nothing in between."""
    known = np.flatnonzero(np.isfinite(curve))
    if not len(known):
        return ""
    start = int(known[0])
    path = f"M{x(start + 1):g} {y(curve[start]):g}"
    for at in (np.flatnonzero(np.diff(curve[start:])) + start + 1).tolist():
        path += f"H{x(at + 1):g}V{y(curve[at]):g}"
    return f"{path}H{x(len(curve)):g}"


def _scatter(values: NDArray[np.float64], x: Axis, y: Axis) -> tuple[str, str]:
    """Dots for candidates within the axis, marks on its rim for those below; every n-th when there are too many."""
    stride = math.ceil(len(values) / _MOST_POINTS)
    inside = below = ""
    for slot in range(0, len(values), stride):
        if values[slot] >= y.low:
            inside += f"M{x(slot + 1):g} {y(values[slot]):g}h0"
        elif math.isfinite(values[slot]):
            below += f"M{x(slot + 1):g} {y.start - 6:g}v6"
    return inside, below
