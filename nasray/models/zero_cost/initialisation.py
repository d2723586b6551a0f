"""How the weights of an untrained network are drawn: proxies depend on it."""

import math
from typing import Literal

import torch
from torch import nn

Initialisation = Literal["torch", "he"]
INITIALISATIONS = ("torch", "he")


@torch.no_grad()
def initialise(network: nn.Module, scheme: Initialisation, rng: torch.Generator) -> None:
    """Draw the weights of all convolutions and linear layers anew.

    ``torch`` is what a plain ``nn.Conv2d`` begins with (uniform within 1 / sqrt(fan-in), linear biases too), as the
    networks of NAS-Bench-Suite-Zero did; ``he`` is He et al. 2015 by fan-in, as in AZ-NAS. Batch norms begin as ones
    and zeros in both.
    """
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            fan_in = part.weight[0].numel()
            if scheme == "he":
                part.weight.normal_(0.0, math.sqrt(2.0 / fan_in), generator=rng)
            else:
                bound = 1.0 / math.sqrt(fan_in)
                part.weight.uniform_(-bound, bound, generator=rng)
                if part.bias is not None:
                    part.bias.uniform_(-bound, bound, generator=rng)
