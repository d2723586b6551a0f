"""The 36 networks of people have the published numbers of weights.

Counts: torchvision's documentation, ``num_params`` of each model's page (docs.pytorch.org/vision/stable/models.html);
GoogLeNet without auxiliary classifiers.
"""

from collections import Counter
from math import prod

import pytest
import torch

from nasray.core.errors import ConfigError
from nasray.core.layer_properties import LayerProperties
from nasray.models.blocks import BLOCKS
from nasray.models.build import build, count_parameters
from nasray.models.human_networks.corpus import human_corpus, human_networks
from nasray.models.layer_corpus import distinct_structures
from nasray.models.parameter_count import plan_parameters
from nasray.models.plan_layers import staged_layers

pytestmark = pytest.mark.golden

PUBLISHED = {
    "efficientnet_b0": 5_288_548,
    "efficientnet_b1": 7_794_184,
    "efficientnet_b2": 9_109_994,
    "efficientnet_b3": 12_233_232,
    "efficientnet_b4": 19_341_616,
    "efficientnet_b5": 30_389_784,
    "efficientnet_b6": 43_040_704,
    "efficientnet_b7": 66_347_960,
    "googlenet": 6_624_904,
    "regnet_x_400mf": 5_495_976,
    "regnet_x_800mf": 7_259_656,
    "regnet_x_1_6gf": 9_190_136,
    "regnet_x_3_2gf": 15_296_552,
    "regnet_x_8gf": 39_572_648,
    "regnet_x_16gf": 54_278_536,
    "regnet_x_32gf": 107_811_560,
    "regnet_y_400mf": 4_344_144,
    "regnet_y_800mf": 6_432_512,
    "regnet_y_1_6gf": 11_202_430,
    "regnet_y_3_2gf": 19_436_338,
    "regnet_y_8gf": 39_381_472,
    "regnet_y_16gf": 83_590_140,
    "regnet_y_32gf": 145_046_770,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "wide_resnet50_2": 68_883_240,
    "wide_resnet101_2": 126_886_696,
    "shufflenet_v2_x0_5": 1_366_792,
    "shufflenet_v2_x1_0": 2_278_604,
    "shufflenet_v2_x1_5": 3_503_624,
    "shufflenet_v2_x2_0": 7_393_996,
}
SMALLEST = {"efficientnet_b0", "googlenet", "regnet_y_400mf", "resnet18", "resnext50_32x4d", "shufflenet_v2_x0_5"}


@pytest.fixture(scope="module")
def corpus():
    return human_corpus()


def weights(layer: LayerProperties) -> int:
    """Trainable weights of one layer, by what its text says."""
    read, written = layer.in_size[0], layer.out_size[0]
    if layer.family == "conv":
        return prod(layer.kernel) * read // layer.groups * written + layer.bias_used * written
    if layer.family == "fc":
        return (read + layer.bias_used) * written
    return 2 * read if layer.name == "batch_norm" else 0


def test_there_are_the_papers_36():
    assert {one.name for one in human_networks()} == set(PUBLISHED)
    assert Counter(one.family for one in human_networks()) == {
        "EfficientNet": 8,
        "GoogLeNet": 1,
        "RegNet": 14,
        "ResNet": 5,
        "ResNeXt": 2,
        "ShuffleNet": 4,
        "Wide ResNet": 2,
    }


@pytest.mark.parametrize("network", human_networks(), ids=lambda one: one.name)
def test_the_layers_hold_the_published_number_of_weights(network):
    layers = staged_layers(network.plan(network.input_shape, 1000))
    assert sum(weights(layer) for _, layer in layers) == PUBLISHED[network.name]


@pytest.mark.parametrize(
    "network",
    [pytest.param(one, marks=() if one.name in SMALLEST else pytest.mark.slow) for one in human_networks()],
    ids=lambda one: one.name,
)
def test_the_operators_hold_the_published_number_of_weights(network):
    assert plan_parameters(network.plan(network.input_shape, 1000)) == PUBLISHED[network.name]


@pytest.mark.parametrize("name", ["efficientnet_b0", "googlenet", "regnet_y_400mf", "shufflenet_v2_x0_5"])
def test_they_run_both_ways_on_small_images(name):
    network = next(one for one in human_networks() if one.name == name)
    module = build(network.plan((3, 32, 32), 10), torch.Generator().manual_seed(0))
    logits = module(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)))
    assert logits.shape == (2, 10)
    logits.logsumexp(1).sum().backward()
    assert all(weight.grad is not None and bool(weight.grad.isfinite().all()) for weight in module.parameters())
    assert count_parameters(module) == PUBLISHED[name] - 990 * (module.operators[-1][-1].in_features + 1)


def test_the_corpus_has_all_fifteen_blocks(corpus):
    blocks = Counter(one.block for network in corpus for one in network.blocks)
    assert set(blocks) == set(BLOCKS)
    assert (blocks["inception"], blocks["stem"], blocks["basic_block"], blocks["wide_bottleneck"]) == (9, 14, 24, 49)


def test_the_size_of_its_vocabulary(corpus):
    """Frozen, not published: the paper's 168 structures are of a corpus of which it does not give the sizes."""
    layers = [layer for network in corpus for layer in network.layers()]
    assert len(layers) == 10_860
    assert distinct_structures(layers) == 1_951
    assert len({layer.operation() for layer in layers}) == 241


def test_images_without_pixels_are_refused():
    with pytest.raises(ConfigError, match=r"efficientnet_b0 cannot build block 0 for images of shape \(3, 0, 5\)"):
        human_corpus((3, 0, 5))
