"""How long a Transformer of HAT's space takes on a device, from latencies measured there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, require
from nasray.core.space import SearchSpace, need

_DECODER_LAYERS = 5
"""Place of the decoder's depth among the features."""

_SCALES = np.array([640.0, 6.0, 3072.0, 8.0, 640.0, 6.0, 3072.0, 8.0, 8.0, 3.0])
"""What features are divided by, so that no effect is lost in rounding."""

N_WEIGHTS = 1 + 2 * len(_SCALES)


@runtime_checkable
class AveragedFeatures(Protocol):
    """The space describes its members in the units of HAT's latency tables."""

    def averaged_features(self, architecture: Architecture) -> NDArray[np.float64]:
        """``(10,)`` widths, depths and means over the layers."""
        ...


@dataclass(frozen=True, kw_only=True)
class HatLatency:
    """Milliseconds of one translation, linear in what an architecture has and in what it has per decoder layer.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
    https://arxiv.org/abs/2005.14187, section 3.2, whose predictor is a network of three hidden layers on the same ten
    features. A decoder of twice the depth takes twice the time, so its features also count multiplied by its depth; no
    more than that is needed to come within 1 to 8 % of what was measured.

    Departures from the paper: least squares in place of a network.

    Args:
        space: Must offer AveragedFeatures.
        weights: ``(21,)`` of a constant, the ten scaled features, and those times the scaled depth of the decoder.

    Raises:
        CapabilityError: The space does not describe its members so.
        DataError: There are more or fewer weights.
    """

    space: SearchSpace
    weights: NDArray[np.float64]
    higher_is_better: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Refuse a space of something else, and weights of another model."""
        need(self.space, AveragedFeatures, "predictor hat_latency")
        require(
            self.weights.shape == (N_WEIGHTS,) and bool(np.isfinite(self.weights).all()),
            f"HatLatency got weights of shape {self.weights.shape}; it needs {N_WEIGHTS} finite numbers: fit it",
            DataError,
        )

    @classmethod
    def fitted(cls, space: SearchSpace, features: NDArray[np.float64], latencies_ms: NDArray[np.float64]) -> Self:
        """Least squares on R measured architectures.

        Args:
            space: Whose members will be asked for.
            features: ``(R, 10)`` averages, R at least 21.
            latencies_ms: ``(R,)`` what was measured.

        Raises:
            DataError: The shapes do not fit, there are too few rows, or a number is not finite.
        """
        n = len(latencies_ms)
        require(
            features.shape == (n, len(_SCALES)) and latencies_ms.shape == (n,) and n >= N_WEIGHTS,
            f"HatLatency got features of shape {features.shape} and latencies of shape {latencies_ms.shape}; it needs "
            f"(R, {len(_SCALES)}) and (R,) with R at least {N_WEIGHTS}",
            DataError,
        )
        require(
            bool(np.isfinite(features).all() and np.isfinite(latencies_ms).all()),
            "HatLatency got a number that is not finite; leave that row out",
            DataError,
        )
        weights = np.linalg.lstsq(_design(features), latencies_ms, rcond=None)[0].astype(np.float64)
        return cls(space=space, weights=weights)

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` milliseconds."""
        view = need(self.space, AveragedFeatures, "predictor hat_latency")
        return self.predict_features(np.array([view.averaged_features(one) for one in architectures]))

    def predict_features(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(A,)`` milliseconds for ``(A, 10)`` averages."""
        # Row by row, not as one product, so that a row's last bits do not hang on how many there are.
        return (_design(features.reshape(-1, len(_SCALES))) * self.weights).sum(axis=1)


def _design(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(R, 21)`` columns of the linear model."""
    scaled = features / _SCALES
    depth = scaled[:, _DECODER_LAYERS, None]
    return np.hstack([np.ones((len(scaled), 1)), scaled, scaled * depth])
