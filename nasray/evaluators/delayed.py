"""Measurements that take time, as training does."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nasray.core.errors import require
from nasray.core.evaluator import Evaluator
from nasray.core.measurement import Cost, Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


@dataclass(kw_only=True)
class Delayed:
    """Lets another evaluator's measurements take time; for experiments with schedules and clusters.

    A slot takes ``seconds`` plus or minus up to ``jitter``, uniformly, by seed and slot. The time is added to the
    measurement's ``benchmark_seconds``, which is what the simulator's clock runs on.

    Args:
        inner: Who measures.
        seconds: Mean delay of one architecture.
        jitter: Largest deviation from it, in seconds.
        sleep: Whether to wait in fact; the simulator does not need it.
    """

    inner: Evaluator
    seconds: float
    jitter: float
    sleep: bool
    metric: str = field(init=False)
    chunk_size: int = field(init=False)

    def __post_init__(self) -> None:
        """Take over what the inner evaluator is."""
        require(self.seconds >= 0, f"Delayed seconds ({self.seconds}) must not be negative")
        require(
            0 <= self.jitter <= self.seconds,
            f"Delayed jitter ({self.jitter}) must be between 0 and seconds ({self.seconds}): no delay is negative",
        )
        self.metric, self.chunk_size = self.inner.metric, self.inner.chunk_size

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """The inner measurements, later.

        Raises:
            Exception: What the inner evaluator raises.
        """
        measured = self.inner.evaluate(proposals, streams)
        own = Streams(streams.seed, f"{streams.part}/delayed")
        delays = [
            self.seconds + self.jitter * float(own.at(proposal.slot).uniform(-1.0, 1.0)) for proposal in proposals
        ]
        if self.sleep:
            time.sleep(sum(delays))
        return [
            replace(one, cost=one.cost + Cost(benchmark_seconds=delay))
            for one, delay in zip(measured, delays, strict=True)
        ]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """The inner TEST score, at once."""
        return self.inner.test(proposal, streams)
