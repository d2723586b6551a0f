"""Evaluation by looking up what others have measured."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.measurement import Measurement, Split, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


class MeasuredTable(Protocol):
    """What the evaluator asks of a table. Columns of scores are called ``DATASET_SPLIT_EPOCHS``."""

    index: Mapping[tuple[int, ...], int]

    def objective(self, name: str) -> str:
        """What column ``name`` measures, e.g. ``valid accuracy (%)``; DataError unless it can be maximised."""
        ...

    def column(self, name: str) -> NDArray[np.float64]:
        """``(N,)`` values of a column; DataError when there is none of that name."""
        ...

    def rows(self, architectures: Sequence[Architecture]) -> NDArray[np.int64]:
        """Row of each architecture; DataError that names the first unknown one."""
        ...


@dataclass(kw_only=True)
class TableEvaluator:
    """Looks up a measured benchmark: an evaluation takes a microsecond instead of GPU hours.

    A proposal's fidelity chooses the column of that schedule; without one it is the column of ``epochs``. TEST is
    always read from the column of ``epochs``: it is for the winner, at full effort.

    Args:
        table: An open table.
        dataset: The part of the column names that says which data set, e.g. ``cifar10``.
        epochs: Full effort: the schedule that is read when a proposal does not ask for another.
        chunk_size: Most architectures to be looked up at once.
    """

    table: MeasuredTable
    dataset: str
    epochs: int
    chunk_size: int
    metric: str = field(init=False)
    _measured: dict[int, list[Measurement]] = field(
        init=False, repr=False, compare=False, default_factory=dict[int, list[Measurement]]
    )

    def __post_init__(self) -> None:
        """Find the column of full effort, so that a wrong data set or schedule fails before the search begins."""
        require(self.chunk_size >= 1, f"TableEvaluator chunk_size ({self.chunk_size}) must be at least 1")
        self.metric = self.table.objective(self._name(Split.VALID, self.epochs))

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without what can be made again from the table."""
        return {**self.__dict__, "_measured": {}}

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:  # noqa: ARG002 -- nothing is random
        """The VALID value of each proposal.

        Raises:
            DataError: An architecture, or the schedule that its fidelity asks for, is not in the table.
        """
        index, full = self.table.index, self._column(self.epochs)
        try:
            rows = [index[one.architecture.genes] for one in proposals]
        except KeyError:  # the table says which one is unknown
            rows = self.table.rows([one.architecture for one in proposals]).tolist()
        return [
            (full if one.fidelity is None else self._column(one.fidelity.epochs))[row]
            for one, row in zip(proposals, rows, strict=True)
        ]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:  # noqa: ARG002 -- nothing is random
        """The TEST value of one proposal at full effort.

        Raises:
            DataError: The architecture, or the TEST column, is not in the table.
        """
        row = self.table.rows([proposal.architecture])[0]
        return TestScore(float(self.table.column(self._name(Split.TEST, self.epochs))[row]))

    def optimum(self) -> float:
        """The best VALID value in the table at full effort."""
        return max(one.value for one in self._column(self.epochs))

    def threshold(self, share: float) -> float:
        """The value that the top ``share`` of the table reaches: the ceil(share * N)-th best VALID, ties included.

        Args:
            share: Between 0 (exclusive) and 1, e.g. 0.001 for the top 0.1 %.

        Raises:
            ConfigError: The share is outside these bounds.
        """
        require(0 < share <= 1, f"share ({share}) must be above 0 and at most 1, e.g. 0.001 for the top 0.1 %")
        values = sorted((one.value for one in self._column(self.epochs)), reverse=True)
        # 0.07 * 100 is a little above 7 in floating point and must not count as 8.
        return values[math.ceil(round(share * len(values), 6)) - 1]

    def _name(self, split: Split, epochs: int) -> str:
        """The name of a column."""
        return f"{self.dataset}_{split}_{epochs}"

    def _column(self, epochs: int) -> list[Measurement]:
        """The VALID column of a schedule, row by row, made once: a Measurement is frozen, so slots may share it."""
        if epochs not in self._measured:
            values = self.table.column(self._name(Split.VALID, epochs))
            self._measured[epochs] = [Measurement(value) for value in values.tolist()]
        return self._measured[epochs]
