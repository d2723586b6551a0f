"""Multiply-adds, by hand and against what NAS-Bench-201 publishes."""

import pytest
import torch
from torch import nn

from nasray.core.architecture import Architecture
from nasray.models.build import build
from nasray.models.multiply_adds import count_multiply_adds
from nasray.spaces.nasbench201 import NasBench201


def test_a_convolution_and_a_linear_layer():
    # 3x3 convolution from 3 to 4 channels, stride 2 on 8x8: 4 x 4 places x 9 x 3 x 4; then 4 to 5 features.
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)
    )
    assert count_multiply_adds(module, (3, 8, 8)) == 16 * 27 * 4 + 20


def test_a_grouped_convolution_counts_its_own_inputs_only():
    assert count_multiply_adds(nn.Conv2d(6, 6, 3, padding=1, groups=6), (6, 5, 5)) == 25 * 9 * 6


@pytest.mark.parametrize(
    ("operator", "millions"),
    # Dong and Yang 2020 (arXiv 2001.00326), the smallest and the largest network of the benchmark, on 32x32 images.
    [(0, 7.78), (3, 220.12)],
)
def test_the_published_range_of_nasbench201(operator, millions):
    space = NasBench201(channels=16, cells_per_stage=5)
    plan = space.plan(Architecture((operator,) * 6), (3, 32, 32), 10)
    module = build(plan, torch.Generator().manual_seed(0))
    assert round(count_multiply_adds(module, (3, 32, 32)) / 1e6, 2) == millions


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_as_before(training):
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).train(training)
    before, state = {name: value.clone() for name, value in module.state_dict().items()}, torch.get_rng_state()
    count_multiply_adds(module, (1, 6, 6))
    assert module.training is training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(layer._forward_hooks for layer in module)
