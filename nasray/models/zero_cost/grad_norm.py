"""Size of the gradient as a zero-cost proxy."""

from nasray.models.zero_cost.subject import Subject


def grad_norm(subject: Subject) -> float:
    """Sum over layers of the Euclidean norms of the loss's gradient by their weights.

    Abdelfattah et al. 2021, "Zero-Cost Proxies for Lightweight NAS", https://arxiv.org/abs/2101.08134.
    """
    return sum(float(gradient.norm()) for _, gradient in subject.gradients())
