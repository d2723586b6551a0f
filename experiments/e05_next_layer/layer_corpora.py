"""Networks as sequences of layer words, with the places where there is a choice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from corpora import CELLS101, IMAGE

from nasray.core.architecture import Architecture
from nasray.core.layer_properties import LayerProperties
from nasray.generators.layer_words import word_of
from nasray.models.gpt import N_SPECIAL, UNKNOWN
from nasray.models.human_networks.corpus import human_corpus
from nasray.models.vertex_starts import vertex_starts
from nasray.spaces.block_chain import BlockChain
from nasray.spaces.nasbench101 import NasBench101

CHAINS = BlockChain(channels=16, width_multiplier=1.0, min_blocks=10, max_blocks=20, min_pixels=4)


@dataclass(frozen=True, slots=True)
class Sequenced:
    """One network.

    Attributes:
        name: Of the network.
        cluster: Networks that resemble each other: an isomorphism class, a family.
        layers: In order.
        choices: Places in ``layers`` where something was chosen: where a block or vertex begins.
        blocks: The block type that begins at each of them; empty where there are none.
    """

    name: str
    cluster: str
    layers: tuple[LayerProperties, ...]
    choices: tuple[int, ...]
    blocks: tuple[str, ...] = ()

    def words(self) -> list[str]:
        return [word_of(layer) for layer in self.layers]


def cell_network(cell: Architecture, space: NasBench101 = CELLS101) -> Sequenced:
    """A NAS-Bench-101 cell in its network; chosen is what each vertex of a stack's first cell begins with."""
    layers, choices = vertex_starts(space.plan(cell, IMAGE, 10))
    return Sequenced(cell.key, cell.key, layers, choices)


def human_sequences() -> list[Sequenced]:
    """The 36 networks for the images for which they were published; chosen is what each block begins with."""
    found: list[Sequenced] = []
    for network in human_corpus():
        sizes = [len(block.layers) for block in network.blocks]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).tolist()
        layers = tuple(layer for block in network.blocks for layer in block.layers)
        names = tuple(block.block for block in network.blocks)
        found.append(Sequenced(network.name, network.family, layers, tuple(starts), names))
    return found


def chain_sequences(n: int, seed: int) -> list[Sequenced]:
    """Random chains of blocks: the language of the space, without any taste."""
    rng, found = np.random.default_rng(seed), []
    for number in range(n):
        chain = CHAINS.sample(rng)
        blocks = CHAINS.layers(chain, IMAGE)
        starts = np.concatenate([[0], np.cumsum([len(block) for block in blocks])[:-1]]).tolist()
        layers = tuple(layer for block in blocks for layer in block)
        names = tuple(CHAINS.blocks()[gene] for gene in chain.genes)
        found.append(Sequenced(f"chain{number}", "chain", layers, tuple(starts), names))
    return found


def vocabulary(networks: Iterable[Sequenced]) -> tuple[str, ...]:
    """Every word of a corpus, sorted."""
    return tuple(sorted({word for network in networks for word in network.words()}))


def ids_of(words: Sequence[str], known: Sequence[str]) -> list[int]:
    """Word ids; what is not in the vocabulary is unknown."""
    ids = {word: number + N_SPECIAL for number, word in enumerate(known)}
    return [ids.get(word, UNKNOWN) for word in words]
