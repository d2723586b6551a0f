"""Kernel ridge regression with a linear kernel on one description and a Gaussian kernel on another."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class SumKernel:
    """The kernel is ``x·x' + weight * exp(-gamma |z - z'|^2)``; z is standardised by the training data.

    Args:
        ridge: Added to the kernel's diagonal: how much noise the targets have.
        weight: Of the Gaussian kernel against the linear one; 0 is plain ridge regression.
        gamma: Inverse squared width of the Gaussian kernel.
    """

    ridge: float
    weight: float
    gamma: float
    _mean: float = field(init=False, default=0.0)
    _linear: Floats = field(init=False, repr=False)
    _dual: Floats = field(init=False, repr=False)
    _seen: Floats = field(init=False, repr=False)
    _centre: Floats = field(init=False, repr=False)
    _scale: Floats = field(init=False, repr=False)

    def fit(self, x: Floats, z: Floats, y: Floats) -> "SumKernel":
        """Learn ``(N,)`` targets ``y`` from ``(N, X)`` and ``(N, Z)`` descriptions; returns itself."""
        self._centre, spread = z.mean(0), z.std(0)
        self._scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
        self._seen = (z - self._centre) * self._scale
        squares = (self._seen**2).sum(1)
        distances = np.maximum(squares[:, None] + squares[None] - 2 * self._seen @ self._seen.T, 0.0)
        kernel = x @ x.T + self.weight * np.exp(-self.gamma * distances)
        self._mean = float(y.mean())
        self._dual = np.linalg.solve(kernel + self.ridge * np.eye(len(y)), y - self._mean)
        self._linear = x.T @ self._dual
        return self

    def predict(self, x: Floats, z: Floats) -> Floats:
        """``(A,)`` predictions, each computed alone: a product's last bits depend on how many rows it has."""
        return np.array([self._one(*each) for each in zip(x, z, strict=True)])

    def _one(self, x: Floats, z: Floats) -> float:
        apart = (self._seen - (z - self._centre) * self._scale) ** 2
        near = np.exp(-self.gamma * apart.sum(1))
        return self._mean + float(x @ self._linear) + self.weight * float(near @ self._dual)
