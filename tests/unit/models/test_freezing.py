"""Which weights stay trainable, on a plan that can be counted by hand."""

import pytest
import torch

from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.acceleration import Acceleration
from nasray.models.build import build
from nasray.models.freezing import freeze, unit_of
from nasray.models.recipe import Recipe
from nasray.models.trainer import make_optimizer

RECIPE = Recipe(
    epochs=2,
    batch_size=4,
    optimizer="sgd",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.01,
    schedule="constant",
    warmup_epochs=0,
    label_smoothing=0.0,
    augmentation=(),
    mixed_precision=False,
)
# Weights: 3x3 convolutions of 2 channels to 2, 36; batch norm 4; classifier 2 x 3 + 3 = 9.
CONV, NORM, HEAD = 36, 4, 9


def plan(normalized=True):
    operator = "conv_bn" if normalized else "conv"
    kernel = {"kernel": 3}
    layers = (
        Layer(operator, (-1,), 2, 2, options=kernel, stage="block0"),
        Layer(operator, (0,), 2, 2, options=kernel, stage="block1"),
        Layer("relu", (1,), 2, 2, stage="block2"),
        Layer(operator, (2,), 2, 2, options=kernel, stage="block10.branch0"),
        Layer("global_avg_pool", (3,), 2, 2, stage="head"),
        Layer("linear", (4,), 2, 3, stage="head"),
    )
    return NetworkPlan(layers, (2, 4, 4), 3)


def trained_layers(predicted, mode, normalized=True):
    network = plan(normalized)
    module = build(network, torch.Generator().manual_seed(0))
    share = freeze(module, network, predicted, mode)
    names = [name for name, weight in module.named_parameters() if weight.requires_grad]
    return sorted({int(name.split(".")[1]) for name in names}), share


TOTAL = 3 * (CONV + NORM) + HEAD


def test_a_stage_names_its_unit():
    stages = ("block0", "block12", "block3.branch1", "head", "stem", "stage1.cell0", "blocks1", "")
    assert [unit_of(stage) for stage in stages] == [0, 12, 3, None, None, None, None, None]


def test_predicted_blocks_and_the_head_are_trained():
    layers, share = trained_layers((1,), "predicted_only")
    assert layers == [1, 5]
    assert share == pytest.approx((CONV + NORM + HEAD) / TOTAL)
    assert trained_layers((1, 10), "predicted_only")[0] == [1, 3, 5], "block10 is not block1"


@pytest.mark.parametrize(("predicted", "mode"), [((), "predicted_only"), ((2,), "predicted_only"), ((1,), "bn_only")])
def test_where_nothing_with_weights_was_predicted_batch_normalization_is_trained(predicted, mode):
    layers, share = trained_layers(predicted, mode)
    assert layers == [0, 1, 3, 5]
    assert share == pytest.approx((3 * NORM + HEAD) / TOTAL)


def test_without_batch_normalization_everything_is_trained():
    assert trained_layers((), "predicted_only", normalized=False) == ([0, 1, 3, 5], 1.0)
    assert trained_layers((), "bn_only", normalized=False) == ([0, 1, 3, 5], 1.0)


def test_full_trains_everything_whatever_was_predicted():
    assert trained_layers((1,), "full") == ([0, 1, 3, 5], 1.0)


def test_the_optimizer_moves_nothing_that_is_frozen():
    network = plan()
    module = build(network, torch.Generator().manual_seed(0))
    freeze(module, network, (1,), "predicted_only")
    before = {name: weight.detach().clone() for name, weight in module.named_parameters()}
    optimizer = make_optimizer(module, RECIPE)
    module(torch.ones(4, 2, 4, 4)).square().sum().backward()
    optimizer.step()
    moved = {int(name.split(".")[1]) for name, weight in module.named_parameters() if not weight.equal(before[name])}
    assert moved == {1, 5}


def test_a_plan_that_names_no_units_is_refused():
    layers = (
        Layer("conv_bn", (-1,), 2, 2, options={"kernel": 3}, stage="stage0.cell0"),
        Layer("global_avg_pool", (0,), 2, 2, stage="head"),
        Layer("linear", (1,), 2, 3, stage="head"),
    )
    network = NetworkPlan(layers, (2, 4, 4), 3)
    module = build(network, torch.Generator().manual_seed(0))
    with pytest.raises(CapabilityError, match=r"predicted units \[1\] needs a plan .* has head, stage0.cell0; set"):
        freeze(module, network, (1,), "predicted_only")
    assert freeze(module, network, (), "predicted_only") < 1


def test_an_unknown_mode_is_refused():
    with pytest.raises(ConfigError, match=r"acceleration.mode \('fast'\) must be one of predicted_only, bn_only, full"):
        Acceleration(mode="fast", retraining=RECIPE)
