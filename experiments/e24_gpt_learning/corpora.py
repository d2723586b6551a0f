"""Networks as words, with the places where there is a choice: NAS-Bench-101's cells and the 36 networks of people."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.layer_properties import LayerProperties
from nasray.generators.layer_words import word_of
from nasray.models.gpt import N_SPECIAL, UNKNOWN
from nasray.models.human_networks.corpus import human_corpus
from nasray.models.vertex_starts import vertex_starts
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench101_cells import enumerate_cells

CELLS = NasBench101(channels=128, stacks=3, cells_per_stack=1, max_vertices=7)


@dataclass(frozen=True, slots=True)
class Words:
    """One network.

    Attributes:
        cluster: Networks that resemble each other: an isomorphism class, a family.
        ids: Of its layers' words.
        choices: Places in ``ids`` where a block or vertex begins; everything else follows from it.
    """

    cluster: str
    ids: tuple[int, ...]
    choices: tuple[int, ...]


@dataclass(frozen=True)
class Corpora:
    """Everything that is learnt or asked about, in the words of one vocabulary.

    Args:
        vocabulary: Word i has the id i + 3.
    """

    vocabulary: Sequence[str]

    def cells(self, n: int, seed: int, *, withheld: bool) -> list[Words]:
        """``n`` cells of one half of the isomorphism classes, which a hash of the canonical genes tells apart."""
        every = [genes for genes in map(tuple, enumerate_cells(7).tolist()) if _half(genes) == withheld]
        drawn = np.random.default_rng(seed).choice(len(every), n, replace=False)
        return [self._cell(Architecture(every[place])) for place in drawn]

    def humans(self) -> list[Words]:
        """For the images for which they were published."""
        found: list[Words] = []
        for network in human_corpus():
            starts = np.cumsum([0, *(len(block.layers) for block in network.blocks[:-1])]).tolist()
            found.append(Words(network.family, self._ids(list(network.layers())), tuple(starts)))
        return found

    def _cell(self, cell: Architecture) -> Words:
        """Chosen is what each vertex of a stack's first cell begins with."""
        layers, choices = vertex_starts(CELLS.plan(cell, (3, 32, 32), 10))
        return Words(cell.key, self._ids(layers), choices)

    def _ids(self, layers: Sequence[LayerProperties]) -> tuple[int, ...]:
        numbers = {word: number + N_SPECIAL for number, word in enumerate(self.vocabulary)}
        return tuple(numbers.get(word_of(layer), UNKNOWN) for layer in layers)


def _half(genes: tuple[int, ...]) -> bool:
    return bool(hashlib.blake2b(bytes(genes), digest_size=1).digest()[0] & 1)
