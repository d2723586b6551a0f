"""Who measures an architecture."""

from collections.abc import Sequence
from typing import Protocol

from nasray.core.measurement import Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


class Evaluator(Protocol):
    """A way to measure architectures: look them up, train them, or compute a formula.

    Lifecycle: built once in every worker process from a pickled partial, then asked for chunk after chunk. An
    evaluation depends on the proposal and on ``streams.at(proposal.slot)`` only, never on what was evaluated before.

    Attributes:
        metric: What ``value`` is, with its unit, e.g. ``valid accuracy (%)``. Higher is better.
        chunk_size: Most architectures worth sending to a worker at once: 1 when each is trained, hundreds when
            each is looked up.
    """

    metric: str
    chunk_size: int

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """One VALID measurement a proposal, in order.

        Raises:
            Exception: Whatever went wrong; the caller finds the culprit and records a Failure.
        """
        ...

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """The TEST score of a proposal that was evaluated before. Called by ``app`` alone, after the search."""
        ...
