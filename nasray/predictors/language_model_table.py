"""LLM-PP as published: a language model estimates, given architectures that a benchmark has measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture, require
from nasray.core.measured_table import MeasuredTable, check_score, opened
from nasray.predictors.demonstrations import Choice, Demonstration, check_choice, pool_of, shown_for
from nasray.predictors.estimator import Estimator


@dataclass(kw_only=True)
class LanguageModelTable:
    """A language model that is shown rows of a table of the same space, and estimates other architectures.

    See ``Estimator`` for the paper and the prompt.

    Args:
        estimator: Asks.
        table: Open table of the space's architectures.
        column: What it measured; better when higher.
        where: A column that is 1 where a row may be shown; None for all rows.
        choice: Which of them are shown: ``random`` ones, ``stratified`` by value, or those ``nearest`` to each query.
        number: How many, at most; with 0 the model is asked without having seen any.
        seed: Of the random choice.

    Raises:
        CapabilityError: There is no open table, or the column is better when lower.
        ConfigError: The column was measured on TEST, no row may be shown, or the table is of another space.
        DataError: The table has no such column.
    """

    estimator: Estimator
    table: MeasuredTable | str
    column: str
    where: str | None
    choice: Choice
    number: int
    seed: int
    higher_is_better: bool = field(default=True, init=False)
    _pool: list[Demonstration] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Choose what is shown."""
        check_choice(self.choice, self.number, "LanguageModelTable")
        table = opened(self.table, "language_model_table")
        check_score(table, self.column, "LanguageModelTable")
        values = table.column(self.column)
        allowed = np.isfinite(values) & (True if self.where is None else table.column(self.where) == 1)
        require(bool(allowed.any()), f"LanguageModelTable where ({self.where}) leaves no row to show; choose another")
        known = [
            Demonstration(Architecture(genes), float(values[row])) for genes, row in table.index.items() if allowed[row]
        ]
        self._pool = pool_of(known, self.choice, self.number, self.seed)
        try:
            self.estimator.space.validate(known[0].architecture)
        except InvalidArchitecture as error:
            raise ConfigError(
                f"LanguageModelTable table has architectures of another space ({error}); choose one of the space that "
                "is searched"
            ) from error

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` estimates in the unit of the column.

        Raises:
            NasrayError: The model could not be asked.
        """
        shown = shown_for(architectures, self._pool, self.choice, self.number, self.estimator.space)
        return self.estimator.estimates(architectures, shown)
