"""What a report shows of a search with several objectives, or with bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.best_so_far import stack_curves
from nasray.analysis.hypervolume import hypervolume_curve
from nasray.analysis.trade_off import Loss, TradeOff
from nasray.core.measurement import Measurement
from nasray.core.objective import VALUE, Constraint
from nasray.reports.arm import Arm
from nasray.reports.cell import Cell
from nasray.reports.front_chart import ArmPoints, FrontChart, draw_front
from nasray.reports.metric import quantity, share
from nasray.reports.progress_chart import Curves, ProgressChart, draw_progress

_MOST_ROWS = 60
_MOST_COLUMNS = 6
_SIZES = (("wide", 960.0, 420.0), ("narrow", 380.0, 320.0))


@dataclass(frozen=True, slots=True)
class ArmFront:
    """The front of one arm, all its seeds together.

    Attributes:
        label: The arm.
        style: The CSS class of its colour.
        cells: Members of the front, best in the first objective first.
        n_more: Members that the table leaves out.
        several_seeds: Whether the table needs a column for the seed.
    """

    label: str
    style: str
    cells: tuple[Cell, ...]
    n_more: int
    several_seeds: bool


@dataclass(frozen=True, slots=True)
class FrontSection:
    """Fronts and hypervolumes.

    Attributes:
        charts: One entry a pair of objectives, each in two sizes.
        volumes: The hypervolume over evaluations, in two sizes.
        final: ``(arm, hypervolume after its last evaluation, number of seeds)``.
        reference: The corner in words.
        columns: Names of the table's columns, the objectives first.
        arms: Their fronts.
    """

    charts: tuple[tuple[tuple[str, FrontChart], ...], ...]
    volumes: tuple[tuple[str, ProgressChart], ...]
    final: tuple[tuple[str, str, int], ...]
    reference: str
    columns: tuple[str, ...]
    arms: tuple[ArmFront, ...]


def shared_trade_off(arms: Sequence[Arm]) -> TradeOff | None:
    """What the runs trade off, when those that trade anything off agree; a stated reference if all state the same."""
    found = [run.trade_off for arm in arms for run in arm.runs if run.trade_off.objectives]
    if len({replace(one, reference=None) for one in found}) != 1:
        return None
    references = {one.reference for one in found}
    return replace(found[0], reference=references.pop() if len(references) == 1 else None)


def front_section(arms: Sequence[Arm]) -> FrontSection | None:
    """Fronts of all arms under the same objectives; None where there are none, or nothing feasible.

    A strategy with one objective is shown beside the others where its evaluator measured the same columns.
    """
    trade_off = shared_trade_off(arms)
    if trade_off is None:
        return None
    named = [(arm, f"s-{index % 6}") for index, arm in enumerate(arms) if _measures(arm, trade_off)]
    losses = {arm.label: [trade_off.losses(run.outcomes) for run in arm.runs] for arm, _ in named}
    known = [loss for runs in losses.values() for run in runs for loss in run if loss is not None]
    named = [(arm, style) for arm, style in named if any(any(run) for run in losses[arm.label])]
    if not known:
        return None
    corner = trade_off.corner(known)
    points = [_points(arm, style, trade_off, losses[arm.label]) for arm, style in named]
    pairs = combinations(range(len(trade_off.objectives)), 2)
    fronts = tuple(_front(arm, style, trade_off) for arm, style in named)
    curves = {arm.label: _volumes(losses[arm.label], corner) for arm, _ in named}
    return FrontSection(
        charts=tuple(
            tuple((name, draw_front(points, trade_off, pair, width, height)) for name, width, height in _SIZES)
            for pair in pairs
        ),
        volumes=_volume_charts(curves),
        final=tuple((label, f"{float(curve[:, -1].mean()):.4g}", len(curve)) for label, curve in curves.items()),
        reference=_in_words(trade_off, corner),
        columns=_columns(trade_off, fronts),
        arms=fronts,
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """The constraints of one arm in words, and the share of its measured candidates that keeps them all."""

    label: str
    rules: tuple[str, ...]
    share: str


def bounds_of(arms: Sequence[Arm]) -> list[Bounds]:
    """One entry for every arm that has constraints."""
    found: list[Bounds] = []
    for arm in arms:
        shares = [run.feasible_share for run in arm.runs if run.feasible_share is not None]
        constraints = arm.runs[0].trade_off.constraints
        if constraints and shares:
            rules = tuple(_rule(constraint) for constraint in constraints)
            found.append(Bounds(arm.label, rules, share(float(np.mean(shares)))))
    return found


def _rule(constraint: Constraint) -> str:
    low = "" if constraint.at_least is None else f"at least {quantity(constraint.at_least)}"
    high = "" if constraint.at_most is None else f"at most {quantity(constraint.at_most)}"
    return f"{constraint.column.replace('_', ' ')} {' and '.join(filter(None, (low, high)))}"


def _measures(arm: Arm, trade_off: TradeOff) -> bool:
    """Whether every measurement of an arm has the columns that the front and the bounds are made of."""
    names = {one.column for one in (*trade_off.objectives, *trade_off.constraints)} - {VALUE}
    results = [one.result for run in arm.runs for one in run.outcomes]
    return all(names <= one.columns.keys() for one in results if isinstance(one, Measurement))


def _points(arm: Arm, style: str, trade_off: TradeOff, losses: Sequence[Sequence[Loss | None]]) -> ArmPoints:
    outcomes = [outcome for run in arm.runs for outcome in run.outcomes]
    front = [trade_off.loss(outcome) for outcome in trade_off.front(outcomes)]
    candidates = [loss for run in losses for loss in run if loss is not None]
    return ArmPoints(arm.label, style, np.array(candidates), np.array(front, dtype=np.float64))


def _front(arm: Arm, style: str, trade_off: TradeOff) -> ArmFront:
    seeds = {id(outcome): run for run in arm.runs for outcome in run.outcomes}
    texts = {
        (run.seed, row["slot"]): row["text"]
        for run in arm.runs
        for row in ((run.result or {}).get("front") or (run.result or {}).get("top", []))
    }
    cells: list[Cell] = []
    for outcome in trade_off.front([outcome for run in arm.runs for outcome in run.outcomes]):
        cell = Cell.from_outcome(outcome, seeds[id(outcome)].seed)
        cells.append(replace(cell, text=texts.get((cell.seed, cell.slot), cell.text)))
    return ArmFront(arm.label, style, tuple(cells[:_MOST_ROWS]), max(0, len(cells) - _MOST_ROWS), len(arm.runs) > 1)


def _columns(trade_off: TradeOff, fronts: Sequence[ArmFront]) -> tuple[str, ...]:
    objectives = [one.column for one in trade_off.objectives if one.column != VALUE]
    others = sorted({name for front in fronts for cell in front.cells for name in cell.columns} - set(objectives))
    return tuple((*objectives, *others)[:_MOST_COLUMNS])


def _volumes(losses: Sequence[Sequence[Loss | None]], corner: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(S, T)`` hypervolumes over evaluations."""
    return stack_curves([hypervolume_curve(run, corner) for run in losses])


def _volume_charts(curves: dict[str, NDArray[np.float64]]) -> tuple[tuple[str, ProgressChart], ...]:
    data = Curves(tuple(curves), tuple(curves.values()), None, False, ())
    return tuple((name, draw_progress(data, width, height - 60)) for name, width, height in _SIZES)


def _in_words(trade_off: TradeOff, corner: NDArray[np.float64]) -> str:
    numbers = trade_off.in_units(corner.tolist())
    parts = [
        f"{one.column.replace('_', ' ')} {quantity(number)}"
        for one, number in zip(trade_off.objectives, numbers, strict=True)
    ]
    whence = "as configured" if trade_off.reference is not None else "the worst feasible values of all runs shown here"
    return f"{', '.join(parts)} ({whence})"
