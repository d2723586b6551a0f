"""How much the network of a plan computes, without building it whole."""

from functools import lru_cache

import torch

from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import build_operator
from nasray.models.multiply_adds import count_multiply_adds

Options = tuple[tuple[str, object], ...]


def plan_multiply_adds(plan: NetworkPlan) -> int:
    """Multiply-adds of one image's way through all layers of ``plan``, those that do nothing included.

    Counted as ``count_multiply_adds`` counts, layer by layer, each kind of layer once.
    """
    total, sizes = 0, {-1: plan.input_shape[1:]}
    for index, layer in enumerate(plan.layers):
        options = tuple(sorted(layer.options.items()))
        kind = (layer.operator, layer.in_channels, layer.out_channels, layer.stride, options)
        count, sizes[index] = _layer_cost(*kind, sizes[layer.inputs[0]])
        total += count
    return total


@lru_cache(maxsize=4096)
def _layer_cost(
    operator: str, in_channels: int, out_channels: int, stride: int, options: Options, size: tuple[int, int]
) -> tuple[int, tuple[int, int]]:
    """Multiply-adds, and height and width of what comes out; 1 by 1 for what is no image."""
    flat = operator == "linear"
    layer = Layer(operator, (-1,), in_channels, out_channels, stride, options=dict(options))
    module = build_operator(layer, torch.Generator().manual_seed(0)).eval()
    with torch.no_grad():
        out = module(torch.zeros((1, in_channels) if flat else (1, in_channels, *size)))
    after = (out.shape[2], out.shape[3]) if out.ndim == 4 else (1, 1)
    if flat:
        return in_channels * out_channels, after
    return count_multiply_adds(module, (in_channels, *size)), after
