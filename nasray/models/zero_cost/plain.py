"""First-order effect of removing all weights, signed, as a zero-cost proxy."""

from nasray.models.zero_cost.subject import Subject


def plain(subject: Subject) -> float:
    """Sum over weights of gradient times weight.

    Abdelfattah et al. 2021, "Zero-Cost Proxies for Lightweight NAS", https://arxiv.org/abs/2101.08134. The loss of a
    layer in front of a batch norm does not depend on the scale of its weights, so its terms cancel to rounding error;
    what is left comes from the classifier, and depends on the draw of weights more than on the architecture.
    """
    return sum(float((weight * gradient).sum()) for weight, gradient in subject.gradients())
