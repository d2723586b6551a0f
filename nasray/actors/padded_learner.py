"""A learner in this process that gives the bits it would give in a host."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.actors.padded_predictor import PaddedPredictor
from nasray.core.architecture import Architecture
from nasray.core.predictor import Learner


@dataclass(kw_only=True)
class PaddedLearner(PaddedPredictor):
    """A Learner around a learner; see PaddedPredictor.

    Args:
        inner: Who learns and predicts.
        batching: The shape of batches.
    """

    inner: Learner

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Learn from these outcomes alone."""
        self.inner.fit(architectures, values)

    def state(self) -> bytes:
        """What was learnt."""
        return self.inner.state()

    def load(self, state: bytes) -> None:
        """Know what ``state`` says."""
        self.inner.load(state)
