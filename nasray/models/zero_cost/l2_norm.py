"""Size of the weights as a zero-cost proxy."""

import torch

from nasray.models.zero_cost.subject import Subject


@torch.no_grad()
def l2_norm(subject: Subject) -> float:
    """Sum over layers of the Euclidean norms of their weights.

    Abdelfattah et al. 2021, "Zero-Cost Proxies for Lightweight NAS", https://arxiv.org/abs/2101.08134. Of untrained
    weights it says how many layers there are and how wide they are.
    """
    return sum(float(layer.weight.norm()) for layer in subject.weighted_layers())
