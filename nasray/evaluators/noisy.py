"""Measurements with a seed-to-seed spread, as real training has."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nasray.core.errors import require
from nasray.core.evaluator import Evaluator
from nasray.core.measurement import Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


@dataclass(kw_only=True)
class Noisy:
    """Adds Gaussian noise to the VALID values of another evaluator; TEST is left as it is.

    The noise belongs to the slot: the same slot gets the same noise again, the same architecture in another slot gets
    another.

    Args:
        inner: Who measures.
        std: Standard deviation of the noise, in the unit of the metric.
    """

    inner: Evaluator
    std: float
    metric: str = field(init=False)
    chunk_size: int = field(init=False)

    def __post_init__(self) -> None:
        """Take over what the inner evaluator is."""
        require(self.std >= 0, f"Noisy std ({self.std}) must not be negative")
        self.metric, self.chunk_size = self.inner.metric, self.inner.chunk_size

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """The inner measurements plus noise.

        Raises:
            Exception: What the inner evaluator raises.
        """
        measured = self.inner.evaluate(proposals, streams)
        own = Streams(streams.seed, f"{streams.part}/noisy")
        return [
            replace(one, value=one.value + self.std * float(own.at(proposal.slot).standard_normal()))
            for one, proposal in zip(measured, proposals, strict=True)
        ]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """The inner TEST score."""
        return self.inner.test(proposal, streams)
