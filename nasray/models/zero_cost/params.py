"""Number of weights as a zero-cost proxy."""

from nasray.models.build import count_parameters
from nasray.models.zero_cost.subject import Subject


def params(subject: Subject) -> float:
    """Trainable weights, those of batch norms and of unused layers included."""
    return float(count_parameters(subject.network))
