"""A predictor in this process that gives the bits it would give in a host."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.actors.batching import Batching, run_padded
from nasray.core.architecture import Architecture
from nasray.core.predictor import Predictor


@dataclass(kw_only=True)
class PaddedPredictor:
    """A Predictor around a predictor: batches of the same fixed shape as in a host.

    Args:
        inner: Who predicts.
        batching: The shape of batches; nothing is waited for.
    """

    inner: Predictor
    batching: Batching
    higher_is_better: bool = field(init=False)

    def __post_init__(self) -> None:
        """Scores keep their direction."""
        self.higher_is_better = self.inner.higher_is_better

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores for A architectures."""
        scores = run_padded(self.inner.predict, architectures, self.batching.size)
        return np.asarray(scores, dtype=np.float64)
