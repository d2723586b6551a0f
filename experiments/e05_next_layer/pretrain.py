"""Makes the checkpoints that are shipped in nasray/assets: ``python experiments/e05_next_layer/pretrain.py NAME``.

NAME is nasbench101, nasbench101_small, nasbench201 or layers; layers_cells and layers_human are its two halves, for
comparisons, to be written elsewhere by --folder. One core, one thread.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from corpora import CELLS101, CELLS201, SMALL101, sampled_cells, seen_classes101, translated_cells
from layer_corpora import CHAINS, Sequenced, cell_network, chain_sequences, human_sequences, ids_of, vocabulary

from nasray.core.architecture import Architecture
from nasray.core.card import Card
from nasray.core.space import TokenView
from nasray.generators.checkpoint import Checkpoint
from nasray.models.assets import ASSETS
from nasray.models.block_selector import BlockSelector
from nasray.models.gpt import BOS, EOS, N_SPECIAL, UNKNOWN, Gpt2, GptShape
from nasray.models.gpt_training import GptRecipe, train_gpt, windows

SEED = 0
N_CELLS = 1_000
N_CHAINS = 300
HUMAN_WEIGHT = 3
"""How often the selector sees each block of a human network for each block of a random chain."""

ON_CELLS = GptRecipe(epochs=8, batch_size=256, learning_rate=2e-3, final_share=0.05, stride=5)
ON_HUMANS = GptRecipe(epochs=20, batch_size=128, learning_rate=1e-3, final_share=0.05, stride=2)


def counted(pairs: Iterable[tuple[int, int]]) -> torch.Tensor:
    """``(K, 3)``: a pair and how often it occurs, sorted."""
    rows = [[*pair, n] for pair, n in sorted(Counter(pairs).items())]
    return torch.tensor(rows, dtype=torch.int32).reshape(len(rows), 3)


def bigrams(sequences: Sequence[Sequence[int]]) -> torch.Tensor:
    ended = ([BOS, *one, EOS] for one in sequences)
    return counted(pair for one in ended for pair in pairwise(one))


def shape_of(n_words: int, width: int) -> GptShape:
    return GptShape(n_words=n_words, width=width, layers=4, heads=4, window=10, dropout=0.0)


def unseen(corpus: str, counts: dict[str, Any], recipe: GptRecipe, losses: Sequence[float], name: str) -> Card:
    """The card of a checkpoint that has seen no labels."""
    facts = {
        "corpus": corpus,
        **counts,
        "paper_structures": 168,
        "recipe": {key: getattr(recipe, key) for key in recipe.__slots__},
        "seed": SEED,
        "commit": "see git log",
        "loss_nats_a_token": [round(loss, 4) for loss in losses],
    }
    return Card(f"gpt_{name}", f"python experiments/e05_next_layer/pretrain.py {name}", (), facts)


def cells(name: str, space: TokenView, found: Sequence[Architecture], corpus: str, recipe: GptRecipe) -> Checkpoint:
    """A checkpoint over the tokens of a cell space."""
    sequences = [[token + N_SPECIAL for token in space.to_tokens(one)] for one in found]
    shape = shape_of(len(space.vocabulary()), width=64)
    network = Gpt2(shape, SEED)
    losses = train_gpt(network, windows(sequences, shape.window, recipe.stride), recipe, SEED)
    return Checkpoint(
        card=unseen(corpus, {"sequences": len(sequences)}, recipe, losses, name),
        kind="tokens",
        words=tuple(space.vocabulary()),
        blocks=(),
        shape=shape,
        longest=max(map(len, sequences)),
        tensors={
            **{f"gpt.{key}": value for key, value in network.tensors().items()},
            "bigrams": bigrams(sequences),
            "beginnings": torch.zeros((0, 3), dtype=torch.int32),
        },
    )


def nasbench101() -> Checkpoint:
    recipe = GptRecipe(epochs=3, batch_size=512, learning_rate=3e-3, final_share=0.02, stride=1)
    text = "half of the 423,624 isomorphism classes of NAS-Bench-101, by a hash of their canonical genes; no accuracies"
    return cells("nasbench101", CELLS101, seen_classes101(), text, recipe)


def nasbench101_small() -> Checkpoint:
    found = [Architecture(tuple(genes)) for genes in SMALL101.distinct_cells().tolist()]
    recipe = GptRecipe(epochs=40, batch_size=128, learning_rate=2e-3, final_share=0.02, stride=1)
    text = "all cells of NAS-Bench-101 of up to 5 vertices; no accuracies"
    return cells("nasbench101_small", SMALL101, found, text, recipe)


def nasbench201() -> Checkpoint:
    recipe = GptRecipe(epochs=20, batch_size=128, learning_rate=1e-3, final_share=0.02, stride=1)
    text = (
        "cells of NAS-Bench-101 of up to 5 operators that NAS-Bench-201 can write, one string each, average pooling "
        "for max pooling; no accuracies of either benchmark"
    )
    return cells("nasbench201", CELLS201, translated_cells(), text, recipe)


def taught(network: Gpt2, networks: Sequence[Sequenced], words: Sequence[str], recipe: GptRecipe) -> list[float]:
    """Train on layer sequences, in place."""
    sequences = [ids_of(one.words(), words) for one in networks]
    return train_gpt(network, windows(sequences, network.shape.window, recipe.stride), recipe, SEED)


def selecting(networks: Sequence[Sequenced], words: Sequence[str]) -> list[tuple[list[int], int, int]]:
    """(ids before, first id, block) of every block."""
    found: list[tuple[list[int], int, int]] = []
    for one in networks:
        ids = [BOS, *ids_of(one.words(), words)]
        places = {name: place for place, name in enumerate(CHAINS.blocks())}
        found += [(ids[: at + 1], ids[at + 1], places[name]) for at, name in zip(one.choices, one.blocks, strict=True)]
    return found


def layers(name: str = "layers", *, cells: bool = True, humans: bool = True) -> Checkpoint:
    """A checkpoint over layer words: pre-trained on cells, then fine-tuned on people's networks, and the selector."""
    pre = [cell_network(one) for one in sampled_cells(N_CELLS, SEED, of_withheld=False)] if cells else []
    fine = human_sequences() if humans else []
    words = vocabulary([*pre, *fine])
    network = Gpt2(shape_of(len(words), width=64), SEED)
    losses = [taught(network, part, words, how) for part, how in ((pre, ON_CELLS), (fine, ON_HUMANS)) if part]
    chains = chain_sequences(N_CHAINS, SEED)
    examples = selecting([*fine] * HUMAN_WEIGHT + chains, words)
    selector = BlockSelector(len(words), len(CHAINS.blocks()), network.shape.window, SEED)
    rows = selector.rows([before for before, _, _ in examples], [word for _, word, _ in examples])
    chosen = selector.learn(rows, np.array([block for _, _, block in examples]), 15, 1e-3, SEED)
    last = [ids_of(one.words(), words) for one in fine or pre]
    corpus = ([f"{len(pre)} NAS-Bench-101 cells of the half that is not withheld, one cell a stack"] * cells) + (
        [f"{len(fine)} networks by people, after the cells"] * humans
    )
    curve = [loss for part in losses for loss in part]
    in_chains = [number for one in chains for number in ids_of(one.words(), words)]
    counts = {
        "sequences": len(pre) + len(fine),
        "layers": sum(len(one.layers) for one in [*pre, *fine]),
        "distinct_structures": len({layer.structure() for one in [*pre, *fine] for layer in one.layers}),
        "distinct_operations": len({layer.operation() for one in [*pre, *fine] for layer in one.layers}),
        "distinct_words": len(words),
        "unknown_share_in_random_chains": round(float(np.mean([one == UNKNOWN for one in in_chains])), 5),
        "selector": f"blocks of people's networks {HUMAN_WEIGHT} times, and of {N_CHAINS} random chains",
        "selector_loss_nats_a_block": [round(loss, 4) for loss in chosen],
    }
    return Checkpoint(
        card=unseen("; ".join(corpus), counts, ON_HUMANS if humans else ON_CELLS, curve, name),
        kind="layers",
        words=words,
        blocks=tuple(CHAINS.blocks()),
        shape=network.shape,
        longest=max(len(one.layers) for one in [*pre, *fine]),
        tensors={
            **{f"gpt.{key}": value for key, value in network.tensors().items()},
            **{f"selector.{key}": value for key, value in selector.tensors().items()},
            "bigrams": bigrams(last),
            "beginnings": counted((word, block) for _, word, block in examples),
        },
    )


MAKERS: dict[str, Callable[[], Checkpoint]] = {
    "nasbench101": nasbench101,
    "nasbench101_small": nasbench101_small,
    "nasbench201": nasbench201,
    "layers": layers,
    "layers_cells": lambda: layers("layers_cells", humans=False),
    "layers_human": lambda: layers("layers_human", cells=False),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=MAKERS)
    parser.add_argument("--folder", type=Path, default=ASSETS, help="where checkpoints are kept")
    args = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    checkpoint = MAKERS[args.name]()
    checkpoint.write(args.folder / checkpoint.card.name)
    size = sum(np.prod(tensor.shape) for name, tensor in checkpoint.tensors.items() if name.startswith("gpt."))
    sys.stdout.write(
        f"{checkpoint.card.name}: {checkpoint.card.facts['corpus']}\n"
        f"{len(checkpoint.words)} words, {size:,} weights, {time.perf_counter() - start:.0f} s, "
        f"loss {checkpoint.card.facts['loss_nats_a_token']}\n"
    )


if __name__ == "__main__":
    main()
