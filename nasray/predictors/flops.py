"""The number of multiply-adds as a score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.models.plan_multiply_adds import plan_multiply_adds
from nasray.predictors.parameters import Parameters


@dataclass(kw_only=True)
class Flops(Parameters):
    """Counts what one image's way through an architecture's network costs; more is taken to be better.

    Ning et al. 2021, https://arxiv.org/abs/2008.03064: with the number of weights the control for every proxy. Layers
    whose results are not used count, as in the published tables.

    Args:
        space: As ``Parameters``, and so the other two.
        input_shape: ``(C, H, W)`` of the images.
        n_classes: Width of the classifier.
    """

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` multiply-adds."""
        channels, height, width = self.input_shape
        plans = (self._networks.plan(one, (channels, height, width), self.n_classes) for one in architectures)
        return np.array([plan_multiply_adds(plan) for plan in plans], dtype=np.float64)
