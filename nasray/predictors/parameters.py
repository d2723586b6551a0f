"""The number of weights as a score: the control that every proxy must beat."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.space import ModuleView, SearchSpace, need
from nasray.models.parameter_count import plan_parameters


@dataclass(kw_only=True)
class Parameters:
    """Counts the trainable weights of an architecture's network.

    Ning et al. 2021, "Evaluating Efficient Performance Estimators of Neural Architectures",
    https://arxiv.org/abs/2008.03064, found it hard to beat.

    Args:
        space: Must offer ModuleView.
        input_shape: ``(C, H, W)`` of the images.
        n_classes: Width of the classifier.

    Raises:
        CapabilityError: The space cannot be built as networks.
        ConfigError: The shape or the number of classes is impossible.
    """

    space: SearchSpace
    input_shape: tuple[int, int, int]
    n_classes: int
    higher_is_better: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Refuse images and classes that no network can have."""
        self._networks = need(self.space, ModuleView, "predictor parameters")
        require(
            len(self.input_shape) == 3 and min(self.input_shape) >= 1,
            f"Parameters input_shape ({list(self.input_shape)}) must be channels, height and width, each at least 1",
        )
        require(self.n_classes >= 2, f"Parameters n_classes ({self.n_classes}) must be at least 2")

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` numbers of weights."""
        channels, height, width = self.input_shape
        plans = [self._networks.plan(one, (channels, height, width), self.n_classes) for one in architectures]
        return np.array([plan_parameters(plan) for plan in plans], dtype=np.float64)
