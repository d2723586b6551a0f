import numpy as np
import pytest
import torch

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.models.build import build, count_parameters
from nasray.models.parameter_count import plan_parameters
from nasray.predictors.flops import Flops
from nasray.predictors.live_parameters import LiveParameters
from nasray.predictors.parameters import Parameters
from nasray.spaces.hat import Hat
from nasray.spaces.nasbench201 import NasBench201


def test_the_published_range_of_nasbench201():
    space = NasBench201(channels=16, cells_per_stage=5)
    predictor = Parameters(space=space, input_shape=(3, 32, 32), n_classes=10)
    cells = [space.from_text(f"|{op}~0|+|{op}~0|{op}~1|+|{op}~0|{op}~1|{op}~2|") for op in ("none", "nor_conv_3x3")]
    # Dong and Yang 2020: 0.073 to 1.532 M.
    np.testing.assert_array_equal(predictor.predict(cells), [73_306, 1_531_546])
    assert predictor.higher_is_better


def test_counting_is_building():
    space = NasBench201(channels=4, cells_per_stage=1)
    rng = np.random.default_rng(0)
    for _ in range(20):
        plan = space.plan(space.sample(rng), (1, 8, 8), 7)
        assert plan_parameters(plan) == count_parameters(build(plan, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"input_shape": (3, 0, 32)}, r"input_shape \(\[3, 0, 32\]\) must be channels, height and width"),
        ({"input_shape": (3, 32)}, r"input_shape \(\[3, 32\]\) must be channels, height and width"),
        ({"n_classes": 1}, r"n_classes \(1\) must be at least 2"),
    ],
)
def test_impossible_images_are_refused(settings, message):
    space = NasBench201(channels=4, cells_per_stage=1)
    with pytest.raises(ConfigError, match=message):
        Parameters(**{"space": space, "input_shape": (3, 32, 32), "n_classes": 10} | settings)


def test_a_space_without_networks_is_refused():
    with pytest.raises(CapabilityError, match="Parameters needs a space with ModuleView"):
        Parameters(space=object(), input_shape=(3, 32, 32), n_classes=10)


@pytest.mark.parametrize(
    ("predictor", "expected"),
    [
        # Encoder: projections 8 + feed-forward 4 + norms 4; decoder: 8 + attention to the encoder 8 + 4 + 6.
        (Parameters, 16 + 26),
        (LiveParameters, 16 + 26),
        # 30 words. Three attentions of 4 * 30 + 2 * 900, two feed-forwards of 60, and what is not a matrix product:
        # norms 30 * 7, scaling 33 * 3, 60.
        (Flops, 3 * 1_920 + 2 * 60 + 210 + 99 + 60),
    ],
)
def test_transformers_are_counted_without_a_network(predictor, expected):
    ones = ("encoder_dims", "encoder_layers", "encoder_ffn_dims", "encoder_heads", "decoder_dims", "decoder_layers")
    ones += ("decoder_ffn_dims", "decoder_heads", "cross_heads")
    space = Hat(**{name: [1] for name in ones}, cross_reach=[-1], qkv_dim=1)
    counted = predictor(space=space, input_shape=(3, 32, 32), n_classes=10)
    np.testing.assert_array_equal(counted.predict([Architecture((0,) * len(space.sizes))]), [expected])
