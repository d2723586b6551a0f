"""NASWOT: how differently images switch the units of an untrained network."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nasray.models.zero_cost.subject import Subject


@torch.no_grad()
def nwot(subject: Subject) -> float:
    """Logarithm of the determinant of the ``(B, B)`` matrix of how many units two images switch alike.

    Mellor et al. 2021, "Neural Architecture Search without Training", https://arxiv.org/abs/2006.04647, over the inputs
    of all ReLUs. Minus infinity if two images switch all units alike.
    """
    n = len(subject.x_BCHW)
    alike_BB = torch.zeros((n, n), dtype=torch.float64)  # noqa: N806

    def count(_: nn.Module, inputs: Any, __: Tensor) -> None:
        on = (inputs[0] > 0).flatten(1).float()
        alike_BB.add_(on @ on.T + (1 - on) @ (1 - on).T)

    for part in subject.network.modules():
        if isinstance(part, nn.ReLU):
            part.register_forward_hook(count)
    subject.network(subject.x_BCHW)
    return float(np.linalg.slogdet(alike_BB.numpy())[1])
