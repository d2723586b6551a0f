"""Ordinary least squares: the plainest thing that ten demonstrations can teach."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError, require
from nasray.core.space import SearchSpace
from nasray.predictors.distilled_features import DistilledFeatures, Kind


@dataclass(kw_only=True)
class Ols:
    """The straight line through what was measured; with more features than demonstrations, the flattest of them.

    A control for predictors that are shown the same demonstrations, as a language model is.

    Args:
        space: Must offer what the features need.
        features: What the line is drawn through: ``genes`` for any space; ``averaged``, ``layers``, ``depth`` for hat.

    Raises:
        CapabilityError: The space does not offer it.
        ConfigError: The features are unknown.
    """

    space: SearchSpace
    features: Kind
    name: str = field(default="ols", init=False)
    higher_is_better: bool = field(default=True, init=False)
    in_unit: bool = field(default=True, init=False)
    _weights: NDArray[np.float64] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the features."""
        self._features = DistilledFeatures(self.space, self.features)

    def fit(self, architectures: Sequence[Architecture], values: NDArray[np.float64]) -> None:
        """Solve for A architectures and their ``(A,)`` values.

        Raises:
            DataError: There are none, their numbers differ, or a value is not finite.
        """
        y, n = np.asarray(values, np.float64), len(architectures)
        require(n > 0 and y.shape == (n,), f"ols got {n} architectures and values of shape {y.shape}", DataError)
        require(bool(np.isfinite(y).all()), "ols got a value that is not finite; leave failures out", DataError)
        x = self._features.rows(architectures)
        slopes = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(), rcond=None)[0]
        self._weights = np.array([y.mean() - (x.mean(axis=0) * slopes).sum(), *slopes])

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` scores in the unit of what was fitted.

        Raises:
            CapabilityError: Nothing was fitted yet.
            DataError: It was fitted to other features.
        """
        weights = self._weights
        if weights is None:
            raise CapabilityError("ols was asked for scores before it learnt anything; call fit or load first")
        if not architectures:
            return np.zeros(0)
        x = self._features.rows(architectures)
        require(
            len(weights) == 1 + x.shape[1],
            f"ols has {len(weights) - 1} slopes for {x.shape[1]} features; load it where it was learnt",
            DataError,
        )
        # Row by row, not as one product, so that a row's last bits do not hang on how many there are.
        return weights[0] + (x * weights[1:]).sum(axis=1)

    def state(self) -> bytes:
        """The intercept and the slopes, as one array in numpy's format."""
        file = io.BytesIO()
        np.save(file, np.zeros(0) if self._weights is None else self._weights, allow_pickle=False)
        return file.getvalue()

    def load(self, state: bytes) -> None:
        """Inverse of ``state``."""
        weights = np.load(io.BytesIO(state), allow_pickle=False)
        self._weights = weights if len(weights) else None
