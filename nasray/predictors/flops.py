"""The number of multiply-adds as a score."""

from dataclasses import dataclass

from nasray.core.network_plan import NetworkPlan
from nasray.models.plan_multiply_adds import plan_multiply_adds
from nasray.predictors.cost_view import Counts
from nasray.predictors.parameters import Parameters


@dataclass(kw_only=True)
class Flops(Parameters):
    """Counts the multiply-adds of one image's way through an architecture's network; more is taken to be better.

    Ning et al. 2021, https://arxiv.org/abs/2008.03064: with the number of weights the control for every proxy. Layers
    whose results are not used count, as in the published tables. Of a Transformer: one sentence pair's way.

    Args:
        space: As ``Parameters``, and so the other two.
        input_shape: ``(C, H, W)`` of the images.
        n_classes: Width of the classifier.
    """

    def _of_plan(self, plan: NetworkPlan) -> int:
        return plan_multiply_adds(plan)

    def _of_transformer(self, counts: Counts) -> int:
        return counts.macs
