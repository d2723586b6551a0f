"""Correlation of the gradients of different images as a zero-cost proxy."""

import math

import numpy as np

from nasray.models.zero_cost.input_gradients import input_gradients
from nasray.models.zero_cost.subject import Subject

K = 1e-5


def jacov(subject: Subject) -> float:
    """Minus the sum over eigenvalues v of the images' correlation matrix of log(v + k) + 1 / (v + k).

    Mellor et al. 2020, first version of "Neural Architecture Search without Training",
    https://arxiv.org/abs/2006.04647v1. At most -B for B images, if their gradients are uncorrelated.
    """
    gradients = input_gradients(subject)
    if not gradients.any(axis=1).all():
        return math.nan
    values = np.linalg.eigvalsh(np.corrcoef(gradients)) + K
    return float(-np.sum(np.log(values) + 1.0 / values)) if values.min() > 0 else math.nan
