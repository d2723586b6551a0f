"""What the same cell reached on another task: the plainest transfer there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.core.measured_table import MeasuredTable, check_score, opened
from nasray.core.space import SearchSpace, TokenView, need


@dataclass(kw_only=True)
class TableLookup:
    """Looks an architecture up among the measurements of another task, operators translated by name.

    A control for trained predictors: with TransNAS-Bench-101's scenes and average pooling read as ``none`` it has a
    Kendall's tau of 0.625 on NAS-Bench-201, CIFAR-10 TEST.

    Args:
        space: Must offer TokenView with one token an operator.
        table: Open table of the other task.
        column: What is looked up; it must be better when higher.
        vocabulary: Operators of the table's space, in the order of its genes.
        replace: Operator of ``space`` that the table's space lacks -> the one that stands for it.

    Raises:
        CapabilityError: There is no open table, no tokens, or the column is better when lower.
        ConfigError: An operator cannot be translated, or the column was measured on TEST.
        DataError: The table has no such column.
    """

    space: SearchSpace
    table: MeasuredTable | str
    column: str
    vocabulary: Sequence[str]
    replace: Mapping[str, str]
    higher_is_better: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Translate the vocabulary."""
        self._table = opened(self.table, "table_lookup")
        check_score(self._table, self.column, "TableLookup")
        self._values = self._table.column(self.column)
        self._view = need(self.space, TokenView, "predictor table_lookup")
        names = [self.replace.get(name, name) for name in self._view.vocabulary()]
        unknown = [name for name in names if name not in self.vocabulary]
        if unknown:
            raise ConfigError(
                f"TableLookup cannot translate the operators {unknown}: the table's space has "
                f"{', '.join(self.vocabulary)}; say under replace which of these stands for each"
            )
        self._translated = [[*self.vocabulary].index(name) for name in names]

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` values of the column.

        Raises:
            DataError: The table has no row for one of them.
        """
        tokens = (self._view.to_tokens(one) for one in architectures)
        there = [Architecture(tuple(self._translated[token] for token in one)) for one in tokens]
        return self._values[self._table.rows(there)] if there else np.zeros(0)
