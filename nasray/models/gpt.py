"""A decoder-only transformer over whole-layer tokens: the network of GPT-NAS, on transformers' GPT-2 blocks."""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from nasray.core.errors import DataError, require

BOS, EOS, UNKNOWN = 0, 1, 2
N_SPECIAL = 3
"""Ids below are no words: the beginning, the end, and a word that is not in the vocabulary."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GptShape:
    """The size of a network.

    Attributes:
        n_words: Words of the vocabulary, the special ones left out.
        width: Numbers in which a token is described.
        layers: Transformer blocks.
        heads: Attention heads of each; must divide the width.
        window: Tokens that a prediction sees.
        dropout: Share of activations left out in training.
    """

    n_words: int
    width: int
    layers: int
    heads: int
    window: int
    dropout: float

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        for name in ("n_words", "width", "layers", "heads", "window"):
            require(getattr(self, name) >= 1, f"gpt {name} ({getattr(self, name)}) must be at least 1")
        require(
            self.width % self.heads == 0,
            f"gpt width ({self.width}) must be a multiple of its heads ({self.heads}): each gets an equal share",
        )
        require(0 <= self.dropout < 1, f"gpt dropout ({self.dropout}) must be at least 0 and below 1")


class Gpt2(torch.nn.Module):
    """GPT-2 with tied embeddings, learnt positions within the window and random weights.

    Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; sizes after Yu et al. 2023, GPT-NAS,
    https://arxiv.org/abs/2305.05351, section 3: 4 blocks, 4 heads, a window of 10 layers.

    Args:
        shape: Its size.
        seed: Of the weights.
    """

    def __init__(self, shape: GptShape, seed: int) -> None:
        super().__init__()
        self.shape = shape
        config = GPT2Config(
            vocab_size=shape.n_words + N_SPECIAL,
            n_positions=shape.window,
            n_embd=shape.width,
            n_layer=shape.layers,
            n_head=shape.heads,
            bos_token_id=BOS,
            eos_token_id=EOS,
            resid_pdrop=shape.dropout,
            embd_pdrop=shape.dropout,
            attn_pdrop=shape.dropout,
        )
        # transformers initialises from torch's global stream: seeded here, and given back as it was.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.inner = GPT2LMHeadModel(config)
        self.eval()

    def forward(self, ids_BT: Tensor) -> Tensor:  # noqa: N803
        """``(B, T, V)`` logits of what follows each of T <= window tokens; a token sees those before it."""
        return self.inner(input_ids=ids_BT, use_cache=False).logits

    def tensors(self) -> dict[str, Tensor]:
        """The weights by name, without the tied output layer."""
        return {name: value.detach() for name, value in self.inner.transformer.state_dict().items()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take over the weights that ``tensors`` of a network of the same shape gave.

        Raises:
            DataError: They are of another shape.
        """
        own = {name: tuple(value.shape) for name, value in self.tensors().items()}
        given = {name: tuple(value.shape) for name, value in tensors.items()}
        wrong = sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
        require(
            not wrong,
            f"gpt of {self.shape} got weights of another shape: {wrong[:3]} differ; use the shape they were made with",
            DataError,
        )
        self.inner.transformer.load_state_dict(tensors)
