"""Zero-cost proxies as scores, as others published them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.measured_table import MeasuredTable, check_score, opened
from nasray.core.space import Prunable, SearchSpace, need
from nasray.predictors.zero_cost import FAILED


@dataclass(kw_only=True)
class PublishedZeroCost:
    """One column of a table of published scores.

    Krishnakumar et al. 2022, "NAS-Bench-Suite-Zero: Accelerating Research on Zero Cost Proxies",
    https://arxiv.org/abs/2210.03230. Most scores are of the cells without dead edges; a cell without a score has that
    of the cell that it is without them.

    Args:
        space: Must offer Prunable.
        table: Open table of published scores.
        column: What is read; it must be better when higher.

    Raises:
        CapabilityError: The space cannot be pruned, there is no open table, or the column is better when lower.
        ConfigError: The column was measured on TEST.
        DataError: The table has no such column.
    """

    space: SearchSpace
    table: MeasuredTable | str
    column: str
    higher_is_better: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Find the column."""
        self._view = need(self.space, Prunable, "predictor zero_cost_published")
        self._table = opened(self.table, "zero_cost_published")
        check_score(self._table, self.column, "PublishedZeroCost")
        self._values = self._table.column(self.column)

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores; -1e8 where none could be computed, as in the source.

        Raises:
            DataError: The table has no row for one of them.
        """
        found = self._values[self._table.rows(architectures)]
        missing = np.isnan(found)
        twins = [
            self._view.pruned(architecture) for architecture, gap in zip(architectures, missing, strict=True) if gap
        ]
        found[missing] = self._values[self._table.rows(twins)]
        return np.where(np.isnan(found), FAILED, found)
