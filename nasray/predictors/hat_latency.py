"""How long a Transformer of HAT's space takes on a device, from latencies measured there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, require
from nasray.core.space import SearchSpace, need
from nasray.models.assets import read_asset

ASSET = "hat_latency"
"""Weights of every device, ``experiments/e14_hat_predictors/latency.py --asset`` makes them."""

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


@dataclass(kw_only=True)
class HatLatency:
    """Milliseconds of one translation, linear in what an architecture has and in what it has per decoder layer.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
    https://arxiv.org/abs/2005.14187, section 3.2, whose predictor is a network of three hidden layers on the same ten
    features. A decoder of twice the depth takes twice the time, so its features also count multiplied by its depth; no
    more than that is needed to come within 1 to 8 % of what was measured. The card of the shipped weights has the error
    of every device.

    Departures from the paper: least squares in place of a network.

    Args:
        space: Must offer AveragedFeatures.
        device: Task, kind and name of what was measured, e.g. ``wmt14ende_gpu_titanxp``.

    Raises:
        CapabilityError: The space does not describe its members so.
        ConfigError: No such device was measured.
    """

    space: SearchSpace
    device: str
    higher_is_better: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Read the weights of the device."""
        self._view = need(self.space, AveragedFeatures, "predictor hat_latency")
        tensors, _ = read_asset(ASSET)
        require(
            self.device in tensors,
            f"HatLatency device ({self.device!r}) was not measured; choose one of {', '.join(sorted(tensors))}",
        )
        self._weights = tensors[self.device].numpy()

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` milliseconds."""
        features = np.array([self._view.averaged_features(one) for one in architectures])
        return milliseconds(self._weights, features)


def fitted_weights(features: NDArray[np.float64], latencies_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(21,)`` weights by least squares on R measured architectures.

    Args:
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
    return np.linalg.lstsq(_design(features), latencies_ms, rcond=None)[0].astype(np.float64)


def milliseconds(weights: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(A,)`` for ``(A, 10)`` averages.

    Args:
        weights: ``(21,)`` of a constant, the ten scaled features, and those times the scaled depth of the decoder.
        features: Of A architectures.
    """
    # Row by row, not as one product, so that a row's last bits do not hang on how many there are.
    return (_design(features.reshape(-1, len(_SCALES))) * weights).sum(axis=1)


def _design(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(R, 21)`` columns of the linear model."""
    scaled = features / _SCALES
    depth = scaled[:, _DECODER_LAYERS, None]
    return np.hstack([np.ones((len(scaled), 1)), scaled, scaled * depth])
