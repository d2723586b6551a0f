"""A small checkpoint for each kind of words, made in a moment: random weights, counts by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nasray.core.card import Card, Seen, space_name
from nasray.generators.checkpoint import Checkpoint
from nasray.generators.layer_words import word_of
from nasray.models.block_selector import BlockSelector
from nasray.models.gpt import BOS, EOS, N_SPECIAL, Gpt2, GptShape
from nasray.spaces.block_chain import BlockChain
from nasray.spaces.nasbench201 import NasBench201


@pytest.fixture(scope="session")
def cells():
    return NasBench201(channels=4, cells_per_stage=1)


@pytest.fixture(scope="session")
def chains():
    return BlockChain(channels=8, width_multiplier=1.0, min_blocks=3, max_blocks=5, min_pixels=4)


def tiny(n_words):
    return GptShape(n_words=n_words, width=8, layers=1, heads=2, window=10, dropout=0.0)


@pytest.fixture(scope="session")
def of_cells(cells):
    shape = tiny(5)
    bigrams = [[BOS, N_SPECIAL + 3, 90], [N_SPECIAL + 3, N_SPECIAL + 3, 90], [N_SPECIAL + 3, EOS, 10]]
    return Checkpoint(
        card=Card("cells", "by hand", (), {"corpus": "none"}),
        kind="tokens",
        words=tuple(cells.vocabulary()),
        blocks=(),
        shape=shape,
        longest=6,
        tensors={
            **{f"gpt.{name}": value for name, value in Gpt2(shape, 3).tensors().items()},
            "bigrams": torch.tensor(bigrams, dtype=torch.int32),
            "beginnings": torch.zeros((0, 3), dtype=torch.int32),
        },
    )


@pytest.fixture(scope="session")
def of_chains(chains):
    rng = np.random.default_rng(0)
    layers = (layer for _ in range(10) for block in chains.layers(chains.sample(rng), (3, 32, 32)) for layer in block)
    words = tuple(sorted({word_of(layer) for layer in layers}))
    shape = tiny(len(words))
    selector = BlockSelector(len(words), len(chains.blocks()), shape.window, 3)
    return Checkpoint(
        card=Card("chains", "by hand", (), {"corpus": "none"}),
        kind="layers",
        words=words,
        blocks=tuple(chains.blocks())[::-1],
        shape=shape,
        longest=60,
        tensors={
            **{f"gpt.{name}": value for name, value in Gpt2(shape, 3).tensors().items()},
            **{f"selector.{name}": value for name, value in selector.tensors().items()},
            "bigrams": torch.tensor([[BOS, N_SPECIAL, 5]], dtype=torch.int32),
            "beginnings": torch.tensor([[N_SPECIAL, 0, 5]], dtype=torch.int32),
        },
    )


@pytest.fixture
def cell_folder(of_cells, tmp_path):
    of_cells.write(tmp_path / "cells")
    return str(tmp_path / "cells")


@pytest.fixture
def chain_folder(of_chains, tmp_path):
    of_chains.write(tmp_path / "chains")
    return str(tmp_path / "chains")


@pytest.fixture
def taught_folder(of_cells, cells, tmp_path):
    """A checkpoint whose corpus was chosen by the labels of the space."""
    seen = Seen(space_name(cells), "nasbench201", "cifar10_valid_200", 15625)
    replace(of_cells, card=replace(of_cells.card, seen=(seen,))).write(tmp_path / "taught")
    return str(tmp_path / "taught")
