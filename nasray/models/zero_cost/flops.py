"""Multiply-adds as a zero-cost proxy."""

from nasray.models.multiply_adds import count_multiply_adds
from nasray.models.zero_cost.subject import Subject


def flops(subject: Subject) -> float:
    """Multiply-adds of convolutions and linear layers for one image.

    NAS-Bench-Suite-Zero counts additions of batch norms, activations and pooling as well (222.9 million for the largest
    cell of NAS-Bench-201 where this is 220.1); the order is nearly the same.
    """
    return float(count_multiply_adds(subject.network, subject.plan.input_shape))
