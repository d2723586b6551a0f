"""What golden tests share."""

from functools import cache

import pytest
import torch

from nasray.core.network_plan import Layer
from nasray.models.operators import OPERATORS


@cache
def _parameters(operator, read, written, stride, options):
    layer = Layer(operator, (0,), read, written, stride, options=dict(options))
    with torch.device("meta"):  # shapes only: a network of 30 million weights takes no memory
        return sum(weight.numel() for weight in OPERATORS[operator](layer).parameters())


def layer_parameters(layer):
    """Number of weights of one layer."""
    options = tuple(sorted(layer.options.items()))
    return _parameters(layer.operator, layer.in_channels, layer.out_channels, layer.stride, options)


@pytest.fixture(scope="session")
def plan_parameters():
    """Counts the weights of a plan."""
    return lambda plan: sum(map(layer_parameters, plan.layers))
