"""What is special about chains of blocks."""

import numpy as np
import pytest
import torch

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.core.space import LayerView
from nasray.models.blocks import BLOCKS
from nasray.models.build import build
from nasray.models.inheritance import inherit, layer_labels
from nasray.models.plan_layers import layers_by_stage
from nasray.spaces.block_chain import BlockChain

NARROW = {"channels": 64, "width_multiplier": 0.125, "min_blocks": 10, "max_blocks": 20, "min_pixels": 4}
SPACE = BlockChain(**NARROW)
WIDE = BlockChain(**{**NARROW, "width_multiplier": 1.0})


def chain(*names):
    return Architecture(tuple(BLOCKS.index(name) for name in names))


def shapes(names, input_shape, space=SPACE):
    """What every block puts out."""
    return [block[-1].out_size for block in space.layers(chain(*names), input_shape)]


def test_thirds_of_the_depth_have_their_widths_and_halve_the_image():
    # 12 blocks: places 0-3, 4-7, 8-11; widths 64/8 = 8, 16, 32; halved at places 4 and 8, down to 4 pixels
    assert shapes(["conv"] * 12, (3, 16, 16)) == [(8, 16, 16)] * 4 + [(16, 8, 8)] * 4 + [(32, 4, 4)] * 4
    assert shapes(["conv"] * 12, (3, 8, 8)) == [(8, 8, 8)] * 4 + [(16, 4, 4)] * 4 + [(32, 4, 4)] * 4
    assert shapes(["conv"] * 12, (3, 16, 16), WIDE)[::4] == [(64, 16, 16), (128, 8, 8), (256, 4, 4)]


def test_pools_and_stems_halve_the_image_while_it_lasts():
    names = ["stem", "maxpool", "avgpool", "maxpool", *["relu"] * 8]
    assert shapes(names, (1, 64, 40)) == [
        (8, 32, 20),
        (8, 16, 10),
        (8, 8, 5),
        (8, 8, 5),
        *[(16, 8, 5)] * 4,
        *[(32, 8, 5)] * 4,
    ]


def test_widths_are_multiples_of_eight():
    assert shapes(["conv"] * 10, (3, 8, 8), BlockChain(**{**NARROW, "width_multiplier": 0.01}))[0] == (8, 8, 8)
    assert shapes(["conv"] * 10, (3, 8, 8), BlockChain(**{**NARROW, "width_multiplier": 0.3}))[0] == (16, 8, 8)


@pytest.mark.parametrize("space", [SPACE, WIDE], ids=["narrow", "wide"])
def test_no_two_block_types_have_the_same_layers(space):
    for before in ((), (14,), (14,) * 5):
        written = {tuple(space.block_layers(before, block, 10, (3, 16, 16))) for block in range(len(BLOCKS))}
        assert len(written) == len(BLOCKS)


def test_the_layers_of_a_block_are_those_of_its_stage():
    one = SPACE.sample(np.random.default_rng(0))
    for shape in ((3, 16, 16), (1, 8, 8)):
        stages = layers_by_stage(SPACE.plan(one, shape, 10))
        names = [*(f"block{place}" for place in range(len(one.genes))), "head"]
        assert list(stages) == names
        assert [list(stages[name]) for name in names[:-1]] == list(SPACE.layers(one, shape))
        walked = [
            SPACE.block_layers(one.genes[:place], gene, len(one.genes), shape) for place, gene in enumerate(one.genes)
        ]
        assert walked == list(SPACE.layers(one, shape))
    assert SPACE.unit_layers(one) == [len(layers) for layers in SPACE.layers(one, (3, 32, 32))]


def test_blocks_to_layers_and_back():
    rng = np.random.default_rng(1)
    for space in (SPACE, WIDE):
        for _ in range(3):
            one = space.sample(rng)
            assert space.from_layers(space.layers(one, (3, 32, 32)), (3, 32, 32)) == one


def test_layers_of_no_block_are_refused():
    layers = SPACE.layers(chain(*["conv"] * 10), (3, 16, 16))
    with pytest.raises(InvalidArchitecture, match=r"block 1 of 10 has the layers conv id=0 .* of no block"):
        SPACE.from_layers([layers[0], *layers[:9]], (3, 16, 16))
    with pytest.raises(InvalidArchitecture, match="has 1 blocks: needs 10 to 20"):
        SPACE.from_layers(SPACE.layers(chain("conv"), (3, 16, 16)), (3, 16, 16))


def test_what_a_chain_shows_a_generator():
    assert isinstance(SPACE, LayerView)
    assert SPACE.blocks() == BLOCKS
    assert len(BLOCKS) == 15
    (first,) = SPACE.block_layers([], BLOCKS.index("conv"), 10, (3, 8, 8))
    assert first.to_text().startswith("conv id=0 in_size=3,8,8 out_size=8,8,8 kernel=3,3 stride=1,1")


@pytest.mark.parametrize(
    ("before", "block", "n_blocks"), [([0], 15, 10), ([0], -1, 10), ([99], 0, 10), ([0] * 10, 0, 10)]
)
def test_blocks_without_a_place_are_refused(before, block, n_blocks):
    with pytest.raises(InvalidArchitecture, match=f"block {block} behind blocks .* in a chain of {n_blocks}: needs"):
        SPACE.block_layers(before, block, n_blocks, (3, 8, 8))


def test_mutation_reaches_every_depth_and_keeps_the_rest():
    rng = np.random.default_rng(2)
    one = chain(*["conv"] * 10)
    for _ in range(100):
        child = SPACE.mutate(one, rng)
        assert len(child.genes) in (10, 11)
        assert sum(gene == BLOCKS.index("conv") for gene in child.genes) >= 9
    full = chain(*["conv"] * 20)
    assert {len(SPACE.mutate(full, rng).genes) for _ in range(50)} == {19, 20}
    middle = chain(*["conv"] * 15)
    assert {len(SPACE.mutate(middle, rng).genes) for _ in range(50)} == {14, 15, 16}


def test_crossover_joins_a_head_and_a_tail():
    rng = np.random.default_rng(3)
    first, second = chain(*["conv"] * 20), chain(*["relu"] * 20)
    depths = set()
    for _ in range(50):
        genes = SPACE.crossover(first, second, rng).genes
        depths.add(len(genes))
        if 10 < len(genes) < 20:  # not mended
            assert list(genes) == sorted(genes, reverse=True)
    assert len(depths) > 5


def test_repair_mends_types_and_depth():
    rng = np.random.default_rng(4)
    mended = SPACE.repair(Architecture((1, -1, 15, 2)), rng).genes
    assert len(mended) == 10
    places = [place for place, gene in enumerate(mended) if gene == 1]
    assert places
    assert 2 in mended[places[0] :]
    assert len(SPACE.repair(Architecture((3,) * 99), rng).genes) == 20


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_blocks": 0}, r"min_blocks \(0\) and max_blocks \(20\) leave no depth"),
        ({"min_blocks": 21}, r"min_blocks \(21\) and max_blocks \(20\) leave no depth"),
        ({"channels": 0}, r"channels \(0\) must be above 0"),
        ({"width_multiplier": -1.0}, r"width_multiplier \(-1.0\) must be above 0"),
        ({"min_pixels": 0}, r"min_pixels \(0\) must be above 0"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        BlockChain(**{**NARROW, **settings})


@pytest.mark.parametrize(
    ("genes", "message"),
    [((1,) * 9, "has 9 blocks: needs 10 to 20"), ((1,) * 9 + (15,), r"blocks \[9\] are of no type")],
)
def test_chains_that_are_none_are_refused(genes, message):
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.validate(Architecture(genes))


def test_text_names_what_is_unknown():
    with pytest.raises(InvalidArchitecture, match=r"blocks \['transformer'\] are unknown; write conv_norm_activation"):
        SPACE.from_text("conv-transformer")


def test_images_and_classes_that_cannot_be_built_for_are_refused():
    one = chain(*["conv"] * 10)
    with pytest.raises(ConfigError, match=r"cannot build block 0 for images of shape \(3, 0, 8\)"):
        SPACE.plan(one, (3, 0, 8), 10)
    with pytest.raises(ConfigError, match="got 0 classes"):
        SPACE.plan(one, (3, 8, 8), 0)


def test_every_parameter_belongs_to_a_block_or_the_head():
    one = SPACE.sample(np.random.default_rng(5))
    plan = SPACE.plan(one, (3, 16, 16), 4)
    module = build(plan, torch.Generator().manual_seed(0))
    stages = {plan.layers[int(name.split(".")[1])].stage for name, _ in module.named_parameters()}
    assert "head" in stages
    assert stages <= {"head", *(f"block{place}" for place in range(len(one.genes)))}


def test_a_child_inherits_the_blocks_that_were_not_replaced():
    names = ["basic_block"] * 12
    parent_plan = SPACE.plan(chain(*names), (3, 16, 16), 4)
    names[5] = "inception"
    plan = SPACE.plan(chain(*names), (3, 16, 16), 4)
    parent, child = (build(p, torch.Generator().manual_seed(s)) for s, p in enumerate((parent_plan, plan)))
    inherit(child, plan, parent.state_dict(), layer_labels(parent_plan))
    state = parent.state_dict()
    for index, layer in enumerate(plan.layers):
        own = [value for name, value in child.state_dict().items() if name.startswith(f"operators.{index}.")]
        taken = all(any(torch.equal(value, other) for other in state.values()) for value in own if value.ndim == 4)
        assert taken == (layer.stage != "block5") or not any(value.ndim == 4 for value in own), layer
