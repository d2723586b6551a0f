"""Two objectives against each other: what the chart's template needs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.trade_off import TradeOff
from nasray.reports.axis import Axis
from nasray.reports.metric import quantity

_MOST_POINTS = 2_000  # candidates of one arm
_SHOWN = 0.9  # of the candidates along each axis, the front always


@dataclass(frozen=True, slots=True)
class FrontSeries:
    """One arm: the SVG paths of its candidates, of its front's points, and of the line through them."""

    label: str
    style: str
    dots: str
    points: str
    line: str


@dataclass(frozen=True, slots=True)
class FrontChart:
    """A chart of ``width`` by ``height`` pixels; labels come with their position."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_title: str
    y_title: str
    series: tuple[FrontSeries, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    n_outside: int


@dataclass(frozen=True, slots=True)
class ArmPoints:
    """What is drawn of one arm, as losses.

    Attributes:
        label: The arm.
        style: The CSS class of its colour.
        candidates: ``(N, M)`` all feasible candidates.
        front: ``(K, M)`` those that no other one dominates.
    """

    label: str
    style: str
    candidates: NDArray[np.float64]
    front: NDArray[np.float64]


def draw_front(
    arms: Sequence[ArmPoints], trade_off: TradeOff, pair: tuple[int, int], width: float, height: float
) -> FrontChart:
    """Lay out one pair of objectives, the first upwards and the second to the right, in their own units.

    With two objectives a line shows what the front covers; with more, a pair is a shadow of it and has points only.
    """
    up, across = pair
    left, right, top, bottom = 64.0, width - 14.0, 14.0, height - 44.0
    x = Axis(*_range(arms, trade_off, across), left, right)
    y = Axis(*_range(arms, trade_off, up), bottom, top)
    drawn = [_series(arm, trade_off, pair, x, y) for arm in arms]
    return FrontChart(
        width=width,
        height=height,
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        x_title=_title(trade_off, across),
        y_title=_title(trade_off, up),
        series=tuple(series for series, _ in drawn),
        x_ticks=tuple((x(tick), quantity(tick)) for tick in x.ticks(6 if width > 600 else 3)),
        y_ticks=tuple((y(tick), quantity(tick)) for tick in y.ticks(6)),
        n_outside=sum(outside for _, outside in drawn),
    )


def _title(trade_off: TradeOff, index: int) -> str:
    objective = trade_off.objectives[index]
    better = "higher" if objective.direction == "maximize" else "lower"
    return f"{objective.column.replace('_', ' ')} ({better} is better)"


def _units(trade_off: TradeOff, index: int) -> float:
    """What turns a loss into the objective's own number."""
    return -1.0 if trade_off.objectives[index].direction == "maximize" else 1.0


def _range(arms: Sequence[ArmPoints], trade_off: TradeOff, index: int) -> tuple[float, float]:
    """From the best to where most candidates and every front end, in own units."""
    losses = np.concatenate([arm.candidates[:, index] for arm in arms])
    fronts = np.concatenate([arm.front[:, index] for arm in arms])
    ends = np.array([losses.min(), max(float(np.quantile(losses, _SHOWN)), float(fronts.max()))])
    low, high = sorted((ends * _units(trade_off, index)).tolist())
    room = (high - low) * 0.06 or max(abs(high) * 0.01, 1e-6)
    return low - room, high + room


def _series(arm: ArmPoints, trade_off: TradeOff, pair: tuple[int, int], x: Axis, y: Axis) -> tuple[FrontSeries, int]:
    up, across = pair
    to_x, to_y = _units(trade_off, across), _units(trade_off, up)

    def places(losses: NDArray[np.float64]) -> list[tuple[float, float]]:
        return [(float(loss[across]) * to_x, float(loss[up]) * to_y) for loss in losses]

    candidates = places(arm.candidates)
    inside = [(a, b) for a, b in candidates if x.low <= a <= x.high and y.low <= b <= y.high]
    stride = max(1, math.ceil(len(inside) / _MOST_POINTS))
    dots = "".join(f"M{x(a):g} {y(b):g}h0" for a, b in inside[::stride])
    front = places(arm.front[np.argsort(arm.front[:, across], kind="stable")])
    points = "".join(f"M{x(a):g} {y(b):g}h0" for a, b in front)
    line = ""
    if len(trade_off.objectives) == 2 and front:
        line = f"M{x(front[0][0]):g} {y(front[0][1]):g}" + "".join(f"H{x(a):g}V{y(b):g}" for a, b in front[1:])
    return FrontSeries(arm.label, arm.style, dots, points, line), len(candidates) - len(inside)
