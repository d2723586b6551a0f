"""Every chain of blocks builds and runs forward and backward on every image, and says what it is made of."""

from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nasray.core.architecture import Architecture
from nasray.models.blocks import BLOCKS
from nasray.models.build import build
from nasray.models.layer_corpus import BlockLayers, NetworkLayers, read_corpus, write_corpus
from nasray.models.parameter_count import plan_parameters
from nasray.models.plan_layers import staged_layers
from nasray.spaces.block_chain import BlockChain

SPACE = BlockChain(channels=64, width_multiplier=0.125, min_blocks=10, max_blocks=20, min_pixels=4)
SHAPES = ((1, 8, 8), (3, 16, 16), (3, 32, 32), (3, 64, 64))


def runs_both_ways(chain, shape, seed):
    """Two images forward, a loss backward."""
    plan = SPACE.plan(chain, shape, 5)
    module = build(plan, torch.Generator().manual_seed(seed))
    logits = module(torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed)))
    assert logits.shape == (2, 5)
    logits.logsumexp(1).sum().backward()
    for weight in module.parameters():
        assert weight.grad is not None
        assert bool(weight.grad.isfinite().all())


chains = st.lists(st.integers(0, len(BLOCKS) - 1), min_size=10, max_size=20).map(lambda g: Architecture(tuple(g)))


@settings(max_examples=20)
@given(chain=chains, shape=st.sampled_from(SHAPES), seed=st.integers(0, 99))
def test_random_chains_run_both_ways(chain, shape, seed):
    runs_both_ways(chain, shape, seed)


@pytest.mark.parametrize("block", range(len(BLOCKS)), ids=BLOCKS)
def test_chains_of_one_block_run_both_ways(block):
    runs_both_ways(Architecture((block,) * 10), (1, 8, 8), 0)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_thousand_chains_run_both_ways():
    rng = np.random.default_rng(0)
    for number in range(1_000):
        runs_both_ways(SPACE.sample(rng), SHAPES[number % len(SHAPES)], number)


@settings(max_examples=25)
@given(chain=chains, shape=st.sampled_from((*SHAPES, (2, 9, 13), (1, 1, 1))))
def test_layers_hold_the_weights_and_survive_their_text(chain, shape):
    plan = SPACE.plan(chain, shape, 5)
    layers = [layer for _, layer in staged_layers(plan)]
    convs = (one for one in layers if one.family == "conv")
    n_weights = sum(
        prod(one.kernel) * one.in_size[0] // one.groups * one.out_size[0] + one.bias_used * one.out_size[0]
        for one in convs
    )
    n_weights += sum(2 * one.in_size[0] for one in layers if one.name == "batch_norm")
    n_weights += sum((one.in_size[0] + 1) * one.out_size[0] for one in layers if one.family == "fc")
    assert n_weights == plan_parameters(plan)

    written = SPACE.layers(chain, shape)
    blocks = tuple(BlockLayers(BLOCKS[gene], tuple(one)) for gene, one in zip(chain.genes, written, strict=True))
    network = NetworkLayers("chain", "BlockChain", blocks)
    (read,) = read_corpus(write_corpus([network]))
    assert read == network
    assert SPACE.from_layers([one.layers for one in read.blocks], shape) == chain
