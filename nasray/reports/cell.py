"""One of the best architectures of a run, as a report shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nasray.core.measurement import Measurement, Outcome
from nasray.core.space import Graph


@dataclass(frozen=True, slots=True)
class Cell:
    """A measured architecture.

    Attributes:
        slot: Its slot in its run.
        seed: The seed of its run.
        text: Its written form; its genes where the run has not ended yet.
        value: Its VALID value.
        operation: How it was made.
        columns: Further measured quantities.
        graph: How it is drawn; None where its space has no graphs.
    """

    slot: int
    seed: int
    text: str
    value: float
    operation: str
    columns: Mapping[str, float] = field(default_factory=dict[str, float])
    graph: Graph | None = None

    @classmethod
    def from_result(cls, data: Mapping[str, Any], seed: int) -> "Cell":
        """From a row of ``result.json``."""
        drawn = data.get("graph")
        graph = Graph(tuple(drawn["operators"]), tuple((i, j) for i, j in drawn["edges"])) if drawn else None
        return cls(
            slot=data["slot"],
            seed=seed,
            text=data["text"],
            value=data["value"],
            operation=data.get("operation", ""),
            columns=data.get("columns", {}),
            graph=graph,
        )

    @classmethod
    def from_outcome(cls, outcome: Outcome, seed: int) -> "Cell":
        """From the journal, which knows genes and no text."""
        proposal, result = outcome.proposal, outcome.result
        columns = result.columns if isinstance(result, Measurement) else {}
        return cls(proposal.slot, seed, proposal.architecture.key, outcome.value, proposal.operation, columns)
