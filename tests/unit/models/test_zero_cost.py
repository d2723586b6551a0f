"""Each proxy on a network of one linear layer, whose scores can be worked out by hand, and on cells."""

import math

import numpy as np
import pytest
import torch

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import build
from nasray.models.zero_cost.block_features import block_ends
from nasray.models.zero_cost.initialisation import initialise
from nasray.models.zero_cost.proxies import AZ_NAS, PROXIES, PUBLISHED, zero_cost_score
from nasray.models.zero_cost.subject import Subject
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

SPACE = NasBench201(channels=4, cells_per_stage=1)
SHAPE = (3, 8, 8)
X = torch.randn((8, *SHAPE), generator=torch.Generator().manual_seed(1))
Y = torch.arange(8) % 4
DRAWS_NOTHING_OF_DATA = {"params", "flops", "l2_norm", "synflow", "complexity", "zen"}


def plan(genes):
    return SPACE.plan(Architecture(genes), SHAPE, 4)


def score(name, genes, x=X, seed=0):
    return zero_cost_score(name, plan(genes), (x, Y), "torch", seed)


def linear(weight, x, y, relu=False):
    """A subject that is one linear layer without bias on ``(B, D)`` inputs, perhaps behind a ReLU."""
    features, classes = len(weight[0]), len(weight)
    layers = [Layer("relu", (-1,), features, features)] if relu else []
    layers.append(Layer("linear", (len(layers) - 1,), features, classes))
    made = NetworkPlan(tuple(layers), (features, 1, 1), classes)
    network = build(made, torch.Generator().manual_seed(0))
    last = next(part for part in network.modules() if isinstance(part, torch.nn.Linear))
    with torch.no_grad():
        last.weight.copy_(torch.tensor(weight))
        last.bias.zero_()
    images = torch.tensor(x, dtype=torch.float32)[:, :, None, None]
    rng = torch.Generator().manual_seed(0)
    return Subject(network=network, plan=made, x_BCHW=images, y_B=torch.tensor(y), rng=rng)


# Two classes, logits 0 and 0 for an image (1, 1): the gradient by the logits is (-1/2, 1/2), by the weights that times
# (1, 1).
WEIGHT = [[1.0, -1.0], [2.0, -2.0]]
ONE_IMAGE = ([[1.0, 1.0]], [0])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("params", 6.0),  # four weights and two biases
        ("flops", 4.0),
        ("l2_norm", math.sqrt(10.0)),
        ("grad_norm", 1.0),  # four gradients of size 1/2
        ("plain", -0.5 + 0.5 + 1.0 - 1.0),
        ("snip", 0.5 + 0.5 + 1.0 + 1.0),
        ("fisher", 0.0),  # activations are 0
        ("synflow", math.log(6.0)),  # an image of ones: the outputs are the sums of the sizes, 2 and 4
    ],
)
def test_by_hand(name, value):
    assert PROXIES[name](linear(WEIGHT, *ONE_IMAGE)) == pytest.approx(value)


def test_fisher_by_hand():
    # Logits (1, 1): each logit's activation times gradient is -1/2 and 1/2; half its square is 1/8, two weights each.
    assert PROXIES["fisher"](linear([[1.0, 0.0], [0.0, 1.0]], *ONE_IMAGE)) == pytest.approx(0.5)


def test_grasp_by_hand():
    # Logits z = W x with x = (1): softmax p = (1/2, 1/2) at equal weights w = (3, 3); gradient g = (-1/2, 1/2), Hessian
    # [[1/4, -1/4], [-1/4, 1/4]], Hg = (-1/4, 1/4), minus w . Hg = 0; at w = (1, 0): p = e/(1+e) = s, g = (s-1, 1-s),
    # H = s(1-s) [[1, -1], [-1, 1]], Hg = 2 s (1-s) (s-1, 1-s), minus its first coordinate.
    s = math.e / (1 + math.e)
    assert PROXIES["grasp"](linear([[3.0], [3.0]], [[1.0]], [0])) == pytest.approx(0.0, abs=1e-7)
    assert PROXIES["grasp"](linear([[1.0], [0.0]], [[1.0]], [0])) == pytest.approx(2 * s * (1 - s) ** 2, rel=1e-5)


def test_nwot_by_hand():
    # Units on: (1, 0) and (1, 1). Alike: 2 with themselves, 1 with each other; det [[2, 1], [1, 2]] = 3.
    subject = linear([[1.0, 1.0], [1.0, 1.0]], [[1.0, -1.0], [1.0, 1.0]], [0, 1], relu=True)
    assert PROXIES["nwot"](subject) == pytest.approx(math.log(3.0))


def through_relu(x):
    """A linear layer of ones behind a ReLU: an image's gradient is 2 where its pixel is positive."""
    return linear([[1.0] * 4] * 2, x, [0, 0], relu=True)


def test_jacov_and_epe_nas_by_hand():
    # Gradients (2, 2, 0, 0) and (2, 0, 2, 0) do not correlate: eigenvalues 1 and 1; correlations 1, 1, 0, 0.
    apart = [[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0]]
    k = 1e-5
    assert PROXIES["jacov"](through_relu(apart)) == pytest.approx(-2 * (math.log(1 + k) + 1 / (1 + k)))
    assert PROXIES["epe_nas"](through_relu(apart)) == pytest.approx(-(2 * math.log(1 + k) + 2 * math.log(k)))


def test_with_many_classes_epe_nas_compares_classes():
    x = [[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]]
    subject = linear([[1.0] * 4] * 101, x, [0, 0, 1], relu=True)
    # Class 0: two images that do not correlate, sums halved; class 1: one image, log(1 + k).
    k = 1e-5
    difference = abs(math.log(1 + k) + math.log(k) - math.log(1 + k))
    assert PROXIES["epe_nas"](subject) == pytest.approx(2 * difference / 2, rel=1e-6)


def test_zen_says_which_networks_it_cannot_score():
    with pytest.raises(CapabilityError, match="zen needs a network with one global_avg_pool and got 0"):
        PROXIES["zen"](linear(WEIGHT, *ONE_IMAGE))


@pytest.mark.parametrize("name", PROXIES)
def test_more_network_is_better_and_the_seed_decides(name):
    one, same = score(name, (3, 3, 2, 1, 3, 3)), score(name, (3, 3, 2, 1, 3, 3))
    assert math.isfinite(one)
    assert one == same
    if name not in {"params", "flops", "complexity"}:
        assert score(name, (3, 3, 2, 1, 3, 3), seed=1) != one
    if name not in DRAWS_NOTHING_OF_DATA:
        assert score(name, (3, 3, 2, 1, 3, 3), x=2 * X.flip(0) + 0.3) != one


@pytest.mark.parametrize("name", PROXIES)
def test_a_network_that_nothing_crosses_has_the_least_or_no_score(name):
    dead, alive = score(name, (0,) * 6), score(name, (3, 3, 2, 1, 3, 3))
    assert not math.isfinite(dead) or dead < alive or name in {"plain", "grasp"}


@pytest.mark.parametrize("name", AZ_NAS)
def test_az_nas_scores_cells_that_pass_on_what_they_get(name):
    """A cell of skips computes its input: no Jacobian is estimated for it."""
    found = score(name, (0, 0, 0, 1, 0, 0))
    assert found == -math.inf if name == "trainability" else math.isfinite(found)


@pytest.mark.parametrize(
    "space",
    [
        Darts(channels=4, cells=3, allow_none=False),
        TransNasMicro(channels=4, stem_halvings=0),
        NasBench101(channels=8, stacks=2, cells_per_stack=1, max_vertices=7),
    ],
    ids=["darts", "transnas_micro", "nasbench101"],
)
def test_other_spaces_are_scored_too(space):
    rng = np.random.default_rng(0)
    made = space.plan(space.sample(rng), SHAPE, 4)
    for name in PROXIES:
        assert isinstance(zero_cost_score(name, made, (X, Y), "torch", 0), float)


def test_entropies_lie_between_one_channel_and_all_alike():
    """Six blocks of 4, 4, 8, 8, 16 and 16 channels; cells with pools and skips give covariances of low rank."""
    most = 2 * (math.log(4) + math.log(8) + math.log(16))
    for genes in ((4, 4, 1, 1, 4, 1), (2, 4, 0, 1, 4, 1), (3, 3, 2, 1, 3, 3)):
        assert 0 < score("expressivity", genes) <= most
        assert -math.log(16) <= score("progressivity", genes) <= math.log(16)


def test_a_network_of_one_block_makes_no_progress():
    assert math.isnan(PROXIES["progressivity"](linear(WEIGHT, *ONE_IMAGE)))


def test_blocks_are_stem_cells_and_reductions():
    stages = [plan((3,) * 6).layers[end].stage for end in block_ends(plan((3,) * 6))]
    assert stages == ["stem", "stage0.cell0", "reduction1", "stage1.cell0", "reduction2", "stage2.cell0"]


def test_weights_are_drawn_as_named():
    layer = torch.nn.Conv2d(64, 256, 3)
    initialise(layer, "torch", torch.Generator().manual_seed(0))
    bound = 1 / math.sqrt(64 * 9)
    assert float(layer.weight.detach().abs().max()) == pytest.approx(bound, rel=1e-3)
    assert float(layer.bias.detach().abs().max()) == pytest.approx(bound, rel=0.05)
    initialise(layer, "he", torch.Generator().manual_seed(0))
    assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2) * bound, rel=0.01)


def test_what_does_not_exist_is_refused():
    with pytest.raises(ConfigError, match="proxy 'zico' is unknown; choose one of params, flops"):
        zero_cost_score("zico", plan((3,) * 6), (X, Y), "torch", 0)
    with pytest.raises(ConfigError, match=r"initialisation \('xavier'\) must be one of torch, he"):
        zero_cost_score("nwot", plan((3,) * 6), (X, Y), "xavier", 0)


def test_the_published_ones_and_those_of_az_nas_are_all():
    assert set(PROXIES) == set(PUBLISHED) | set(AZ_NAS)
