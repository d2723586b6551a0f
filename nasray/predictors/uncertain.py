"""Predictors that say how sure they are."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.predictor import Predictor


@runtime_checkable
class Uncertain(Predictor, Protocol):
    """An ensemble: its score is a mean."""

    def uncertainty(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` standard deviations of A scores, in their unit."""
        ...
