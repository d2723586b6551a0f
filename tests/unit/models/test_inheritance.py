"""Which tensors an offspring takes over: an edge that a mutation left alone keeps its weights, another does not."""

import numpy as np
import pytest
import torch

from nasray.core.architecture import Architecture
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import build
from nasray.models.inheritance import inherit, layer_labels
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=2, cells_per_stage=2)
SHAPE, CLASSES = (1, 8, 8), 3


def network(genes, seed, space=SPACE):
    plan = space.plan(Architecture(genes), SHAPE, CLASSES)
    return plan, build(plan, torch.Generator().manual_seed(seed))


def inherited(child_genes, parent_genes, child_space=SPACE):
    """The child with its parent's weights, the parent, and the share."""
    parent_plan, parent = network(parent_genes, 1)
    plan, child = network(child_genes, 2, child_space)
    share = inherit(child, plan, parent.state_dict(), layer_labels(parent_plan))
    return plan, child, parent, share


def weight(plan, module, stage, kernel, number=0):
    """The first weights of the ``number``-th convolution with that kernel in a stage."""
    places = [
        i
        for i, layer in enumerate(plan.layers)
        if layer.stage == stage and layer.options.get("kernel") == kernel and layer.operator == "relu_conv_bn"
    ]
    return next(module.operators[places[number]].parameters())


def test_the_same_architecture_inherits_everything():
    _, child, parent, share = inherited((3, 2, 1, 4, 0, 3), (3, 2, 1, 4, 0, 3))
    assert share == 1.0
    assert all(torch.equal(mine, parent.state_dict()[name]) for name, mine in child.state_dict().items())


def test_an_edge_that_appears_moves_the_others_and_they_keep_their_weights():
    # edges 0->1, 0->2, 1->2, 0->3, 1->3, 2->3: the parent has no 0->1; the child has a 3x3 there
    parent_genes, child_genes = (0, 3, 3, 3, 3, 3), (3, 3, 3, 3, 3, 3)
    plan, child, parent, share = inherited(child_genes, parent_genes)
    parent_plan = SPACE.plan(Architecture(parent_genes), SHAPE, CLASSES)
    for stage in ("stage0.cell0", "stage2.cell1"):
        for number in range(5):
            mine, theirs = weight(plan, child, stage, 3, number + 1), weight(parent_plan, parent, stage, 3, number)
            assert torch.equal(mine, theirs)
        assert not torch.equal(weight(plan, child, stage, 3, 0), weight(parent_plan, parent, stage, 3, 0))
    assert 0.5 < share < 1


def test_another_operator_on_an_edge_begins_afresh_and_its_neighbours_do_not():
    plan, child, parent, _ = inherited((2, 3, 2, 1, 1, 1), (3, 3, 2, 1, 1, 1))
    before = SPACE.plan(Architecture((3, 3, 2, 1, 1, 1)), SHAPE, CLASSES)
    fresh = build(plan, torch.Generator().manual_seed(2))
    edge = weight(plan, child, "stage1.cell0", 1, 0)
    assert torch.equal(edge, weight(plan, fresh, "stage1.cell0", 1, 0))
    assert torch.equal(weight(plan, child, "stage1.cell0", 1, 1), weight(before, parent, "stage1.cell0", 1, 0))
    assert torch.equal(weight(plan, child, "stage1.cell0", 3, 0), weight(before, parent, "stage1.cell0", 3, 1))
    assert torch.equal(weight(plan, child, "reduction1", 3, 1), weight(before, parent, "reduction1", 3, 1))


def edge_weights(genes):
    """(stage, gene number) -> index of the layer that is this edge, for edges with weights; found by counting."""
    plan = SPACE.plan(Architecture(genes), SHAPE, CLASSES)
    found, order = {}, [0, 1, 2, 3, 4, 5]
    for stage in sorted({layer.stage for layer in plan.layers if layer.stage.startswith("stage")}):
        convs = [i for i, layer in enumerate(plan.layers) if layer.stage == stage and layer.operator == "relu_conv_bn"]
        edges = [edge for edge in order if genes[edge] in (2, 3)]
        found |= {(stage, edge): index for edge, index in zip(edges, convs, strict=True)}
    return found


@pytest.mark.parametrize("seed", range(30))
def test_exactly_the_unchanged_edges_inherit(seed):
    rng = np.random.default_rng(seed)
    parent_genes = SPACE.sample(rng).genes
    child_genes = SPACE.mutate(Architecture(parent_genes), rng).genes
    _, child, parent, _ = inherited(child_genes, parent_genes)
    mine, theirs = edge_weights(child_genes), edge_weights(parent_genes)
    for (stage, edge), index in mine.items():
        same = child_genes[edge] == parent_genes[edge]
        own = next(child.operators[index].parameters())
        equal = same and torch.equal(own, next(parent.operators[theirs[stage, edge]].parameters()))
        assert equal == same
        if not same:
            assert not any(torch.equal(own, other) for other in parent.parameters())


def test_other_channels_do_not_fit():
    wide = NasBench201(channels=3, cells_per_stage=2)
    _, _, _, share = inherited((3, 3, 3, 3, 3, 3), (3, 3, 3, 3, 3, 3), wide)
    assert share == 0.0


def test_labels_are_unique():
    for genes in ((0, 0, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1), (3, 3, 3, 3, 3, 3), (4, 1, 0, 2, 1, 3)):
        labels = layer_labels(SPACE.plan(Architecture(genes), SHAPE, CLASSES))
        assert len(set(labels)) == len(labels)


def test_the_share_counts_trainable_weights():
    def plan_of(last):
        layers = (
            Layer("conv_bn_relu", (-1,), 1, 4, stage="stem"),
            Layer("global_avg_pool", (0,), 4, 4, stage="head"),
            Layer("linear", (1,), 4, last, stage="head"),
        )
        return NetworkPlan(layers, SHAPE, last)

    parent = build(plan_of(5), torch.Generator().manual_seed(1))
    child = build(plan_of(3), torch.Generator().manual_seed(2))
    share = inherit(child, plan_of(3), parent.state_dict(), layer_labels(plan_of(5)))
    # 3x3 convolution 1 -> 4 and batch norm fit: 36 + 8; linear 4 -> 3 with bias does not: 15
    assert share == 44 / 59
    pool = (Layer("global_avg_pool", (-1,), 1, 1),)
    bare = NetworkPlan(pool, (1, 8, 8), 1)
    assert inherit(build(bare, torch.Generator()), bare, {}, ()) == 0.0
