"""Correlation of the gradients of images of one class as a zero-cost proxy."""

import math

import numpy as np

from nasray.models.zero_cost.input_gradients import input_gradients
from nasray.models.zero_cost.subject import Subject

K = 1e-5
MANY_CLASSES = 100


def epe_nas(subject: Subject) -> float:
    """Sum over classes of |sum over pairs of images of log(|correlation| + k)|.

    Lopes et al. 2021, "EPE-NAS: Efficient Performance Estimation Without Training for Neural Architecture Search",
    https://arxiv.org/abs/2102.08099. With more than 100 classes: the mean difference between the sums of two classes,
    each divided by its number of images.
    """
    gradients, labels = input_gradients(subject), subject.y_B.numpy()
    if not gradients.any(axis=1).all():
        return math.nan
    sums = {label: _log_correlations(gradients[labels == label]) for label in np.unique(labels)}
    if subject.plan.n_classes <= MANY_CLASSES:
        return float(sum(abs(total) for total in sums.values()))
    means = [total / np.count_nonzero(labels == label) for label, total in sums.items()]
    return float(sum(abs(one - other) for one in means for other in means) / len(means))


def _log_correlations(gradients: np.ndarray) -> float:
    """Of the images of one class; one image correlates with itself."""
    return float(np.log(np.abs(np.corrcoef(gradients)) + K).sum())
