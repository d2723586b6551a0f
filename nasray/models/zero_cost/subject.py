"""What a zero-cost proxy is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nasray.core.network_plan import NetworkPlan
from nasray.models.network import Network


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """An untrained network and some images. A proxy may change the network: every proxy is given one of its own.

    Attributes:
        network: In training mode, so that batch norms use the statistics of the batch.
        plan: What it was built from.
        x_BCHW: ``(B, C, H, W)`` float32 images.
        y_B: ``(B,)`` int64 labels.
        rng: For proxies that draw.
    """

    network: Network
    plan: NetworkPlan
    x_BCHW: Tensor  # noqa: N815 -- the letters are the axes
    y_B: Tensor  # noqa: N815
    rng: torch.Generator

    def weighted_layers(self) -> Iterator[nn.Conv2d | nn.Linear]:
        """The convolutions and linear layers: what proxies over weights add up. Batch norms are left out, as usual."""
        return (part for part in self.network.modules() if isinstance(part, nn.Conv2d | nn.Linear))

    def gradients(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Weights and their gradients by the loss, of every weighted layer that the logits depend on."""
        self.loss().backward()
        for layer in self.weighted_layers():
            if layer.weight.grad is not None:
                yield layer.weight.detach(), layer.weight.grad

    def loss(self) -> Tensor:
        """Mean cross-entropy of the batch."""
        return nn.functional.cross_entropy(self.network(self.x_BCHW), self.y_B)


Proxy = Callable[[Subject], float]
"""A score, higher is better; NaN or infinite where it cannot be computed, as of a network that no gradient crosses."""
