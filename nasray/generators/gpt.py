"""The generator of GPT-NAS: a pre-trained GPT that writes architectures and rebuilds what was eliminated."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.card import Card, Leak
from nasray.core.errors import require
from nasray.core.space import SearchSpace
from nasray.generators.checkpoint import Checkpoint
from nasray.generators.proposing import check_share, proposed
from nasray.generators.writer import Writer
from nasray.models.block_selector import BlockSelector
from nasray.models.gpt import Gpt2
from nasray.models.gpt_sampler import GptSampler, drawn
from nasray.models.gpt_training import GptRecipe, train_gpt, windows

_WHO = "generator gpt"


@dataclass
class Mind:
    """A GPT with its selector; a Drawer.

    Attributes:
        sampler: Draws words.
        selector: Knows which block a word begins; None where words are tokens.
    """

    sampler: GptSampler
    selector: BlockSelector | None

    def fill(
        self, given: NDArray[np.int64], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """See ``Drawer``."""
        return self.sampler.fill(given, uniforms, allowed)

    def next(
        self, contexts: Sequence[Sequence[int]], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """See ``Drawer``."""
        return self.sampler.next(contexts, uniforms, allowed)

    def select(
        self, contexts: Sequence[Sequence[int]], words: NDArray[np.int64], uniforms: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """See ``Drawer``; drawn as words are, so that blocks which begin alike all have their chance."""
        assert self.selector is not None
        logits = self.selector.logits(self.selector.rows(contexts, words.tolist()), self.sampler.batch_size)
        return drawn(logits, uniforms, self.sampler.temperature, self.sampler.top_k)


@dataclass(kw_only=True)
class Gpt:
    """Proposes and rebuilds with a GPT over whole-layer words (chains) or the space's own tokens (cells).

    Yu et al. 2023, "GPT-NAS: Evolutionary Neural Architecture Search with the Generative Pre-Trained Model",
    https://arxiv.org/abs/2305.05351, Algorithm 1: walk the chain; where a unit was eliminated, the GPT predicts a
    layer from the ten before it, and the selector makes a block of it. Where the space offers no LayerView, its tokens
    are the words and there is nothing to select.

    Departures from the paper, which does not say how it predicts: words and blocks are drawn at a temperature among
    the most likely, not the first taken, which would make all rebuilt networks alike; a first block follows a token
    that means the beginning; layers are written without absolute sizes (``layer_words.word_of``).

    Args:
        space: Must offer Chained, and LayerView or TokenView.
        checkpoint: Name of a shipped one or folder; None for the shipped one that fits the space.
        weights: ``pretrained``, or ``random`` as a control: same vocabulary and size, nothing learnt.
        seed: Of random weights, and of the order in which ``adapt`` learns.
        temperature: 1 draws what the GPT believes, 0 takes the most likely.
        top_k: Draw among the so many most likely words; 0 for all.
        share: Chance of each unit of a context member to be rebuilt in ``propose``, 0 to 1.
        batch_size: Sequences at once, padding included: the shape of a batch decides the last bits of logits.
        input_shape: ``(C, H, W)`` of the images for which layers are written.
        adapt_epochs: Passes that ``adapt`` makes over what it is given.
        adapt_learning_rate: Of Adam there; 1e-4 in the paper's fine-tuning.
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
    weights: Literal["pretrained", "random"]
    seed: int
    temperature: float
    top_k: int
    share: float
    batch_size: int
    input_shape: Sequence[int]
    adapt_epochs: int
    adapt_learning_rate: float
    leak: Leak
    card: Card = field(init=False, repr=False, compare=False)
    _writer: Writer = field(init=False, repr=False, compare=False)
    _first: Mind = field(init=False, repr=False, compare=False)
    _mind: Mind = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Load the checkpoint."""
        check_share(self.share, _WHO)
        known = ("pretrained", "random")
        require(self.weights in known, f"{_WHO} weights ({self.weights!r}) must be one of {', '.join(known)}")
        require(self.seed >= 0, f"{_WHO} seed ({self.seed}) must not be negative")
        self._recipe = GptRecipe(
            epochs=self.adapt_epochs,
            batch_size=128,
            learning_rate=self.adapt_learning_rate,
            final_share=1.0,
            stride=1,
        )
        checkpoint = Checkpoint.of(self.checkpoint, self.space, _WHO)
        self.card = checkpoint.card
        self.card.guard(self.space, self.leak)
        self._writer = Writer(self.space, checkpoint, self.input_shape, _WHO)
        self._first = self._mind = self._loaded(checkpoint)

    def propose(self, context: Sequence[Architecture], n: int, rng: np.random.Generator) -> Sequence[Architecture]:
        """Context members partly rebuilt; without context, new ones. No grammar: what is written may be invalid."""
        return proposed(self, self._compose, self._writer.units, context, n, self.share, rng)

    def rebuild(
        self,
        architectures: Sequence[Architecture],
        eliminated: Sequence[Sequence[bool]],
        rngs: Sequence[np.random.Generator],
    ) -> Sequence[Architecture]:
        """See ``core.predictor.Rebuilder``."""
        return self._writer.rebuild(self._mind, architectures, eliminated, rngs)

    def adapt(self, architectures: Sequence[Architecture]) -> None:
        """Go on learning, from the search's own best cells say.

        Every call starts from the checkpoint and forgets the one before, so that what is known afterwards is a
        function of what was given here last; of nothing, the checkpoint's own knowledge.

        Args:
            architectures: Members of the space.
        """
        self._mind = self._first
        if not architectures or not self.adapt_epochs:
            return
        network = deepcopy(self._first.sampler.network)
        rows = windows([self._writer.sequence(one) for one in architectures], network.shape.window, self._recipe.stride)
        train_gpt(network, rows, self._recipe, self.seed)
        self._mind = self._with(network, self._taught(architectures))

    def _taught(self, architectures: Sequence[Architecture]) -> BlockSelector | None:
        """The checkpoint's selector after the blocks of ``architectures``."""
        if self._first.selector is None:
            return None
        selector = deepcopy(self._first.selector)
        found = [one for architecture in architectures for one in self._writer.beginnings(architecture)]
        rows = selector.rows([before for before, _, _ in found], [word for _, word, _ in found])
        blocks = np.array([block for _, _, block in found], np.int64)
        selector.learn(rows, blocks, self.adapt_epochs, self.adapt_learning_rate, self.seed)
        return selector

    def _loaded(self, checkpoint: Checkpoint) -> Mind:
        network = Gpt2(checkpoint.shape, self.seed)
        selector: BlockSelector | None = None
        if checkpoint.blocks:
            n_words, n_blocks = checkpoint.shape.n_words, len(checkpoint.blocks)
            selector = BlockSelector(n_words, n_blocks, checkpoint.shape.window, self.seed)
        if self.weights == "pretrained":
            network.load(checkpoint.part("gpt"))
            if selector is not None:
                selector.load(checkpoint.part("selector"))
        return self._with(network, selector)

    def _with(self, network: Gpt2, selector: BlockSelector | None) -> Mind:
        sampler = GptSampler(
            network=network, batch_size=self.batch_size, temperature=self.temperature, top_k=self.top_k
        )
        return Mind(sampler, selector)

    def _compose(self, rngs: Sequence[np.random.Generator]) -> Sequence[Architecture]:
        return self._writer.compose(self._mind, rngs)
