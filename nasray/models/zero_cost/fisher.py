"""Fisher information of channels as a zero-cost proxy."""

from typing import Any

import torch
from torch import Tensor

from nasray.models.zero_cost.subject import Subject


def fisher(subject: Subject) -> float:
    """Sum over channels of half the mean square of (activation * gradient), each as often as it has weights.

    Turner et al. 2020, "BlockSwap: Fisher-guided Block Substitution for Network Compression on a Budget",
    https://arxiv.org/abs/1906.04113, on the outputs of convolutions and linear layers, in front of their batch norms. A
    channel counts once a weight that feeds it, as in the code of Abdelfattah et al. 2021, whose numbers are published.
    """
    seen: list[tuple[Tensor, int]] = []

    def keep(layer: Any, _: Any, output: Tensor) -> None:
        output.retain_grad()
        seen.append((output, layer.weight[0].numel()))

    for layer in subject.weighted_layers():
        layer.register_forward_hook(keep)
    subject.loss().backward()
    return sum(n_weights * _channels(output, output.grad) for output, n_weights in seen if output.grad is not None)


@torch.no_grad()
def _channels(output: Tensor, gradient: Tensor) -> float:
    """Of one layer, ``(B, C, …)`` both."""
    effect = output * gradient
    return float((effect.flatten(2).sum(2) if effect.dim() > 2 else effect).pow(2).mean(0).mul(0.5).sum())
