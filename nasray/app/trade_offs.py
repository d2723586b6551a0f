"""What a composed strategy trades off, and whether its evaluator measures that."""

from collections.abc import Sequence
from typing import Any

from nasray.analysis.trade_off import TradeOff
from nasray.core.errors import CapabilityError, require
from nasray.core.evaluator import Evaluator
from nasray.core.objective import VALUE, Constraint, MultiObjective
from nasray.core.strategy import Strategy


def trade_off_of(strategy: Strategy) -> TradeOff:
    """Objectives and constraints of a strategy and of all that it wraps; without objectives where there is one only."""
    chain = _chain(strategy)
    several = next((one for one in chain if isinstance(one, MultiObjective)), None)
    constraints: list[Constraint] = [bound for one in chain for bound in getattr(one, "constraints", ())]
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
    said: list[Sequence[str]] = [one.columns for one in _chain(evaluator) if hasattr(one, "columns")]
    if not said:
        return
    measured = (VALUE, *said[0])
    known = ", ".join(measured)
    for one in (*trade_off.objectives, *trade_off.constraints):
        require(
            one.column in measured,
            f"strategy: the evaluator measures no column {one.column!r}; it measures: {known}. Name one of them in the "
            "objectives and constraints, or add the column to the evaluator (the tables of NAS-Bench-201 have "
            "latencies and energies: evaluator=table_hardware)",
            CapabilityError,
        )


def _chain(part: Any) -> list[Any]:
    """A part, the one it wraps, and so on."""
    chain = [part]
    while (inner := getattr(chain[-1], "inner", None)) is not None:
        chain.append(inner)
    return chain
