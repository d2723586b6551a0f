"""Losses on three scores, by hand."""

import math

import pytest
import torch

from nasray.models.ranking_loss import listwise, mse, pairwise

SCORES, LABELS = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.0, 2.0, 1.0])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_mean_squared_error():
    assert mse(SCORES, LABELS).item() == pytest.approx(2 / 3)


def test_pairs_of_unequal_labels_count():
    """The pairs, better first: (1, 0) 1 ahead, (2, 0) 2 ahead, (1, 2) 1 behind."""
    expected = (softplus(-1) + softplus(-2) + softplus(1)) / 3
    assert pairwise(SCORES, LABELS).item() == pytest.approx(expected, abs=1e-6)


def test_equal_labels_are_no_pair():
    assert pairwise(SCORES, torch.ones(3)).item() == 0.0


def test_the_order_of_the_labels_is_drawn_from_the_scores():
    """Order 1, 2, 0: chances e/(1+e+e^2), e^2/(1+e^2), 1."""
    e = math.e
    expected = -(math.log(e / (1 + e + e**2)) + math.log(e**2 / (1 + e**2))) / 3
    assert listwise(SCORES, LABELS).item() == pytest.approx(expected, abs=1e-6)
