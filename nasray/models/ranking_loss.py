"""Three ways to say that scores should order architectures as their labels do."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

Loss = Callable[[Tensor, Tensor], Tensor]


def mse(scores: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of ``(A,)`` scores, TG-NAS's loss."""
    return ((scores - labels) ** 2).mean()


def pairwise(scores: Tensor, labels: Tensor) -> Tensor:
    """Mean logistic loss over all pairs of unequal labels (Burges et al. 2005, RankNet, equation 3).

    https://doi.org/10.1145/1102351.1102363. 0 where no two labels differ.
    """
    above = (labels[:, None] > labels[None, :]).float()
    losses = F.softplus(scores[None, :] - scores[:, None]) * above
    return losses.sum() / above.sum().clamp(min=1.0)


def listwise(scores: Tensor, labels: Tensor) -> Tensor:
    """ListMLE: minus the mean log-likelihood of the labels' order (Xia et al. 2008, equation 7).

    https://doi.org/10.1145/1390156.1390306. Equal labels stand in the order in which they came.
    """
    ordered = scores[torch.argsort(labels, descending=True, stable=True)]
    rest = torch.logcumsumexp(ordered.flip(0), 0).flip(0)
    return (rest - ordered).mean()


LOSSES: Mapping[str, Loss] = {"mse": mse, "pairwise": pairwise, "listwise": listwise}
"""By the name that settings use."""
