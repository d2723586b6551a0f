"""What a strategy asks to have measured."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from nasray.core.architecture import Architecture
from nasray.core.fidelity import Fidelity


class Proposal(NamedTuple):
    """One architecture to be evaluated, and where it came from.

    A named tuple rather than a dataclass, because one is made for every slot: it takes a quarter of the time.

    Attributes:
        slot: Position in the search, 0, 1, 2, …; names the proposal within its run.
        architecture: What is evaluated; valid once the search's gate has let it through.
        operation: How it was made (``random``, ``mutation``, …), for reports.
        parents: Slots of the proposals it was made from.
        fidelity: How thoroughly to measure; ``None`` is the evaluator's full effort.
        continues: The slot that began this candidate's training, which goes on to a higher fidelity. The numbers are
            those of one uninterrupted training, so a lost checkpoint costs time and nothing else.
        inherits: The slot whose trained weights this candidate begins with, as far as they fit.
        predicted: Units of a ``Chained`` architecture, counted from 0, that a generator predicted; a training may be
            confined to them.
        raw: What the strategy proposed, where the gate had to repair it.
        notes: JSON-able facts that the strategy needs again after a restart and must not compute or pay for
            twice: scores, principles, replies.
    """

    slot: int
    architecture: Architecture
    operation: str = "random"
    parents: tuple[int, ...] = ()
    fidelity: Fidelity | None = None
    continues: int | None = None
    inherits: int | None = None
    predicted: tuple[int, ...] = ()
    raw: Architecture | None = None
    notes: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it; fields at their default are left out."""
        data: dict[str, Any] = {"slot": self.slot, "genes": self.architecture.genes, "op": self.operation}
        if self.parents:
            data["parents"] = self.parents
        if self.fidelity is not None:
            data["fidelity"] = self.fidelity.to_json()
        if self.continues is not None:
            data["continues"] = self.continues
        if self.inherits is not None:
            data["inherits"] = self.inherits
        if self.predicted:
            data["predicted"] = self.predicted
        if self.raw is not None:
            data["raw"] = self.raw.genes
        if self.notes is not None:
            data["notes"] = dict(self.notes)
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Proposal":
        """Inverse of ``to_json``."""
        return cls(
            slot=data["slot"],
            architecture=Architecture(tuple(data["genes"])),
            operation=data["op"],
            parents=tuple(data.get("parents", ())),
            fidelity=Fidelity.from_json(data["fidelity"]) if "fidelity" in data else None,
            continues=data.get("continues"),
            inherits=data.get("inherits"),
            predicted=tuple(data.get("predicted", ())),
            raw=Architecture(tuple(data["raw"])) if "raw" in data else None,
            notes=data.get("notes"),
        )
