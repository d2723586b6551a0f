"""What a report wants to know about one run."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.trade_off import NOTHING, TradeOff
from nasray.core.measurement import NO_COST, Cost, Failure, Outcome
from nasray.records.run_folder import RunFolder
from nasray.reports.agreement import check_archive
from nasray.reports.cell import Cell
from nasray.reports.metric import Metric

_TOP_OF_UNFINISHED = 15


@dataclass(frozen=True)
class RunView:
    """A run folder, read once.

    Attributes:
        path: The folder, as it was named.
        manifest: What was asked for.
        result: What came of it; None while the run is unfinished.
        outcomes: What the strategy was told, in slot order.
    """

    path: str
    manifest: Mapping[str, Any]
    result: Mapping[str, Any] | None
    outcomes: tuple[Outcome, ...]

    @classmethod
    def read(cls, folder: RunFolder) -> "RunView":
        """Read everything.

        Raises:
            RecordError: The journal or the result is missing, damaged, newer than this nasray, or the two disagree.
        """
        result, outcomes = folder.result, tuple(folder.outcomes())
        if result is not None:
            check_archive(folder.path, result, outcomes)
        return cls(folder.path.as_posix(), folder.manifest, result, outcomes)

    @property
    def run_id(self) -> str:
        """Its name."""
        return self.manifest["run_id"]

    @property
    def seed(self) -> int:
        """Its root seed."""
        return self.manifest["seed"]

    @property
    def metric(self) -> Metric:
        """What was measured."""
        return Metric(self.manifest["metric"])

    @property
    def values(self) -> NDArray[np.float64]:
        """``(T,)`` VALID values in slot order; minus infinity for a failure and for what breaks a constraint."""
        known = [each.value if not self.trade_off.violation(each) else -math.inf for each in self.outcomes]
        return np.array(known, dtype=np.float64)

    @cached_property
    def trade_off(self) -> TradeOff:
        """Its objectives, if there are several, and its constraints."""
        stated = self.manifest.get("trade_off")
        return TradeOff.from_json(stated) if stated else NOTHING

    @property
    def feasible_share(self) -> float | None:
        """Which share of the measured candidates keeps the constraints; None without constraints or candidates."""
        measured = [each for each in self.outcomes if math.isfinite(each.value)]
        if not self.trade_off.constraints or not measured:
            return None
        return sum(not self.trade_off.violation(each) for each in measured) / len(measured)

    @property
    def failures(self) -> list[tuple[Outcome, Failure]]:
        """The candidates that could not be measured, in slot order."""
        return [(each, each.result) for each in self.outcomes if isinstance(each.result, Failure)]

    @property
    def top(self) -> list[Cell]:
        """The best architectures, best first, the earlier one of two equals first."""
        if self.result is not None:
            return [Cell.from_result(data, self.seed) for data in self.result["top"]]
        measured = [each for each in self.outcomes if math.isfinite(each.value)]
        measured.sort(key=lambda each: (self.trade_off.violation(each), -each.value, each.proposal.slot))
        return [Cell.from_outcome(each, self.seed) for each in measured[:_TOP_OF_UNFINISHED]]

    @property
    def best(self) -> float | None:
        """The best VALID value; None when nothing was measured."""
        return self.top[0].value if self.top else None

    @property
    def test(self) -> Mapping[str, Any] | None:
        """TEST of the best cell and of the random controls."""
        return self.result.get("test") if self.result else None

    @property
    def optimum(self) -> Mapping[str, Any] | None:
        """What the whole space holds, where that is known."""
        return self.result.get("optimum") if self.result else None

    @property
    def wall_seconds(self) -> float | None:
        """How long the search took; None while it is unfinished."""
        return self.result["wall_seconds"] if self.result else None

    @property
    def cost(self) -> Cost:
        """What all its evaluations took together."""
        return sum((each.result.cost for each in self.outcomes), NO_COST)

    @property
    def rates(self) -> Mapping[str, float]:
        """Shares of the proposals that were repaired, repeated or failed; canonical forms are known at the end."""
        if self.result is not None:
            return self.result.get("rates", {})
        n = len(self.outcomes)
        if not n:
            return {}
        genes = Counter(each.proposal.architecture for each in self.outcomes)
        return {
            "repaired": sum(each.proposal.raw is not None for each in self.outcomes) / n,
            "duplicate_strings": 1 - len(genes) / n,
            "failed": len(self.failures) / n,
        }
