"""What a report shows of one arm below the figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from nasray.reports.arm import Arm
from nasray.reports.cell import Cell
from nasray.reports.cell_drawing import CellDrawing, draw_cell
from nasray.reports.metric import share
from nasray.reports.operator_shares import OperatorShare, operator_shares

_DRAWN = 6
_MOST_COLUMNS = 5
_RATES = (
    ("repaired", "Repaired", "proposals that broke a rule of the space and were repaired before they were evaluated"),
    ("duplicate_strings", "Repeated", "proposals whose string had been proposed before"),
    (
        "duplicate_canonical",
        "Equivalent",
        "proposals that compute the same function as an earlier one, strings included",
    ),
    ("failed", "Failed", "candidates that could not be measured"),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of the proposals: its name, its figure, its definition."""

    name: str
    figure: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ArmSection:
    """Everything about one arm that is not a curve.

    Attributes:
        label: The arm.
        style: The CSS class of its colour.
        drawings: Its best distinct cells that can be drawn, with the pictures.
        cells: Its top-k table.
        columns: Names of the further columns of that table.
        shares: Its operators.
        rates: Its validity, duplicates, failures.
        several_seeds: Whether the table needs a column for the seed.
    """

    label: str
    style: str
    drawings: tuple[tuple[Cell, CellDrawing], ...]
    cells: tuple[Cell, ...]
    columns: tuple[str, ...]
    shares: tuple[OperatorShare, ...]
    rates: tuple[Rate, ...]
    several_seeds: bool


def section_of(arm: Arm, index: int, palette: Sequence[str], n_arms: int) -> ArmSection:
    """The section of the ``index``-th arm; with several arms each has fewer pictures."""
    cells = arm.top
    distinct = {cell.text: cell for cell in reversed(cells)}
    drawn = sorted(distinct.values(), key=cells.index)[: _DRAWN if n_arms == 1 else _DRAWN // 2]
    return ArmSection(
        label=arm.label,
        style=f"s-{index % 6}",
        drawings=tuple((cell, draw_cell(cell.graph, palette)) for cell in drawn if cell.graph is not None),
        cells=tuple(cells),
        columns=_columns(cells),
        shares=tuple(operator_shares(arm, palette)),
        rates=_rates(arm),
        several_seeds=len(arm.runs) > 1,
    )


def _columns(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Names of further measured quantities, parameters first."""
    names = {name for cell in cells for name in cell.columns}
    return tuple(sorted(names, key=lambda name: (name != "parameters", name))[:_MOST_COLUMNS])


def _rates(arm: Arm) -> tuple[Rate, ...]:
    """The mean over the runs of each rate that all of them know; validity is what was not repaired."""
    known: dict[str, float] = {}
    for name, _, _ in _RATES:
        found = [run.rates[name] for run in arm.runs if run.rates.get(name) is not None]
        if found and len(found) == len(arm.runs):
            known[name] = sum(found) / len(found)
    rates = [Rate(label, share(known[name]), meaning) for name, label, meaning in _RATES if name in known]
    if "repaired" in known:
        rates.insert(
            0, Rate("Valid", share(1 - known["repaired"]), "proposals that were members of the space as they came")
        )
    return tuple(rates)
