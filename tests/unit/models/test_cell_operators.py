"""The operators of DARTS and TransNAS cells, and of cells of one's own."""

import pytest
import torch

from nasray.core.errors import ConfigError
from nasray.core.network_plan import Layer
from nasray.models.build import count_parameters
from nasray.models.operators import OPERATORS, build_operator
from nasray.spaces.cell_operators import CELL_OPERATORS


def made(operator, read=4, written=4, stride=1, **options):
    layer = Layer(operator, (0,), read, written, stride, options=options)
    return build_operator(layer, torch.Generator().manual_seed(0))


# Depthwise k*k*C, mixing C*C', batch norm 2*C'; the separable convolution has the block twice, first C -> C.
@pytest.mark.parametrize(
    ("operator", "kernel", "weights"),
    [
        ("sep_conv", 3, (9 * 4 + 16 + 8) + (9 * 4 + 24 + 12)),
        ("sep_conv", 5, (25 * 4 + 16 + 8) + (25 * 4 + 24 + 12)),
        ("dil_conv", 3, 9 * 4 + 24 + 12),
        ("dil_conv", 5, 25 * 4 + 24 + 12),
    ],
)
@pytest.mark.parametrize(("size", "stride"), [(7, 1), (7, 2), (8, 2), (1, 2)])
def test_separable_and_dilated(operator, kernel, weights, size, stride):
    module = made(operator, 4, 6, stride, kernel=kernel)
    assert module(torch.randn(2, 4, size, size)).shape == (2, 6, -(-size // stride), -(-size // stride))
    assert count_parameters(module) == weights


def test_the_dilated_convolution_reads_every_second_pixel():
    module = made("dil_conv", 1, 1, kernel=3)
    x = torch.zeros(1, 1, 9, 9, requires_grad=True)
    relu, depthwise, *_ = module
    depthwise(x)[0, 0, 4, 4].backward()
    assert sorted(set(x.grad[0, 0].nonzero().flatten().tolist())) == [2, 4, 6]
    assert isinstance(relu, torch.nn.ReLU)


@pytest.mark.parametrize("size", [1, 7, 8])
def test_factorized_reduce_sees_every_pixel(size):
    module = made("factorized_reduce", 1, 3, 2)
    x = torch.ones(2, 1, size, size, requires_grad=True)
    out = torch.cat([module.here(x), module.beside(torch.nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:])], 1)
    assert module(x).shape == out.shape == (2, 3, -(-size // 2), -(-size // 2))
    out.sum().backward()
    seen = x.grad[0, 0] != 0
    assert bool(seen[::2, ::2].all())
    assert bool(seen[1::2, 1::2].all())
    assert count_parameters(module) == 3 + 2 * 3


def test_truncate_keeps_the_first_channels():
    x = torch.randn(2, 5, 3, 3)
    assert torch.equal(made("truncate", 5, 2)(x), x[:, :2])


@pytest.mark.parametrize(
    ("operator", "read", "written", "stride", "options", "message"),
    [
        ("factorized_reduce", 4, 4, 1, {}, "got stride 1 and 4 output channels; it halves the image .*set stride 2"),
        ("factorized_reduce", 4, 1, 2, {}, "got stride 2 and 1 output channels"),
        ("factorized_reduce", 4, 4, 2, {"kernel": 3}, r"got options \['kernel'\]"),
        ("truncate", 2, 4, 1, {}, "got 2 -> 4 channels; it keeps some of what it gets and cannot add any"),
        ("truncate", 4, 2, 2, {}, "got stride 2; it works with stride 1 only"),
        ("truncate", 4, 2, 1, {"kernel": 3}, r"got options \['kernel'\]"),
        ("sep_conv", 4, 4, 1, {"dilation": 2}, r"got options \['dilation'\]; it knows \['kernel'\]"),
        ("sep_conv", 4, 4, 1, {"kernel": 4}, "got kernel 4 with stride 1; an even kernel cannot be centred"),
        ("dil_conv", 4, 4, 1, {"groups": 2}, r"got options \['groups'\]"),
    ],
)
def test_impossible_layers(operator, read, written, stride, options, message):
    with pytest.raises(ConfigError, match=message):
        made(operator, read, written, stride, **options)


def test_what_a_cell_may_name_can_be_built_and_nothing_else_fits():
    for operator, options in CELL_OPERATORS.items():
        module = made(operator, **dict.fromkeys(options, 1))
        assert module(torch.randn(2, 4, 5, 5)).shape == (2, 4, 5, 5)
        with pytest.raises(ConfigError, match=r"got options \['warp'\]"):
            made(operator, warp=1)
    others = {"avg_pool_conv", "factorized_reduce", "truncate", "keep_last", "global_avg_pool", "linear"}
    assert set(OPERATORS) - set(CELL_OPERATORS) == others
