"""Writes architectures word by word, whoever says what comes next."""

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.layer_properties import Size
from nasray.core.space import LayerView, SearchSpace
from nasray.generators.checkpoint import Checkpoint
from nasray.generators.drawer import Drawer
from nasray.generators.layer_words import word_of
from nasray.generators.units import Units
from nasray.models.gpt import BOS, EOS, N_SPECIAL, UNKNOWN

DRAW = -1
logger = logging.getLogger(__name__)


class Writer:
    """Members of one space as sequences of a checkpoint's word ids, and back.

    Args:
        space: Chained, with LayerView or else TokenView.
        checkpoint: Whose words are written.
        input_shape: ``(C, H, W)`` of the images for which layers are written.
        who: Writes.

    Attributes:
        units: How members are taken apart and put together.

    Raises:
        CapabilityError: The space has no units.
        ConfigError: The shape is not three positive numbers.
    """

    def __init__(self, space: SearchSpace, checkpoint: Checkpoint, input_shape: Sequence[int], who: str) -> None:
        """Find the space's words among the checkpoint's."""
        self._space = space
        self.units = Units(space, who)
        self._layers = space if isinstance(space, LayerView) else None
        self._input_shape = _image_shape(input_shape, who)
        self._longest = checkpoint.longest
        self._who, self._lost = who, set[str]()
        self._ids = {word: number + N_SPECIAL for number, word in enumerate(checkpoint.words)}
        self._allowed = np.zeros(len(checkpoint.words) + N_SPECIAL, bool)
        if self._layers is None:
            assert self.units.tokens is not None
            self._token_ids = [self._ids[word] for word in self.units.tokens.vocabulary()]
            self._tokens = {number: token for token, number in enumerate(self._token_ids)}
            self._allowed[self._token_ids] = True
        else:
            places = {name: gene for gene, name in enumerate(self._layers.blocks())}
            self._genes = [places.get(name, 0) for name in checkpoint.blocks]
            self._block_places = {name: place for place, name in enumerate(checkpoint.blocks)}
            self._allowed[N_SPECIAL:] = True

    def sequence(self, architecture: Architecture) -> list[int]:
        """The ids of one member: of its tokens, or of all its layers."""
        if self._layers is None:
            return [self._token_ids[token] for token in self.units.of(architecture)]
        blocks = self._layers.layers(architecture, self._input_shape)
        return [self._id(word_of(layer)) for block in blocks for layer in block]

    def beginnings(self, architecture: Architecture) -> list[tuple[list[int], int, int]]:
        """Of every block of a chain: the ids before it, that of its first layer, and its place in the checkpoint."""
        if self._layers is None:
            return []
        names, before = self._layers.blocks(), [BOS]
        found: list[tuple[list[int], int, int]] = []
        for gene, block in zip(architecture.genes, self._layers.layers(architecture, self._input_shape), strict=True):
            ids = [self._id(word_of(layer)) for layer in block]
            found.append((list(before), ids[0], self._block_places[names[gene]]))
            before += ids
        return found

    def compose(self, drawer: Drawer, rngs: Sequence[np.random.Generator]) -> list[Architecture]:
        """One new architecture for every generator of random numbers; no grammar holds the hand that writes tokens."""
        if self._layers is not None:
            drawn = [self._space.sample(rng) for rng in rngs]
            return self.rebuild(drawer, drawn, [[True] * len(one.genes) for one in drawn], rngs)
        length = self._longest + 1
        uniforms = np.array([rng.random(length) for rng in rngs]).reshape(len(rngs), length)
        allowed = self._allowed.copy()
        allowed[EOS] = True
        ids = drawer.fill(np.full(uniforms.shape, DRAW, np.int64), uniforms, allowed)
        return [self.units.architecture([self._tokens[one] for one in row if one != EOS]) for row in ids.tolist()]

    def rebuild(
        self,
        drawer: Drawer,
        architectures: Sequence[Architecture],
        eliminated: Sequence[Sequence[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> list[Architecture]:
        """See ``core.predictor.Rebuilder``."""
        units = [self.units.of(one) for one in architectures]
        rows = zip(units, eliminated, rngs, strict=True)
        checked = [(one, [bool(gone) for _, gone in zip(one, mask, strict=True)], rng) for one, mask, rng in rows]
        write = self._rebuild_tokens if self._layers is None else self._rebuild_blocks
        rebuilt = write(drawer, [one for one, _, _ in checked], [mask for _, mask, _ in checked], rngs)
        return [self.units.architecture(one) for one in rebuilt]

    def _rebuild_tokens(
        self,
        drawer: Drawer,
        units: Sequence[list[int]],
        eliminated: Sequence[list[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> list[list[int]]:
        """All places of all sequences in one go; shorter ones end in EOS."""
        length = max(map(len, units), default=0)
        given = np.full((len(units), length), EOS, np.int64)
        uniforms = np.zeros(given.shape)
        for row, (one, mask, rng) in enumerate(zip(units, eliminated, rngs, strict=True)):
            given[row, : len(one)] = [
                DRAW if gone else self._token_ids[token] for token, gone in zip(one, mask, strict=True)
            ]
            uniforms[row, : len(one)] = rng.random(len(one))
        ids = drawer.fill(given, uniforms, self._allowed).tolist()
        return [[self._tokens[number] for number in row[: len(one)]] for row, one in zip(ids, units, strict=True)]

    def _rebuild_blocks(
        self,
        drawer: Drawer,
        units: Sequence[list[int]],
        eliminated: Sequence[list[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> list[list[int]]:
        """Algorithm 1: all chains at once, block by block."""
        assert self._layers is not None
        chains = [list(one) for one in units]
        uniforms = [rng.random((len(one), 2)) for one, rng in zip(chains, rngs, strict=True)]
        texts = [[BOS] for _ in chains]
        for place in range(max(map(len, chains), default=0)):
            gone = [row for row, chain in enumerate(chains) if place < len(chain) and eliminated[row][place]]
            contexts = [texts[row] for row in gone]
            chances = np.array([uniforms[row][place] for row in gone]).reshape(len(gone), 2)
            if gone:
                words = drawer.next(contexts, chances[:, 0], self._allowed)
                for row, block in zip(gone, drawer.select(contexts, words, chances[:, 1]).tolist(), strict=True):
                    chains[row][place] = self._genes[block]
            for text, chain in zip(texts, chains, strict=True):
                if place + 1 < len(chain):  # what stands behind the last block is not read by anyone
                    text += self._block_ids(chain, place)
        return chains

    def _block_ids(self, chain: Sequence[int], place: int) -> list[int]:
        """The ids of the layers of one block, given those before it."""
        assert self._layers is not None
        layers = self._layers.block_layers(chain[:place], chain[place], len(chain), self._input_shape)
        return [self._id(word_of(layer)) for layer in layers]

    def _id(self, word: str) -> int:
        """The id of a layer's word; the alarm of encode-decode loss sounds once a word."""
        number = self._ids.get(word, UNKNOWN)
        if number == UNKNOWN and word not in self._lost:
            self._lost.add(word)
            logger.warning(
                "%s: encode-decode loss: layer %r is not among the %d words of the checkpoint; it is read as unknown "
                "and never predicted. A corpus that has it would mend this.",
                self._who,
                word,
                len(self._ids),
            )
        return number


def spawned(rng: np.random.Generator, n: int) -> list[np.random.Generator]:
    """``n`` generators of random numbers of their own, so that no sequence depends on its neighbours."""
    keys: NDArray[np.int64] = rng.integers(2**63, size=n)
    return [np.random.Generator(np.random.Philox(key=int(key))) for key in keys]


def _image_shape(given: Sequence[int], who: str) -> Size:
    """``given`` as (C, H, W)."""
    require(
        len(given) == 3 and min(given) >= 1,
        f"{who} input_shape ({list(given)}) must be channels, height and width, each at least 1",
    )
    channels, height, width = given
    return channels, height, width
