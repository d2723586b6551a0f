"""Runs whole searches in this process, for suites that compare them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nasray.core.budget import Budget
from nasray.core.event_log import Past
from nasray.core.measurement import Failure, Measurement, Result
from nasray.core.proposal import Proposal
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.search.search import Search
from nasray.testing.memory_log import MemoryLog

Landscape = Literal["rugged", "constant", "failing", "half_failing"]


def measure(proposal: Proposal, landscape: Landscape) -> Result:
    """What an architecture is worth and costs: numbers that its genes decide, the same for all, or nothing."""
    number = hashlib.blake2b(proposal.architecture.key.encode(), digest_size=4).digest()
    if landscape == "failing" or (landscape == "half_failing" and number[0] % 2):
        return Failure("exception", "fails on purpose")
    share, other = (1.0, 1.0) if landscape == "constant" else (number[2] / 256 + number[3] / 2**16, number[1] / 256)
    return Measurement(share, columns={"parameters": 2e6 * other, "latency_ms": 10 * other})


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """A search of ``n`` slots by a fresh strategy on a fixed landscape; pickles if its strategy's maker does.

    Attributes:
        make_strategy: Builds the strategy.
        space: Whose gate its proposals pass.
        n: Budget.
        width: Slots open at once.
        seed: Root seed.
        landscape: What architectures are worth.
    """

    make_strategy: Callable[[], Strategy]
    space: SearchSpace
    n: int
    width: int
    seed: int
    landscape: Landscape = "rugged"

    def run(self, past: Past | None = None) -> tuple[Search, MemoryLog]:
        """The search at its end; the latest ask is answered first, so that outcomes arrive out of order."""
        log = MemoryLog(past)
        search = Search(
            space=self.space,
            strategy=self.make_strategy(),
            budget=Budget(evaluations=self.n),
            width=self.width,
            seed=self.seed,
            log=log,
            past=past,
        )
        chunks = []
        while True:
            while (chunk := search.take(1)) is not None:
                chunks.append(chunk)
            if not chunks:
                return search, log
            chunk = chunks.pop()
            search.deliver(chunk, [measure(chunk.proposals[0], self.landscape)])

    def proposals(self, past: Past | None = None) -> list[dict[str, object]]:
        """Everything that was asked, as it reaches the journal."""
        search, _ = self.run(past)
        return [outcome.proposal.to_json() for outcome in search.outcomes]
