"""How many weights the network of a plan has, without building it."""

from collections.abc import Iterable
from functools import lru_cache

import torch

from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import count_parameters
from nasray.models.operators import build_operator


def plan_parameters(plan: NetworkPlan) -> int:
    """Trainable weights of the network that ``build`` would make of ``plan``, unused layers included."""
    return layer_parameters(plan.layers)


def layer_parameters(layers: Iterable[Layer]) -> int:
    """Trainable weights of some layers."""
    return sum(
        _layer_parameters(
            layer.operator, layer.in_channels, layer.out_channels, layer.stride, tuple(sorted(layer.options.items()))
        )
        for layer in layers
    )


@lru_cache(maxsize=4096)
def _layer_parameters(
    operator: str, in_channels: int, out_channels: int, stride: int, options: tuple[tuple[str, object], ...]
) -> int:
    """Built once a kind: a plan has many layers and few kinds, and the operator itself knows best what it owns."""
    layer = Layer(operator, (-1,), in_channels, out_channels, stride, options=dict(options))
    return count_parameters(build_operator(layer, torch.Generator().manual_seed(0)))
