"""Each operator against numbers computed by hand."""

import sys
import types

import pytest
import torch
from torch import nn

from nasray.core.errors import ConfigError
from nasray.core.network_plan import Layer
from nasray.models.operators import OPERATORS, build_operator


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def operator(name, in_channels=1, out_channels=None, stride=1, **options):
    layer = Layer(name, (-1,), in_channels, out_channels or in_channels, stride, options=options)
    return build_operator(layer, generator())


def image(*rows):
    return torch.tensor(rows, dtype=torch.float32)[None, None]


NINE = image([1, 2, 3], [4, 5, 6], [7, 8, 9])


def test_max_pool_takes_the_largest_of_each_window():
    assert operator("max_pool")(NINE).tolist() == [[[[5, 6, 6], [8, 9, 9], [8, 9, 9]]]]
    assert operator("max_pool", stride=2)(NINE).tolist() == [[[[5, 6], [8, 9]]]]


def test_avg_pool_leaves_padding_out_of_the_mean():
    # corner: (1+2+4+5)/4, edge: (1+...+6)/6, centre: 45/9
    assert operator("avg_pool")(NINE).tolist() == [[[[3, 3.5, 4], [4.5, 5, 5.5], [6, 6.5, 7]]]]
    assert operator("avg_pool", stride=2)(NINE).tolist() == [[[[3, 4], [6, 7]]]]


def test_an_even_kernel_equal_to_the_stride_pools_without_padding():
    assert operator("max_pool", stride=2, kernel=2)(NINE).tolist() == [[[[5, 6], [8, 9]]]]


def test_avg_pool_conv_averages_two_by_two_and_then_mixes_channels():
    module = operator("avg_pool_conv", 1, 2, 2)
    conv = next(part for part in module.modules() if isinstance(part, nn.Conv2d))
    assert conv.bias is None
    assert conv.weight.shape == (2, 1, 1, 1)
    conv.weight.data = torch.tensor([1.0, -2.0]).view(2, 1, 1, 1)
    # windows of 3x3 by twos, the last ones cut off: 3, (3+6)/2, (7+8)/2, 9
    assert module(NINE).tolist() == [[[[3, 4.5], [7.5, 9]], [[-6, -9], [-15, -18]]]]


def test_conv_sums_its_neighbourhood():
    conv = operator("conv")
    conv.weight.data.fill_(1.0)
    assert conv(NINE).tolist() == [[[[12, 21, 16], [27, 45, 33], [24, 39, 28]]]]
    assert conv.bias is None


def test_dilation_reaches_further_and_keeps_the_size():
    conv = operator("conv", dilation=2)
    conv.weight.data.fill_(1.0)
    assert conv(image([1, 0, 0], [0, 0, 0], [0, 0, 2])).tolist() == [[[[3, 0, 3], [0, 0, 0], [3, 0, 3]]]]


def test_groups_split_the_channels():
    assert operator("conv", 4, 4, groups=4, kernel=1).weight.shape == (4, 1, 1, 1)


def test_the_named_chains_are_in_order():
    kinds = {
        "conv_bn": ["Conv2d", "BatchNorm2d"],
        "conv_bn_relu": ["Conv2d", "BatchNorm2d", "ReLU"],
        "relu_conv_bn": ["ReLU", "Conv2d", "BatchNorm2d"],
        "bn_relu": ["BatchNorm2d", "ReLU"],
    }
    for name, wanted in kinds.items():
        assert [type(part).__name__ for part in operator(name, 2)] == wanted


def test_relu_identity_and_their_input_stay_apart():
    x = image([-1, 2])
    assert operator("relu")(x).tolist() == [[[[0, 2]]]]
    assert operator("relu_conv_bn")(x).shape == (1, 1, 1, 2)
    assert operator("identity")(x).tolist() == [[[[-1, 2]]]]
    assert x.tolist() == [[[[-1, 2]]]]  # other edges read the same tensor


def test_zero_honours_stride_and_channels_even_for_nan():
    assert operator("zero")(image([float("nan"), 1])).tolist() == [[[[0, 0]]]]
    assert operator("zero", 1, 3, 2)(torch.ones(2, 1, 5, 4)).shape == (2, 3, 3, 2)


def test_global_avg_pool_and_linear():
    assert operator("global_avg_pool")(NINE).tolist() == [[[[5]]]]
    linear = operator("linear", 4, 2)
    assert linear(torch.ones(3, 1, 2, 2)).shape == (3, 2)  # flattens
    assert linear[1].bias.tolist() == [0, 0]


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("name", ["conv", "conv_bn", "conv_bn_relu", "relu_conv_bn", "max_pool", "avg_pool", "zero"])
def test_stride_two_halves_and_rounds_up(name, size):
    assert operator(name, 2, stride=2)(torch.ones(2, 2, size, size)).shape == (2, 2, (size + 1) // 2, (size + 1) // 2)


def test_initial_weights_are_he_normal_one_and_zero():
    module = operator("conv_bn", 64, 64)
    assert module[0].weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert module[1].weight.tolist() == [1.0] * 64
    assert module[1].bias.tolist() == [0.0] * 64
    assert operator("linear", 512, 64)[1].weight.std().item() == pytest.approx(0.01, rel=0.02)


def noisy_builder(layer):
    """A builder with an initialisation of its own, drawn from torch's global stream."""
    return nn.Conv2d(layer.in_channels, layer.out_channels, 1)


def not_a_module(layer):
    return "module"


def test_weights_come_from_the_generator_and_leave_the_global_stream_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "plugin", types.SimpleNamespace(make=noisy_builder))
    for name in [*OPERATORS, "plugin.make"]:
        layer = Layer(name, (-1,), 2, 2, 2 if name in ("avg_pool_conv", "factorized_reduce") else 1)
        weights = []
        for global_seed, seed in ((1, 0), (2, 0), (3, 5)):
            torch.manual_seed(global_seed)
            before = torch.get_rng_state()
            weights.append(list(build_operator(layer, generator(seed)).parameters()))
            assert torch.equal(torch.get_rng_state(), before)
        assert all(map(torch.equal, weights[0], weights[1]))
        if any(weight.ndim > 1 for weight in weights[0]):
            assert not all(map(torch.equal, weights[0], weights[2]))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Layer("conv_3x3", (-1,), 1, 1), r"'conv_3x3' is unknown; known are conv, .*linear: use one of them, or the"),
        (Layer("conv", (-1,), 1, 1, options={"kernell": 3}), r"conv got options \['kernell'\]; it knows .*'kernel'"),
        (Layer("relu", (-1,), 1, 1, options={"kernel": 3}), r"relu got options \['kernel'\]"),
        (Layer("conv", (-1,), 1, 1, options={"kernel": 2}), "kernel 2 with stride 1; an even kernel cannot be centred"),
        (Layer("conv", (-1,), 4, 6, options={"groups": 4}), "groups 4; it must divide 4 and 6 channels"),
        (Layer("max_pool", (-1,), 1, 2), "got 1 -> 2 channels; it cannot change their number: put a 1x1 conv"),
        (Layer("identity", (-1,), 1, 1, 2), "identity got stride 2; it works with stride 1 only"),
        (Layer("avg_pool_conv", (-1,), 1, 1, 1), "avg_pool_conv got stride 1; it halves the image"),
        (Layer("no.such.builder", (-1,), 1, 1), "'no.such.builder' cannot be imported .*correct the path"),
        (Layer("math.no_such", (-1,), 1, 1), "'math.no_such' cannot be imported"),
    ],
)
def test_impossible_layers_are_refused(layer, message):
    with pytest.raises(ConfigError, match=message):
        build_operator(layer, generator())


def test_a_builder_must_return_a_module(monkeypatch):
    monkeypatch.setitem(sys.modules, "plugin", types.SimpleNamespace(make=not_a_module))
    with pytest.raises(ConfigError, match=r"'plugin.make' returned a str; it must return a torch.nn.Module"):
        build_operator(Layer("plugin.make", (-1,), 1, 1), generator())
