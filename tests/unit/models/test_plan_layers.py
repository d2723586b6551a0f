"""The layers that are read off a plan are those of the modules that are built of it."""

from math import prod

import pytest
import torch
from torch import nn

from nasray.core.errors import ConfigError
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.operators import OPERATORS, build_operator
from nasray.models.parameter_count import plan_parameters
from nasray.models.plan_layers import layers_by_stage, staged_layers

# Operator -> (channels out for 4 in, stride, options); the image is 4 x 7 x 10.
CASES = {
    "conv": (6, 2, {"kernel": 5, "dilation": 2, "groups": 2}),
    "conv_bn": (6, 1, {"kernel": 1}),
    "conv_bn_relu": (6, 2, {}),
    "conv_bn_silu": (6, 1, {}),
    "relu_conv_bn": (6, 1, {}),
    "bn": (4, 1, {}),
    "bn_relu": (4, 1, {}),
    "relu": (4, 1, {}),
    "sep_conv": (6, 2, {"kernel": 5}),
    "dil_conv": (6, 2, {"kernel": 3}),
    "factorized_reduce": (7, 2, {}),
    "truncate": (3, 1, {}),
    "keep_last": (3, 1, {}),
    "channel_shuffle": (4, 1, {}),
    "squeeze_excitation": (4, 1, {"squeeze": 2}),
    "max_pool": (4, 2, {"kernel": 2}),
    "avg_pool": (4, 2, {"kernel": 3}),
    "avg_pool_conv": (6, 2, {}),
    "identity": (4, 1, {}),
    "zero": (6, 2, {}),
    "global_avg_pool": (4, 1, {}),
}


def plan_of(*layers, shape=(4, 7, 10)):
    return NetworkPlan(layers, shape, 2)


def texts(plan):
    return [layer.structure() for _, layer in staged_layers(plan)]


def test_every_operator_is_covered():
    assert {*CASES, "linear"} == set(OPERATORS)


@pytest.mark.parametrize("operator", CASES)
def test_sizes_and_convolutions_are_those_of_the_module(operator):
    width, stride, options = CASES[operator]
    layer = Layer(operator, (-1,), 4, width, stride, options=options)
    found = [one for _, one in staged_layers(plan_of(layer))]
    module = build_operator(layer, torch.Generator().manual_seed(0))

    assert found[-1].out_size == tuple(module(torch.randn(2, 4, 7, 10)).shape[1:])
    convs = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    read = [one for one in found if one.family == "conv"]
    assert [
        (one.in_size[0], one.out_size[0], one.kernel, one.stride, one.dilation, one.groups, one.bias_used)
        for one in read
    ] == [
        (c.in_channels, c.out_channels, c.kernel_size, c.stride, c.dilation[0], c.groups, c.bias is not None)
        for c in convs
    ]
    names = {nn.BatchNorm2d: "batch_norm", nn.ReLU: "relu", nn.SiLU: "silu"}
    plain = [names[type(part)] for part in module.modules() if type(part) in names]
    assert [one.name for one in found if one.name in names.values()] == plain
    pools = [part for part in module.modules() if isinstance(part, nn.MaxPool2d | nn.AvgPool2d)]
    assert len(pools) <= sum(one.family == "pooling" for one in found)


def test_what_a_residual_block_consists_of():
    plan = plan_of(
        Layer("conv_bn", (-1,), 4, 4, options={"kernel": 3}, stage="block0"),
        Layer("relu", (0, -1), 4, 4, stage="block0"),
        Layer("identity", (0, 1), 8, 8, merge="concat", stage="block1"),
        Layer("identity", (2,), 8, 8, stage="block1"),
        Layer("linear", (3,), 8 * 70, 2, stage="head"),
    )
    assert texts(plan) == [
        "conv in_size=4,7,10 out_size=4,7,10 kernel=3,3 stride=1,1 padding=1,1,1,1 dilation=1 groups=1 bias_used=false",
        "other name=batch_norm in_size=4,7,10 out_size=4,7,10 value=",
        "other name=add in_size=4,7,10 out_size=4,7,10 value=2",
        "other name=relu in_size=4,7,10 out_size=4,7,10 value=",
        "other name=concat in_size=8,7,10 out_size=8,7,10 value=4,4",
        "other name=identity in_size=8,7,10 out_size=8,7,10 value=",
        "fc in_size=560,1,1 out_size=2,1,1 bias_used=true",
    ]
    assert [stage for stage, _ in staged_layers(plan)] == ["block0"] * 4 + ["block1"] * 2 + ["head"]
    assert [layer.id for _, layer in staged_layers(plan)] == list(range(7))
    assert {stage: len(layers) for stage, layers in layers_by_stage(plan).items()} == {
        "block0": 4,
        "block1": 2,
        "head": 1,
    }


def test_an_even_window_hangs_over_the_end():
    (layer,) = texts(plan_of(Layer("max_pool", (-1,), 4, 4, 2, options={"kernel": 2})))
    assert layer == ("pooling type=max in_size=4,7,10 out_size=4,4,5 kernel=2,2 stride=2,2 padding=0,1,0,0 dilation=1")


def test_an_even_convolution_leaves_the_last_pixel_out():
    (layer,) = texts(plan_of(Layer("conv", (-1,), 4, 4, 2, options={"kernel": 2})))
    assert "out_size=4,3,5 kernel=2,2" in layer


def test_an_operator_from_elsewhere_keeps_its_name():
    (layer,) = texts(plan_of(Layer("somewhere.else.build", (-1,), 4, 6, 2)))
    assert layer == "other name=somewhere.else.build in_size=4,7,10 out_size=6,4,5 value="


def test_the_weights_can_be_counted_from_the_layers():
    plan = plan_of(*(Layer(name, (-1,), 4, width, stride, options=o) for name, (width, stride, o) in CASES.items()))
    layers = [layer for _, layer in staged_layers(plan)]
    convs = sum(
        prod(one.kernel) * one.in_size[0] // one.groups * one.out_size[0] + one.bias_used * one.out_size[0]
        for one in layers
        if one.family == "conv"
    )
    norms = sum(2 * one.in_size[0] for one in layers if one.name == "batch_norm")
    assert plan_parameters(plan) == convs + norms


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Layer("mystery", (-1,), 4, 4, stage="block3")], r"layer 0 of the plan \(mystery, block3\) has an operator"),
        (
            [Layer("conv", (-1,), 4, 4, 2), Layer("relu", (0, -1), 4, 4)],
            r"layer 1 of the plan \(relu, no stage\) merges inputs of sizes",
        ),
        (
            [Layer("conv", (-1,), 4, 4, options={"groups": 3}, stage="block7")],
            r"layer 0 of the plan \(conv, block7\) reads \(4, 7, 10\): layer 0 \(conv\): .*groups \(3\)",
        ),
        (
            [Layer("max_pool", (-1,), 4, 4, 2, options={"kernel": 4}, stage="block7")],
            r"layer 0 of the plan \(max_pool, block7\) reads .*: kernel 4 with stride 2 cannot be centred",
        ),
    ],
)
def test_plans_that_do_not_fit_are_refused(layers, message):
    with pytest.raises(ConfigError, match=message):
        staged_layers(plan_of(*layers))
