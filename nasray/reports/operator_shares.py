"""Which operators the best cells are made of, beside all that were tried."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nasray.core.space import Graph
from nasray.reports.arm import Arm
from nasray.reports.cell_drawing import operator_style, operators_of


@dataclass(frozen=True, slots=True)
class OperatorShare:
    """How often one operator occurs.

    Attributes:
        name: The operator.
        style: Its CSS class.
        top: Its share of the operators of the best cells, 0 to 1.
        everything: Its share of the operators of all evaluated cells; None where the runs did not count them.
    """

    name: str
    style: str
    top: float
    everything: float | None


def operator_shares(arm: Arm, palette: Sequence[str]) -> list[OperatorShare]:
    """One row an operator, the commonest of the best cells first; empty where nothing can be drawn."""
    graphs = [cell.graph for cell in arm.top if cell.graph is not None]
    counted = Counter(name for graph in graphs for name in graph.operators)
    tried = _tried(arm)
    names = [name for name in palette if name in operators_of(graphs) or tried.get(name)]
    n_top, n_tried = sum(counted[name] for name in names), sum(tried[name] for name in names)
    rows = [
        OperatorShare(
            name,
            operator_style(name, palette),
            counted[name] / n_top if n_top else 0.0,
            tried[name] / n_tried if n_tried else None,
        )
        for name in names
    ]
    return sorted(rows, key=lambda row: (-row.top, row.name))


def palette_of(arms: Sequence[Arm]) -> list[str]:
    """All operators of a report in alphabetical order; the place of a name decides its colour."""
    graphs: list[Graph] = [cell.graph for arm in arms for cell in arm.top if cell.graph is not None]
    return sorted({*operators_of(graphs), *(name for arm in arms for name in _tried(arm))})


def _tried(arm: Arm) -> Counter[str]:
    """``operators`` of ``result.json``: how often each occurs in all evaluated cells, input and output left out."""
    counts = [run.result.get("operators") if run.result else None for run in arm.runs]
    if not all(counts):
        return Counter()
    return sum((Counter(each) for each in counts), Counter[str]())
