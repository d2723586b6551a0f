"""Zen score: how strongly an untrained network answers to a small change of its input."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from nasray.core.errors import CapabilityError, require
from nasray.models.zero_cost.subject import Subject

GAMMA = 0.01


@torch.no_grad()
def zen(subject: Subject) -> float:
    """Logarithm of the mean L1 change of the features in front of the pooling, plus that of all batch norms' scales.

    Lin et al. 2021, "Zen-NAS: A Zero-Shot NAS for High-Performance Image Recognition",
    https://arxiv.org/abs/2102.01063, one draw: weights and images are standard normal, the change is 0.01 of another
    image. Minus infinity if no change arrives.

    Raises:
        CapabilityError: The network has no global average pooling, or several.
    """
    pools = [part for part in subject.network.modules() if isinstance(part, nn.AdaptiveAvgPool2d)]
    require(
        len(pools) == 1,
        f"proxy zen needs a network with one global_avg_pool and got {len(pools)}; choose another proxy",
        CapabilityError,
    )
    features: list[Tensor] = []

    def keep(_: nn.Module, inputs: Any) -> None:
        features.append(inputs[0])

    pools[0].register_forward_pre_hook(keep)
    for layer in subject.weighted_layers():
        layer.weight.normal_(generator=subject.rng)
        if layer.bias is not None:
            layer.bias.zero_()
    shape = subject.x_BCHW.shape
    image, change = torch.randn(shape, generator=subject.rng), torch.randn(shape, generator=subject.rng)
    subject.network(image)
    subject.network(image + GAMMA * change)
    moved = float((features[0] - features[1]).abs().flatten(1).sum(1).mean())
    return math.log(moved) + _log_scales(subject.network) if moved > 0 else -math.inf


def _log_scales(network: nn.Module) -> float:
    """What the batch norms divided by, put back."""
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    return sum(0.5 * math.log(float(norm.running_var.mean())) for norm in norms if norm.running_var is not None)
