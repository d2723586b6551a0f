"""A predictor that lives in a host."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.actors.host_client import HostClient
from nasray.core.architecture import Architecture


@dataclass(kw_only=True)
class RemotePredictor(HostClient):
    """A client of a host, and a Predictor like the one inside it. What it knows travels with it when it is pickled.

    Args:
        higher_is_better: The direction of its scores.
    """

    higher_is_better: bool
    _knowledge: str = field(init=False, default="")

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores for A architectures; waits for the host.

        Raises:
            ConfigError: There is no such host, or it is of another version or configuration.
            NasrayError: As the predictor.
        """
        return np.asarray(self._ask("call", self._knowledge, list(architectures)), dtype=np.float64)
