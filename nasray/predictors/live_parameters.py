"""The number of weights that do something, as a score."""

from dataclasses import dataclass

from nasray.core.network_plan import NetworkPlan
from nasray.models.live_layers import live_layers
from nasray.models.parameter_count import layer_parameters
from nasray.predictors.parameters import Parameters


@dataclass(kw_only=True)
class LiveParameters(Parameters):
    """Counts the trainable weights on paths from image to logits; those behind a dead edge do not count.

    A stronger control than ``Parameters`` where cells may be partly dead: on NAS-Bench-201, CIFAR-10 TEST, Kendall's
    tau is 0.657 against 0.577. An architecture whose logits do not depend on the image scores 0. All weights of a
    Transformer do something.

    Args:
        space: As ``Parameters``, and so the other two.
        input_shape: ``(C, H, W)`` of the images.
        n_classes: Width of the classifier.
    """

    def _of_plan(self, plan: NetworkPlan) -> int:
        return layer_parameters(live_layers(plan))
