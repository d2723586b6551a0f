"""SynFlow: how much flows through all paths, without data."""

import math

import torch
from torch import nn

from nasray.models.zero_cost.subject import Subject


def synflow(subject: Subject) -> float:
    """Logarithm of the sum over weights of |weight * gradient| of the summed outputs for an image of ones.

    Tanaka et al. 2020, "Pruning neural networks without any data by iteratively conserving synaptic flow",
    https://arxiv.org/abs/2006.05467: weights are replaced by their sizes, batch norms by nothing, in double precision
    since the products overflow. 0 where nothing flows, as in NAS-Bench-Suite-Zero.
    """
    _drop_normalisation(subject.network)
    network = subject.network.double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.abs_()
    ones = torch.ones((1, *subject.plan.input_shape), dtype=torch.float64)
    network(ones).sum().backward()
    weights = [layer.weight for layer in subject.weighted_layers()]
    flow = sum(float((one.detach() * one.grad).abs().sum()) for one in weights if one.grad is not None)
    return math.log(flow) if flow > 0 else 0.0


def _drop_normalisation(network: nn.Module) -> None:
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, nn.Identity())
