"""Evaluation by looking up what others have measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, NotFinite, require
from nasray.core.fidelity import Fidelity
from nasray.core.measured_table import MeasuredTable
from nasray.core.measurement import NO_COST, Cost, Measurement, Split, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace

Measured = dict[tuple[tuple[int, ...], Fidelity | None], Measurement]
"""(genes, fidelity) -> its Measurement, made when first asked for: it is frozen, so that slots may share it."""

Extracted = tuple[NDArray[np.float64], NDArray[np.float64] | None]
"""A column of values, and one of seconds."""


@dataclass(kw_only=True)
class TableEvaluator:
    """Looks up a measured benchmark: an evaluation takes a microsecond instead of GPU hours.

    A proposal's fidelity chooses the column of that schedule; without one it is the column of ``epochs``. TEST is
    always read from the column of ``epochs``: it is for the winner, at full effort. Where the table has a column
    ``DATASET_seconds_EPOCHS``, it is the measurement's benchmark_seconds.

    Args:
        table: An open table.
        dataset: The part of the column names that says which data set, e.g. ``cifar10``.
        epochs: Full effort: the schedule that is read when a proposal does not ask for another; null for the longest.
        chunk_size: Most architectures to be looked up at once.
        columns: Further measured quantities of each architecture, by column name, e.g. ``hw_c10_fpga_latency_ms``;
            none that was measured on TEST, for a strategy sees them.
        columns_table: The open table that has them; null for the first one.
        asked: Further columns that the strategy trades off or keeps to.
        space: Whose architectures are looked up; needed where a row stands for all with the same canonical form.
    """

    table: MeasuredTable
    dataset: str
    epochs: int | None
    chunk_size: int
    columns: Sequence[str]
    columns_table: MeasuredTable | None
    asked: Sequence[str] = ()
    space: SearchSpace | None = None
    metric: str = field(init=False)
    _full: int = field(init=False, repr=False)
    _columns: dict[int, Extracted] = field(init=False, repr=False, compare=False, default_factory=dict[int, Extracted])
    _known: Measured = field(init=False, repr=False, compare=False, default_factory=Measured)

    def __post_init__(self) -> None:
        """Find every column that will be read, so that a wrong name fails before the search begins."""
        require(self.chunk_size >= 1, f"TableEvaluator chunk_size ({self.chunk_size}) must be at least 1")
        require(
            self.space is not None or not self.table.canonical,
            "TableEvaluator: a row of this table stands for many architectures; hand it the space that tells which",
        )
        self._full = self._longest() if self.epochs is None else self.epochs
        self.metric = self.table.objective(self._name(Split.VALID, self._full))
        self.columns = tuple(dict.fromkeys((*self.columns, *self.asked)))
        for name in self.columns:
            self._check_column(name)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without what can be made again from the table."""
        return {**self.__dict__, "_columns": {}, "_known": {}}

    @property
    def splits(self) -> frozenset[Split]:
        """The splits that were measured at full effort; without TEST, ``test`` raises."""
        return frozenset(split for split in Split if self._name(split, self._full) in self.table.names)

    @property
    def efforts(self) -> Sequence[int]:
        """Epochs that a proposal may ask for: the schedules up to full effort."""
        return [epochs for epochs in self._schedules() if epochs <= self._full]

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:  # noqa: ARG002 -- nothing is random
        """The VALID value of each proposal.

        Raises:
            DataError: The table lacks an architecture, though it should have all, or the schedule of a fidelity.
            LookupError: An incomplete table lacks an architecture: a failure of that candidate alone.
            NotFinite: One of the further columns has no value for an architecture; likewise.
        """
        try:
            return [self._known[one.architecture.genes, one.fidelity] for one in proposals]
        except KeyError:
            return self._looked_up(proposals)

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:  # noqa: ARG002 -- nothing is random
        """The TEST value of one proposal at full effort.

        Raises:
            DataError: The architecture is not in the table, or the table has no TEST (``splits`` says so before).
        """
        values = self.table.column(self._name(Split.TEST, self._full))
        return TestScore(float(values[self._rows([proposal.architecture])[0]]))

    def optimum(self) -> float:
        """The best VALID value in the table at full effort."""
        return float(self.table.column(self._name(Split.VALID, self._full)).max())

    def threshold(self, share: float) -> float:
        """The value that the top ``share`` of the table reaches: the ceil(share * N)-th best VALID, ties included.

        Args:
            share: Between 0 (exclusive) and 1, e.g. 0.001 for the top 0.1 %.

        Raises:
            ConfigError: The share is outside these bounds.
        """
        require(0 < share <= 1, f"share ({share}) must be above 0 and at most 1, e.g. 0.001 for the top 0.1 %")
        values = np.sort(self.table.column(self._name(Split.VALID, self._full)))[::-1]
        # 0.07 * 100 is a little above 7 in floating point and must not count as 8.
        return float(values[math.ceil(round(share * len(values), 6)) - 1])

    @property
    def _source(self) -> MeasuredTable:
        """The table that has the further columns."""
        return self.table if self.columns_table is None else self.columns_table

    def _measurable(self) -> list[str]:
        """Names of the columns that a search may see."""
        return [name for name in self._source.names if self._source.meaning(name).split is not Split.TEST]

    def _check_column(self, name: str) -> None:
        """Refuse a further column that there is not, or that no search may see."""
        require(
            name not in self._source.names or self._source.meaning(name).split is not Split.TEST,
            f"TableEvaluator columns ({name!r}) was measured on TEST, which no search may see: it is read for the "
            "winner alone; take it out of evaluator.columns, or name the column of another split",
        )
        known = self._measurable()
        near = ", ".join(get_close_matches(name, known, n=4, cutoff=0.0))
        require(
            name in known,
            f"TableEvaluator has no column {name!r}; the nearest of its {len(known)} are {near}: name one of them, or "
            "as columns_table the table that has it (latencies and energies of NAS-Bench-201's cells: "
            "evaluator=table_hardware)",
            DataError,
        )

    def _further(self, name: str, architecture: Architecture, row: int) -> float:  # noqa: ARG002 -- for who computes
        """A further column's value in a row of its table."""
        return float(self._source.column(name)[row])

    def _name(self, split: Split, epochs: int) -> str:
        """The name of a column."""
        return f"{self.dataset}_{split}_{epochs}"

    def _longest(self) -> int:
        """The longest schedule of the data set."""
        schedules = self._schedules()
        if not schedules:
            scored = sorted({name.partition("_valid_")[0] for name in self.table.names if "_valid_" in name})
            raise DataError(
                f"TableEvaluator dataset ({self.dataset!r}) is not in the table; it has {', '.join(scored)}"
            )
        return schedules[-1]

    def _schedules(self) -> list[int]:
        """Epochs of each schedule of the data set, rising."""
        ends = [name.removeprefix(f"{self.dataset}_{Split.VALID}_") for name in self.table.names]
        return sorted(int(end) for end in ends if end.isdecimal())

    def _rows(self, architectures: Sequence[Architecture]) -> list[int]:
        """Row of each architecture."""
        index = self.table.index
        if self.table.canonical and self.space is not None:
            architectures = [one if one.genes in index else self.space.canonical(one) for one in architectures]
        if isinstance(index, dict):
            try:
                return [index[one.genes] for one in architectures]
            except KeyError:  # the table says which one is unknown
                pass
        try:
            return self.table.rows(architectures).tolist()
        except DataError as error:
            if self.table.complete:
                raise
            raise LookupError(str(error)) from error

    def _looked_up(self, proposals: Sequence[Proposal]) -> list[Measurement]:
        """The Measurement of each proposal, remembered."""
        rows, found = self._rows([one.architecture for one in proposals]), list[Measurement]()
        for one, row in zip(proposals, rows, strict=True):
            key = (one.architecture.genes, one.fidelity)
            found.append(self._known.get(key) or self._known.setdefault(key, self._measurement(one, row)))
        return found

    def _measurement(self, proposal: Proposal, row: int) -> Measurement:
        """The Measurement of one row at the proposal's fidelity."""
        values, seconds = self._extracted(self._full if proposal.fidelity is None else proposal.fidelity.epochs)
        cost = Cost(benchmark_seconds=float(seconds[row])) if seconds is not None else NO_COST
        return Measurement(float(values[row]), cost, columns=self._columns_of(proposal.architecture, row))

    def _extracted(self, epochs: int) -> Extracted:
        """The VALID column of a schedule, and what it took to measure where the table has that."""
        if epochs not in self._columns:
            seconds = f"{self.dataset}_seconds_{epochs}"
            timed = seconds in self.table.names
            values = self.table.column(self._name(Split.VALID, epochs))
            self._columns[epochs] = (values, self.table.column(seconds) if timed else None)
        return self._columns[epochs]

    def _columns_of(self, architecture: Architecture, row: int) -> dict[str, float]:
        """The further columns of one architecture.

        Raises:
            NotFinite: It has no value in one of them.
        """
        if not self.columns:
            return {}
        at = row if self.columns_table is None else int(self.columns_table.rows([architecture])[0])
        found = {name: self._further(name, architecture, at) for name in self.columns}
        for name, value in found.items():
            if math.isnan(value):
                raise NotFinite(
                    f"column {name} has no value for architecture {architecture.key}: the source could not measure it; "
                    "take a column without gaps, or let such architectures fail"
                )
        return found
