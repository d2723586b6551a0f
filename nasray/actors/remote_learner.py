"""A learner that lives in a host."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.actors.remote_predictor import RemotePredictor
from nasray.core.architecture import Architecture


@dataclass(kw_only=True)
class RemoteLearner(RemotePredictor):
    """A client of a host whose part learns; each client is served from what it made the host learn itself.

    Args:
        identity: The host that is meant.
        higher_is_better: The direction of its scores.
        recipe: How to start the host if it is not there; None to rely on somebody else.
    """

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Let the host learn from these outcomes alone.

        Raises:
            NasrayError: As ``predict``.
        """
        self._knowledge = self._ask("learn", list(architectures), np.asarray(values, dtype=np.float64))

    def state(self) -> bytes:
        """The address of what was learnt, in the host's store."""
        return self._knowledge.encode()

    def load(self, state: bytes) -> None:
        """Use what another client of this host made it learn."""
        self._knowledge = state.decode()
