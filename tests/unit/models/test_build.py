"""Networks from plans: merges, dead layers, memory, parameter counts."""

import sys
import types
import weakref

import pytest
import torch
from torch import nn

from nasray.core.errors import ConfigError
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import build, count_parameters


def network(*layers, shape=(1, 2, 2), n_classes=2):
    return build(NetworkPlan(layers, shape, n_classes), torch.Generator().manual_seed(0))


X = torch.tensor([[[[1.0, -2.0], [3.0, -4.0]]]])


def test_a_sum_adds_and_a_concat_stacks():
    added = network(Layer("relu", (-1,), 1, 1), Layer("identity", (-1, 0, 0), 1, 1), n_classes=1)
    assert added(X).tolist() == [[[[3, -2], [9, -4]]]]
    stacked = network(Layer("relu", (-1,), 1, 1), Layer("identity", (0, -1), 2, 2, merge="concat"))
    assert stacked(X).tolist() == [[[[1, 0], [3, 0]], [[1, -2], [3, -4]]]]


def test_zeros_in_a_sum_change_nothing_and_zeros_alone_stay_zeros():
    zero = Layer("zero", (-1,), 1, 1)
    assert torch.equal(network(zero, Layer("identity", (0, -1), 1, 1), n_classes=1)(X), X)
    assert not network(zero, zero, Layer("identity", (0, 1), 1, 1), n_classes=1)(X).any()
    beside = network(zero, Layer("identity", (0, -1), 2, 2, merge="concat"))
    assert beside(X)[0].tolist() == [[[0, 0], [0, 0]], X[0, 0].tolist()]


def test_layers_that_nobody_reads_are_counted_and_never_run():
    ran = []
    module = network(
        Layer("conv", (-1,), 1, 1, options={"kernel": 1}),
        Layer("conv", (-1,), 1, 5, options={"kernel": 3}),
        Layer("global_avg_pool", (0,), 1, 1),
        Layer("linear", (2,), 1, 2),
    )
    for operator in module.operators:
        operator.register_forward_hook(lambda part, *_: ran.append(type(part).__name__))
    assert module(X).shape == (1, 2)
    assert ran == ["Conv2d", "AdaptiveAvgPool2d", "Sequential"]
    assert count_parameters(module) == 1 + 45 + (2 + 2)


def test_frozen_weights_are_not_counted():
    module = network(Layer("conv", (-1,), 1, 2))
    module.requires_grad_(False)
    assert count_parameters(module) == 0


def test_values_are_dropped_after_their_last_reader():
    module = network(
        Layer("relu", (-1,), 1, 1),
        Layer("relu", (0,), 1, 1),
        Layer("identity", (1, 0), 1, 1),
        Layer("relu", (2,), 1, 1),
        n_classes=1,
    )
    born, alive = [], []

    def watch(_, __, output):
        born.append(weakref.ref(output))
        alive.append([reference() is not None for reference in born])

    for operator in module.operators:
        operator.register_forward_hook(watch)
    with torch.no_grad():
        module(X)
    # Layers 0 and 1 are read by 2 for the last time.
    assert alive[1] == [True, True]
    assert alive[2] == [False, False, True]


def test_a_linear_layer_may_flatten_pixels():
    assert network(Layer("linear", (-1,), 4, 2))(X).shape == (1, 2)


def test_a_dotted_operator_is_built_by_its_builder(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "plugin", types.SimpleNamespace(make=lambda layer: nn.Softplus(layer.options["beta"]))
    )
    module = network(Layer("plugin.make", (-1,), 1, 1, options={"beta": 2}), n_classes=1)
    assert torch.equal(module(X), nn.functional.softplus(X, 2))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Layer("linear", (-1,), 3, 2)], None),
        ([Layer("conv", (-1,), 3, 2)], r"layer 0 \(conv\) reads \[1\] channels by sum but has in_channels 3"),
        (
            [Layer("conv", (-1,), 1, 3), Layer("identity", (0, -1), 3, 3)],
            r"layer 1 \(identity\) reads \[3, 1\] channels by sum but has in_channels 3; correct the plan",
        ),
        (
            [Layer("conv", (-1,), 1, 3), Layer("identity", (0, -1), 3, 3, merge="concat")],
            r"reads \[3, 1\] channels by concat but has in_channels 3",
        ),
        ([Layer("conv", (-1,), 1, 3)], r"the last layer \(conv\) puts out 3 values for 2 classes; end the plan"),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers, message):
    if message is None:
        assert count_parameters(network(*layers)) == 8
        return
    with pytest.raises(ConfigError, match=message):
        network(*layers)


def test_a_sum_never_broadcasts():
    module = network(Layer("global_avg_pool", (-1,), 1, 1), Layer("identity", (-1, 0), 1, 1, stage="cell"), n_classes=1)
    with pytest.raises(ConfigError, match=r"layer identity \(cell\) sums inputs of shapes .*2, 2.* and .*1, 1"):
        module(X)
