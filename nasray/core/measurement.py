"""What came of an evaluation. VALID and TEST are different types, so that no strategy can be handed TEST."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from nasray.core.errors import NotFinite, require
from nasray.core.proposal import Proposal

FailureKind = Literal["exception", "timeout", "worker_died", "out_of_memory", "not_finite"]


class Split(StrEnum):
    """The part of a data set that a number was measured on."""

    VALID = "valid"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an evaluation took. Never part of the archive's hash.

    Attributes:
        wall_seconds: Measured here, by the worker.
        benchmark_seconds: What the same measurement cost those who published it; the simulator's clock runs on it.
    """

    wall_seconds: float = 0.0
    benchmark_seconds: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a cost that cannot be added up or written down.

        Raises:
            NotFinite: One of the numbers is NaN, infinite or negative.
        """
        for name in ("wall_seconds", "benchmark_seconds"):
            value = getattr(self, name)
            require(0 <= value < math.inf, f"cost {name} ({value}) must be finite and at least 0", NotFinite)

    def __add__(self, other: "Cost") -> "Cost":
        """Costs add up, field by field."""
        return Cost(self.wall_seconds + other.wall_seconds, self.benchmark_seconds + other.benchmark_seconds)


NO_COST = Cost()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A score on the VALID split.

    Attributes:
        value: The objective; higher is better, always (an evaluator negates a loss and names its metric so).
        cost: What it took.
        curve: ``(epoch, value)`` pairs reported on the way, if any.
        columns: Further measured quantities by name (``parameters``, ``latency_ms``, …), for constraints and fronts.
        host: Where it was measured; never part of the archive's hash.
    """

    value: float
    cost: Cost = NO_COST
    curve: tuple[tuple[int, float], ...] = ()
    columns: Mapping[str, float] = field(default_factory=dict[str, float])
    host: str = ""

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be ranked or written down; take numpy's floats as Python's.

        Raises:
            NotFinite: One of the numbers is NaN or infinite.
        """
        if type(self.value) is not float:
            object.__setattr__(self, "value", float(self.value))
        if not math.isfinite(self.value):
            raise NotFinite(f"a measured value ({self.value}) must be finite; report a Failure instead")
        if self.curve or self.columns:
            named = {**self.columns, **{f"curve at epoch {epoch}": value for epoch, value in self.curve}}
            wrong = [f"{name} ({value})" for name, value in named.items() if not math.isfinite(value)]
            require(not wrong, f"measured {', '.join(wrong)} must be finite; leave out what is not", NotFinite)


@dataclass(frozen=True, slots=True)
class TestScore:
    """A score on the TEST split: fetched once, by ``app``, after the search has ended.

    Attributes:
        value: Same metric and direction as the Measurement of the same evaluator.
        cost: What it took.
    """

    __test__ = False  # pytest collects classes by name

    value: float
    cost: Cost = NO_COST


@dataclass(frozen=True, slots=True)
class Failure:
    """A candidate that could not be measured: a record with its traceback, never a number.

    Attributes:
        kind: What went wrong.
        message: One line for tables.
        traceback: The whole story, for people.
        cost: What it took until it failed.
        host: Where it failed.
    """

    kind: FailureKind
    message: str
    traceback: str = ""
    cost: Cost = NO_COST
    host: str = ""


Result = Measurement | Failure


class Outcome(NamedTuple):
    """A proposal and what came of it: what strategies are told, in slot order."""

    proposal: Proposal
    result: Result

    @property
    def value(self) -> float:
        """The measured value; minus infinity for a Failure, so that a failed candidate loses every comparison."""
        return self.result.value if isinstance(self.result, Measurement) else -math.inf

    @property
    def rung(self) -> float:
        """Epochs it was measured at; infinity for full effort. Values of different rungs are not alike."""
        return math.inf if self.proposal.fidelity is None else self.proposal.fidelity.epochs


def result_to_json(result: Result) -> float | dict[str, Any]:
    """A result as JSON takes it; fields at their default are left out, a bare value is a bare number.

    A table's results are bare: as numbers they cost a third of the time to send, to write and to read again.
    """
    data: dict[str, Any]
    if isinstance(result, Measurement):
        if result.cost is NO_COST and not (result.curve or result.columns or result.host):
            return result.value
        data = {"value": result.value}
        if result.curve:
            data["curve"] = result.curve
        if result.columns:
            data["columns"] = dict(result.columns)
    else:
        data = {"failure": result.kind, "message": result.message, "traceback": result.traceback}
    if result.cost != NO_COST:
        data["cost"] = [result.cost.wall_seconds, result.cost.benchmark_seconds]
    if result.host:
        data["host"] = result.host
    return data


def result_from_json(data: float | dict[str, Any]) -> Result:
    """Inverse of ``result_to_json``."""
    if not isinstance(data, dict):
        return Measurement(data)
    cost = Cost(*data["cost"]) if "cost" in data else NO_COST
    host = data.get("host", "")
    if "failure" in data:
        return Failure(data["failure"], data["message"], data["traceback"], cost, host)
    curve = tuple((int(epoch), float(value)) for epoch, value in data.get("curve", ()))
    return Measurement(data["value"], cost, curve, data.get("columns", {}), host)
