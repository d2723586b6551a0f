"""The operators that blocks of published networks need, against numbers computed by hand."""

import pytest
import torch
from torch import nn

from nasray.core.errors import ConfigError
from nasray.core.network_plan import Layer
from nasray.models.build import count_parameters
from nasray.models.operators import build_operator

PLANES = torch.arange(4.0).view(1, 4, 1, 1).expand(1, 4, 2, 2)
"""Four channels that hold their own number."""


def made(name, read=4, written=None, stride=1, **options):
    layer = Layer(name, (-1,), read, written or read, stride, options=options)
    return build_operator(layer, torch.Generator().manual_seed(0))


def test_keep_last_takes_the_last_channels():
    assert made("keep_last", 4, 2)(PLANES)[0, :, 0, 0].tolist() == [2, 3]


def test_a_shuffle_deals_the_channels_of_its_groups_in_turn():
    assert made("channel_shuffle", groups=2)(PLANES)[0, :, 0, 0].tolist() == [0, 2, 1, 3]


def test_squeeze_and_excitation_weights_channels_by_their_means():
    module = made("squeeze_excitation", 2, squeeze=1)
    assert count_parameters(module) == (2 * 1 + 1) + (1 * 2 + 2)
    convs = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    assert all(not bool(conv.bias.any()) for conv in convs)
    convs[0].weight.data = torch.tensor([1.0, 1.0]).view(1, 2, 1, 1)
    convs[1].weight.data = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)
    x = torch.tensor([[1.0, 3.0], [0.0, -2.0]]).view(1, 2, 1, 2)
    # means 2 and -1; squeezed 1, rectified 1; excited 1 and -1: factors 1/(1+1/e) and 1/(1+e)
    up, down = 1 / (1 + torch.e**-1), 1 / (1 + torch.e)
    assert torch.allclose(module(x).flatten(), torch.tensor([up, 3 * up, 0.0, -2 * down]))


def test_squeeze_and_excitation_may_have_silu_inside():
    assert any(isinstance(part, nn.SiLU) for part in made("squeeze_excitation", squeeze=2, silu=1).modules())
    assert not any(isinstance(part, nn.SiLU) for part in made("squeeze_excitation", squeeze=2).modules())


def test_conv_bn_silu_and_bn_are_what_they_are_called():
    assert [type(part) for part in made("conv_bn_silu")] == [nn.Conv2d, nn.BatchNorm2d, nn.SiLU]
    assert isinstance(made("bn"), nn.BatchNorm2d)


@pytest.mark.parametrize(
    ("name", "read", "written", "stride", "options", "message"),
    [
        ("keep_last", 2, 4, 1, {}, "it keeps some of what it gets"),
        ("keep_last", 2, 2, 2, {}, "works with stride 1 only"),
        ("channel_shuffle", 4, 4, 1, {"groups": 3}, "groups 3; it must divide 4"),
        ("channel_shuffle", 4, 2, 1, {}, "cannot change their number"),
        ("squeeze_excitation", 4, 4, 1, {"squeeze": 0}, "got squeeze 0 and silu 0"),
        ("squeeze_excitation", 4, 4, 1, {"silu": 2}, "got squeeze 1 and silu 2"),
        ("squeeze_excitation", 4, 2, 1, {}, "cannot change their number"),
        ("bn", 4, 2, 1, {}, "cannot change their number"),
        ("bn", 4, 4, 2, {}, "works with stride 1 only"),
    ],
)
def test_impossible_ones_are_refused(name, read, written, stride, options, message):
    with pytest.raises(ConfigError, match=message):
        made(name, read, written, stride, **options)
