"""Candidates that go wrong in every way that training does."""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from nasray.core.errors import require
from nasray.core.evaluator import Evaluator
from nasray.core.measurement import Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams

Kind = Literal["exception", "not_finite", "out_of_memory", "hang", "exit"]
EXIT_CODE = 70


@dataclass(kw_only=True)
class Failing:
    """Another evaluator, of which a share of the slots fails; for showing that a search survives.

    Which slots fail depends on the seed and the slot only, so a slot that failed fails again. A chunk with a failing
    slot fails as a whole, as it does in reality: the caller evaluates its proposals one by one to find the culprit.

    Args:
        inner: Who measures the slots that do not fail.
        share: Of the slots that fail, 0 to 1.
        kind: ``exception`` raises, ``not_finite`` measures NaN, ``out_of_memory`` raises MemoryError, ``hang`` never
            returns, ``exit`` ends the process without a word.
    """

    inner: Evaluator
    share: float
    kind: Kind
    metric: str = field(init=False)
    chunk_size: int = field(init=False)

    def __post_init__(self) -> None:
        """Take over what the inner evaluator is."""
        require(0 <= self.share <= 1, f"Failing share ({self.share}) must be between 0 and 1")
        require(self.kind in get_args(Kind), f"Failing kind ({self.kind!r}) must be one of {', '.join(get_args(Kind))}")
        self.metric, self.chunk_size = self.inner.metric, self.inner.chunk_size

    @property
    def peril(self) -> Literal["hang", "exit"] | None:
        """What becomes of the process of a failing slot; None where all that fails can be caught."""
        return self.kind if self.share and self.kind in ("hang", "exit") else None

    def fails(self, slot: int, streams: Streams) -> bool:
        """Whether ``slot`` is one of those that fail."""
        return float(Streams(streams.seed, f"{streams.part}/failing").at(slot).random()) < self.share

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """The inner measurements, unless one of the slots fails.

        Raises:
            RuntimeError: The kind is ``exception`` and a slot fails.
            MemoryError: The kind is ``out_of_memory`` and a slot fails.
            NasrayError: The kind is ``not_finite`` and a slot fails: no Measurement holds NaN.
            Exception: What the inner evaluator raises.
        """
        for proposal in proposals:
            if self.fails(proposal.slot, streams):
                self._fail(proposal.slot)
        return self.inner.evaluate(proposals, streams)

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """The inner TEST score; never fails."""
        return self.inner.test(proposal, streams)

    def _fail(self, slot: int) -> None:
        """Go wrong."""
        match self.kind:
            case "exception":
                raise RuntimeError(f"slot {slot} fails on purpose: evaluator Failing, share {self.share}")
            case "out_of_memory":
                raise MemoryError(f"slot {slot} runs out of memory on purpose: evaluator Failing, share {self.share}")
            case "not_finite":
                Measurement(math.nan)
            case "hang":
                while True:
                    time.sleep(1)
            case "exit":
                os._exit(EXIT_CODE)
