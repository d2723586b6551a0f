"""Two predictors in one order: a coarse one for all members of a space, a fine one for the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.measured_table import MeasuredTable, opened
from nasray.core.predictor import Predictor
from nasray.core.space import SearchSpace
from nasray.predictors.relative_ranks import relative_ranks


@dataclass(kw_only=True)
class Reordered:
    """What the coarse predictor puts in its best share is ordered by the fine one, above all others.

    For scores that tell bad members from good ones, as zero-cost proxies do, beside one that tells good ones apart.
    Both rank all members of a table, so that a score does not depend on what else is asked; nothing else of the table
    is read.

    Args:
        space: Whose members they are.
        table: Open table that lists them.
        coarse: Orders all of them.
        fine: Orders the best.
        share: How many of them are the best, above 0 and at most 1.

    Raises:
        CapabilityError: There is no open table.
        ConfigError: The share is impossible.
    """

    space: SearchSpace
    table: MeasuredTable | str
    coarse: Predictor
    fine: Predictor
    share: float
    higher_is_better: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Order once."""
        require(0 < self.share <= 1, f"Reordered share ({self.share}) must be above 0 and at most 1")
        self._table = opened(self.table, "reordered")
        cells = [Architecture(tuple(genes)) for genes in self._table.index]
        signed = [one.predict(cells) * (1 if one.higher_is_better else -1) for one in (self.coarse, self.fine)]
        coarse, fine = (relative_ranks(one) for one in signed)
        self._scores = np.empty(len(cells))
        self._scores[self._table.rows(cells)] = np.where(coarse > 1 - self.share, 1 + fine, coarse)

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores: 0 to 1 by the coarse predictor, above 1 to 2 by the fine one.

        Raises:
            DataError: The table has no row for one of them.
        """
        return self._scores[self._table.rows(architectures)] if architectures else np.zeros(0)
