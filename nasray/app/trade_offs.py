"""What a composed strategy trades off, and whether its evaluator measures that."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasray.analysis.trade_off import TradeOff
from nasray.app.wording import nearest
from nasray.core.errors import CapabilityError, require
from nasray.core.evaluator import Evaluator
from nasray.core.measured_table import MeasuredTable
from nasray.core.objective import VALUE, Constraint, MultiObjective
from nasray.core.strategy import Strategy


def trade_off_of(strategy: Strategy) -> TradeOff:
    """Objectives and constraints of a strategy and of all that it wraps; without objectives where there is one only."""
    parts = chain(strategy)
    several = next((one for one in parts if isinstance(one, MultiObjective)), None)
    constraints: list[Constraint] = [bound for one in parts for bound in getattr(one, "constraints", ())]
    reference: Sequence[float] | None = getattr(several, "reference", None)
    return TradeOff(
        objectives=tuple(several.objectives) if several else (),
        constraints=tuple(constraints),
        reference=None if reference is None else tuple(reference),
    )


def asked_columns(trade_off: TradeOff) -> tuple[str, ...]:
    """What must be measured besides the value."""
    names = (one.column for one in (*trade_off.objectives, *trade_off.constraints))
    return tuple(dict.fromkeys(name for name in names if name != VALUE))


def check_columns(trade_off: TradeOff, evaluator: Evaluator) -> None:
    """Refuse objectives and constraints that cannot be measured, where the evaluator says what it measures.

    An evaluator says so by an attribute ``columns``, its own or that of the evaluator it wraps. Of others a missing
    column is known at the first outcome.

    Raises:
        CapabilityError: A column is not among those.
    """
    said: list[Sequence[str]] = [one.columns for one in chain(evaluator) if hasattr(one, "columns")]
    if not said:
        return
    measured = (VALUE, *said[0])
    known = ", ".join(measured)
    for one in (*trade_off.objectives, *trade_off.constraints):
        require(
            one.column in measured,
            f"strategy: the evaluator measures no column {one.column!r}{nearest(one.column, measured)}; it measures: "
            f"{known}. Name one of them in the "
            "objectives and constraints, or add the column to the evaluator (the tables of NAS-Bench-201 have "
            "latencies and energies: evaluator=table_hardware)",
            CapabilityError,
        )


def check_bounds(trade_off: TradeOff, tables: Mapping[str, MeasuredTable]) -> None:
    """Refuse constraints on a table's columns that none of its rows keeps.

    Raises:
        ConfigError: The search could find nothing.
    """
    for name, table in tables.items():
        bounds = [one for one in trade_off.constraints if one.column in table.names]
        if not bounds:
            continue
        found = np.array([table.column(one.column) for one in bounds])
        measured = found[:, np.isfinite(found).all(axis=0)].T.tolist()
        require(
            any(not any(one.missed(value) for one, value in zip(bounds, row, strict=True)) for row in measured),
            f"strategy: no row of table {name} keeps the constraints on {', '.join(one.column for one in bounds)}; "
            f"there is {'; '.join(_range(one.column, table) for one in bounds)}: loosen or drop one of them",
        )


def _range(column: str, table: MeasuredTable) -> str:
    found = table.column(column)
    return f"{column} from {np.nanmin(found):.4g} to {np.nanmax(found):.4g}"


def chain(part: Any) -> list[Any]:
    """A part, the one it wraps, and so on."""
    parts = [part]
    while (inner := getattr(parts[-1], "inner", None)) is not None:
        parts.append(inner)
    return parts
