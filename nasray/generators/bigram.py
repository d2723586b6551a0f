"""The control that has read the same corpus and remembers one word: counts of what follows what."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.card import Card, Leak
from nasray.core.errors import require
from nasray.core.space import SearchSpace
from nasray.generators.checkpoint import Checkpoint
from nasray.generators.proposing import check_share, proposed
from nasray.generators.writer import Writer
from nasray.models.gpt import BOS, EOS, N_SPECIAL

_WHO = "generator bigram"


@dataclass(frozen=True)
class Counts:
    """Draws by counts; a Drawer.

    Attributes:
        following: ``(V, V)`` chances up to a factor: row, what stands before; column, what follows.
        beginning: ``(V, n_blocks)`` likewise: row, a layer; column, the block it begins.
    """

    following: NDArray[np.float64]
    beginning: NDArray[np.float64]

    @classmethod
    def of(cls, checkpoint: Checkpoint, smoothing: float) -> "Counts":
        """Counts of a checkpoint's corpus; ``smoothing`` sightings more, shared out by how frequent a word is alone."""
        size = len(checkpoint.words) + N_SPECIAL
        return cls(
            _smoothed(checkpoint.tensors["bigrams"].numpy(), (size, size), smoothing),
            _smoothed(checkpoint.tensors["beginnings"].numpy(), (size, len(checkpoint.blocks)), smoothing),
        )

    def fill(
        self, given: NDArray[np.int64], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """See ``Drawer``."""
        ids, before = given.copy(), np.full(len(given), BOS)
        for place in range(given.shape[1]):
            chosen = np.where(before == EOS, EOS, _drawn(self.following[before] * allowed, uniforms[:, place]))
            ids[:, place] = before = np.where(given[:, place] < 0, chosen, given[:, place])
        return ids

    def next(
        self, contexts: Sequence[Sequence[int]], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """See ``Drawer``."""
        return _drawn(self.following[[context[-1] for context in contexts]] * allowed, uniforms)

    def select(
        self,
        contexts: Sequence[Sequence[int]],  # noqa: ARG002 -- the layer alone is looked at
        words: NDArray[np.int64],
        uniforms: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """See ``Drawer``."""
        return _drawn(self.beginning[words], uniforms)


def _smoothed(counted: NDArray[np.int32], shape: tuple[int, int], smoothing: float) -> NDArray[np.float64]:
    """``shape`` counts plus ``smoothing`` times each column's share, itself smoothed by one sighting of everything."""
    table = np.zeros(shape)
    table[counted[:, 0], counted[:, 1]] = counted[:, 2]
    alone = table.sum(0) + 1
    return table + smoothing * alone / max(1.0, alone.sum())


def _drawn(weights: NDArray[np.float64], uniforms: NDArray[np.float64]) -> NDArray[np.int64]:
    """``(B,)`` columns of ``(B, V)`` weights, each by its uniform number."""
    cumulated = weights.cumsum(1)
    return (cumulated <= uniforms[:, None] * cumulated[:, -1:]).sum(1)


@dataclass(kw_only=True)
class Bigram:
    """Rebuilds by counts of a checkpoint's corpus: what follows the word before, and which block a layer begins.

    The control of GPT-NAS (https://arxiv.org/abs/2305.05351) for what a transformer adds to the corpus.

    Args:
        space: Must offer Chained, and LayerView or TokenView.
        checkpoint: Whose counts; None for the shipped one that fits the space.
        smoothing: Sightings that every word is given beside its own, shared out by the frequencies of single words.
        share: Chance of each unit of a context member to be rebuilt in ``propose``, 0 to 1.
        input_shape: ``(C, H, W)`` of the images for which layers are written.
        leak: What to do in a space whose labels the checkpoint has seen: ``refuse``, or ``allow``, which marks figures.

    Attributes:
        card: Where the checkpoint comes from, and what it has seen.

    Raises:
        CapabilityError: The space has no units.
        ConfigError: A setting is out of its range, or the checkpoint has seen labels of the space.
        DataError: The checkpoint does not serve the space.
    """

    space: SearchSpace
    checkpoint: str | None
    smoothing: float
    share: float
    input_shape: Sequence[int]
    leak: Leak
    card: Card = field(init=False, repr=False, compare=False)
    _writer: Writer = field(init=False, repr=False, compare=False)
    _counts: Counts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Load the counts."""
        check_share(self.share, _WHO)
        require(self.smoothing > 0, f"{_WHO} smoothing ({self.smoothing}) must be above 0: some words follow none")
        checkpoint = Checkpoint.of(self.checkpoint, self.space, _WHO)
        self.card = checkpoint.card
        self.card.guard(self.space, self.leak)
        self._writer = Writer(self.space, checkpoint, self.input_shape, _WHO)
        self._counts = Counts.of(checkpoint, self.smoothing)

    def propose(self, context: Sequence[Architecture], n: int, rng: np.random.Generator) -> Sequence[Architecture]:
        """Context members partly rebuilt; without context, new ones."""
        return proposed(self, self._compose, self._writer.units, context, n, self.share, rng)

    def rebuild(
        self,
        architectures: Sequence[Architecture],
        eliminated: Sequence[Sequence[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> Sequence[Architecture]:
        """See ``core.predictor.Rebuilder``."""
        return self._writer.rebuild(self._counts, architectures, eliminated, rngs)

    def _compose(self, rngs: Sequence[np.random.Generator]) -> Sequence[Architecture]:
        return self._writer.compose(self._counts, rngs)
