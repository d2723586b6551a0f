"""GraSP: effect of removing each weight on the flow of gradients."""

import torch

from nasray.models.zero_cost.subject import Subject


def grasp(subject: Subject) -> float:
    """Minus the sum over weights of weight times (Hessian @ gradient).

    Wang et al. 2020, "Picking Winning Tickets Before Training by Preserving Gradient Flow",
    https://arxiv.org/abs/2002.07376, temperature 1, one batch for both passes, summed over the network with the sign of
    Abdelfattah et al. 2021. Its size ranges over ten orders of magnitude on cells whose gradients explode.
    """
    weights = [layer.weight for layer in subject.weighted_layers()]
    gradients = torch.autograd.grad(subject.loss(), weights, create_graph=True, allow_unused=True)
    used = [(weight, gradient) for weight, gradient in zip(weights, gradients, strict=True) if gradient is not None]
    # One pass serves both: the batch norms are in training mode, so a second pass would give the same gradient.
    flow = sum((gradient.detach() * gradient).sum() for _, gradient in used)
    curved = torch.autograd.grad(flow, [weight for weight, _ in used], allow_unused=True)  # type: ignore[arg-type]
    return -sum(
        float((weight.detach() * product).sum())
        for (weight, _), product in zip(used, curved, strict=True)
        if product is not None
    )
