"""A strategy under observation."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy


@dataclass
class WatchedStrategy:
    """Hands everything on to another strategy and checks what the search relies on.

    Attributes:
        inner: Who proposes.
        calls: ``ask 0-3``, ``tell 0``, ``restore 5``, …, in the order in which they came.
    """

    inner: Strategy
    calls: list[str] = field(default_factory=list[str])
    _seen: list[tuple[Proposal, dict[str, object]]] = field(default_factory=list[tuple[Proposal, dict[str, object]]])

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Ask; the answer must be for a prefix of ``slots``, with parents that were asked before."""
        self.calls.append(f"ask {slots[0]}-{slots[-1]}")
        proposals = self.inner.ask(slots, streams)
        asked = [proposal.slot for proposal in proposals]
        assert asked == list(slots)[: len(asked)], f"asked for {slots}, got slots {asked}: answer a prefix, in order"
        for proposal in proposals:
            genes = [type(gene) for gene in proposal.architecture.genes]
            assert set(genes) <= {int}, f"genes must be Python integers, got {genes}"
            assert all(0 <= parent < proposal.slot for parent in proposal.parents), f"parents of {proposal}"
            self._seen.append((proposal, proposal.to_json()))
        return proposals

    def tell(self, outcome: Outcome) -> None:
        """Tell."""
        self.calls.append(f"tell {outcome.proposal.slot}")
        self.inner.tell(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Restore."""
        self.calls.append(f"restore {len(history)}")
        self.inner.restore(history)

    def check_unchanged(self) -> None:
        """No proposal, and nothing in its notes, has changed since it was made."""
        changed = [proposal.slot for proposal, then in self._seen if proposal.to_json() != then]
        assert not changed, f"the strategy changed proposals {changed} after it had made them"
