"""Published zero-cost scores, added up by rank: what a trained predictor must beat."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.graph_batch import GraphBatch
from nasray.core.measured_table import MeasuredTable, check_score, opened
from nasray.core.predictor import Predictor
from nasray.core.space import GraphView, SearchSpace, need
from nasray.predictors.live_operators import live_operators
from nasray.predictors.relative_ranks import relative_ranks


@dataclass(kw_only=True)
class RankSum:
    """The mean of an architecture's relative ranks in several columns of a table; no label, no training.

    A rank counts among all rows of the table, so that a score does not depend on what else is asked. Where a column
    has no number for an architecture, it gets that of its twin without the dead operators; without a twin, rank 0.

    Args:
        space: Must offer GraphView: twins are found by it.
        table: Open table of published scores.
        columns: Names of columns, each better when higher.
        predictors: Whose scores of the table's architectures are ranked beside the columns.

    Raises:
        CapabilityError: There is no open table, or a column is better when lower.
        ConfigError: Neither columns nor predictors are named, or a column was measured on TEST.
        DataError: The table has no such column.
    """

    space: SearchSpace
    table: MeasuredTable | str
    columns: Sequence[str]
    predictors: Sequence[Predictor]
    higher_is_better: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Rank once."""
        require(
            len(self.columns) + len(self.predictors) > 0,
            "RankSum has neither columns nor predictors; name at least one column of the table",
        )
        self._table = opened(self.table, "rank_sum")
        for name in self.columns:
            check_score(self._table, name, "RankSum")
        view = need(self.space, GraphView, "predictor rank_sum")
        cells = [Architecture(tuple(genes)) for genes in self._table.index]
        graphs = GraphBatch.of([view.graph(one) for one in cells], tuple(view.operator_descriptions()))
        twins = live_operators(graphs, view.operator_descriptions())
        rows = self._table.rows(cells)
        ranks = [relative_ranks(_filled(self._table.column(name)[rows], twins)) for name in self.columns]
        for one in self.predictors:
            ranks.append(relative_ranks(one.predict(cells) * (1 if one.higher_is_better else -1)))
        self._scores = np.empty(len(cells))
        self._scores[rows] = np.mean(ranks, axis=0)

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` mean ranks, 0 to 1.

        Raises:
            DataError: The table has no row for one of them.
        """
        return self._scores[self._table.rows(architectures)] if architectures else np.zeros(0)


def _filled(values: NDArray[np.float64], twins: NDArray[np.int64]) -> NDArray[np.float64]:
    """``(A,)`` values, gaps filled with the mean of those in the same class of ``(A,)`` twins; NaN without any."""
    known = np.isfinite(values)
    n = np.bincount(twins[known], minlength=twins.max(initial=0) + 1)
    total = np.bincount(twins[known], weights=values[known], minlength=len(n))
    means = np.divide(total, n, out=np.full(len(n), np.nan), where=n > 0)
    return np.where(known, values, means[twins])
