"""SNIP: first-order effect of removing each weight."""

from nasray.models.zero_cost.subject import Subject


def snip(subject: Subject) -> float:
    """Sum over weights of |gradient * weight|.

    Lee et al. 2019, "SNIP: Single-shot Network Pruning based on Connection Sensitivity",
    https://arxiv.org/abs/1810.02340, as a sum over the network. The derivative by a mask at one is gradient times
    weight, so no mask is needed.
    """
    return sum(float((weight * gradient).abs().sum()) for weight, gradient in subject.gradients())
