"""From a NetworkPlan to a torch module."""

import torch
from torch import nn

from nasray.core.errors import require
from nasray.core.network_plan import NetworkPlan
from nasray.models.network import Network
from nasray.models.operators import build_operator


def _check_channels(plan: NetworkPlan) -> None:
    """Refuse layers that do not fit together."""
    for index, layer in enumerate(plan.layers):
        widths = [plan.input_shape[0] if source < 0 else plan.layers[source].out_channels for source in layer.inputs]
        alike = layer.merge == "concat" or len(set(widths)) == 1
        merged = sum(widths) if layer.merge == "concat" else widths[0]
        # A linear layer flattens (C, H, W), so that it may read more features than there are channels.
        fits = layer.in_channels == merged or (layer.operator == "linear" and layer.in_channels % merged == 0)
        require(
            alike and fits,
            f"layer {index} ({layer.operator}) reads {widths} channels by {layer.merge} but has in_channels "
            f"{layer.in_channels}; correct the plan that the space makes",
        )
    last = plan.layers[-1]
    require(
        last.out_channels == plan.n_classes,
        f"the last layer ({last.operator}) puts out {last.out_channels} values for {plan.n_classes} classes; "
        "end the plan with a layer of n_classes output channels",
    )


def build(plan: NetworkPlan, rng: torch.Generator) -> nn.Module:
    """The network of ``plan`` on the CPU, its weights drawn from ``rng`` alone.

    Layers that the logits do not depend on are built, never run: the networks of benchmarks own such weights, and the
    published parameter counts include them.

    Raises:
        ConfigError: An operator is unknown, or layers do not fit together.
    """
    _check_channels(plan)
    return Network(plan, [build_operator(layer, rng) for layer in plan.layers])


def count_parameters(module: nn.Module) -> int:
    """Number of trainable weights."""
    return sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
