"""Random cells of every space become networks that run forwards and backwards, and all views agree with them."""

import ast

import numpy as np
import pytest
import torch

from nasray.models.build import build
from nasray.spaces.cell_space import CellSpace
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro

OWN = {
    "none": {"operator": "zero"},
    "skip": {"operator": "identity"},
    "conv": {"operator": "conv_bn_relu", "kernel": 1},
    "dilated": {"operator": "dil_conv", "kernel": 3},
    "pool": {"operator": "avg_pool"},
}
WIDTH = {"channels": 2, "stages": 2, "cells_per_stage": 1}
SPACES = {
    "nasbench101": NasBench101(channels=8, stacks=3, cells_per_stack=1, max_vertices=7),
    "nasbench201": NasBench201(channels=2, cells_per_stage=1),
    "transnas_micro": TransNasMicro(channels=2, stem_halvings=1),
    "darts": Darts(channels=2, cells=3, allow_none=True),
    "own_sums": CellSpace(nodes=4, edges=None, operators=OWN, merge="sum", **WIDTH),
    "own_concatenations": CellSpace(nodes=3, edges=None, operators=OWN, merge="concat", **WIDTH),
}
N_CLASSES = 3


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small are slower on two threads, and far slower where others compute too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def check_networks(space, n):
    """``n`` random cells: every network gives finite logits and a finite gradient."""
    rng, weights = np.random.default_rng(0), torch.Generator().manual_seed(0)
    for _ in range(n):
        cell = space.sample(rng)
        network = build(space.plan(cell, (3, 16, 16), N_CLASSES), weights)
        logits = network(torch.randn(2, 3, 16, 16, generator=weights))
        assert logits.shape == (2, N_CLASSES), cell.key
        torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()
        gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
        assert gradients, cell.key
        assert all(bool(one.isfinite().all()) for one in (logits, *gradients)), cell.key


@pytest.mark.parametrize("name", SPACES)
def test_cells_become_networks(name):
    check_networks(SPACES[name], 20)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SPACES)
def test_1000_cells_become_networks(name):
    check_networks(SPACES[name], 1_000)


@pytest.mark.parametrize("name", SPACES)
def test_steps_stay_in_the_space_and_views_come_back(name):
    space, rng = SPACES[name], np.random.default_rng(1)
    cell, other = space.sample(rng), space.sample(rng)
    for _ in range(200):
        child = space.mutate(cell, rng)
        assert sum(a != b for a, b in zip(child.genes, cell.genes, strict=True)) == 1
        other = space.crossover(child, other, rng)
        for one in (child, other):
            space.validate(one)
            assert space.repair(one, rng) == one
            assert space.from_text(space.to_text(one)) == one
            assert space.from_tokens(space.to_tokens(one)) == one
            form = space.canonical(one)
            space.validate(form)
            assert space.canonical(form) == form
            ast.parse(space.to_code(one))
            assert set(space.graph(one).operators) <= set(space.operator_descriptions())
        cell = child
