"""The number of weights as a score: the control that every proxy must beat."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.network_plan import NetworkPlan
from nasray.core.space import ModuleView, SearchSpace, need
from nasray.models.parameter_count import plan_parameters
from nasray.predictors.cost_view import CostView, Counts


@dataclass(kw_only=True)
class Parameters:
    """Counts the trainable weights of an architecture's network; of a Transformer, those outside its embeddings.

    Ning et al. 2021, "Evaluating Efficient Performance Estimators of Neural Architectures",
    https://arxiv.org/abs/2008.03064, found it hard to beat.

    Args:
        space: Must offer ModuleView, or count by itself (CostView).
        input_shape: ``(C, H, W)`` of the images; without effect on Transformers, and so is the next.
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
        self._counting = self.space if isinstance(self.space, CostView) else None
        self._planning = None if self._counting else need(self.space, ModuleView, type(self).__name__)
        require(
            len(self.input_shape) == 3 and min(self.input_shape) >= 1,
            f"Parameters input_shape ({list(self.input_shape)}) must be channels, height and width, each at least 1",
        )
        require(self.n_classes >= 2, f"Parameters n_classes ({self.n_classes}) must be at least 2")

    def predict(self, architectures: Sequence[Architecture]) -> NDArray[np.float64]:
        """``(A,)`` counts."""
        return np.array([self._count(one) for one in architectures], dtype=np.float64)

    def _count(self, architecture: Architecture) -> int:
        if self._counting is not None:
            return self._of_transformer(self._counting.cost(architecture, self.n_classes))
        assert self._planning is not None
        channels, height, width = self.input_shape
        return self._of_plan(self._planning.plan(architecture, (channels, height, width), self.n_classes))

    def _of_plan(self, plan: NetworkPlan) -> int:
        return plan_parameters(plan)

    def _of_transformer(self, counts: Counts) -> int:
        return counts.parameters
