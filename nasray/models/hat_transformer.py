"""One Transformer of HAT's space.

Suffixes: B sentences, S source tokens, T target tokens, W width, V words.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasray.models.hat_dimensions import HatDimensions
from nasray.models.hat_layers import DecoderLayer, EncoderLayer, KeysValues

PAD, BEGIN, END = 0, 1, 2
N_SPECIAL = 3
"""Ids below are no words: filling behind the end of a sentence, its beginning, its end."""


class Memory(NamedTuple):
    """The source sentences as each of Y decoder layers reads them: keys and values, and which of them are words."""

    read: tuple[KeysValues, ...]
    seen: tuple[Tensor, ...]


class HatTransformer(nn.Module):
    """An encoder-decoder Transformer whose layers differ in width and heads, with one table of embeddings.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
    https://arxiv.org/abs/2005.14187, section 3.1, on Vaswani et al. 2017: norms behind the residual connections,
    sinusoids for positions, embeddings scaled by the root of the width and shared by encoder, decoder and output. A
    decoder layer reads the outputs of the last encoder layers side by side, as one longer sentence.

    Departures from the paper: drop-out acts on embeddings and residual branches only. Where encoder and decoder have
    different widths the table has the larger, and the other side uses its first columns.

    Made on the device ``meta`` it holds no numbers; ``HatSupernet`` gives it some.

    Args:
        dims: The layers.
        qkv_dim: Width of queries, keys and values, all heads together.
        vocabulary: V, special ids included.
        dropout: Share of activations left out in training.
    """

    def __init__(self, dims: HatDimensions, qkv_dim: int, vocabulary: int, dropout: float) -> None:
        super().__init__()
        self.dims = dims
        self.embedding = nn.Embedding(vocabulary, max(dims.encoder_dim, dims.decoder_dim))
        self.encoder = nn.ModuleList(
            EncoderLayer(dims.encoder_dim, ffn, heads, qkv_dim, dropout)
            for ffn, heads in zip(dims.encoder_ffn, dims.encoder_heads, strict=True)
        )
        self.decoder = nn.ModuleList(
            DecoderLayer(dims.decoder_dim, dims.encoder_dim, ffn, heads, cross, qkv_dim, dropout)
            for ffn, heads, cross in zip(dims.decoder_ffn, dims.decoder_heads, dims.cross_heads, strict=True)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, source_BS: Tensor, target_BT: Tensor) -> Tensor:  # noqa: N803
        """``(B, T, V)`` logits of the words that follow ``target_BT``, which starts with BEGIN."""
        return self.decode(target_BT, self.encode(source_BS), None)[0]

    def encode(self, source_BS: Tensor) -> Memory:  # noqa: N803
        """What the decoder layers read of sentences that end with END, filled up with PAD."""
        seen = (source_BS != PAD)[:, None, None, :]
        outputs = [self._embed(source_BS, self.dims.encoder_dim, 0)]
        for layer in self.encoder:
            outputs.append(layer(outputs[-1], seen))
        joined = {n: torch.cat(outputs[-n:], 1) for n in set(self.dims.attended)}
        readers = [cast(DecoderLayer, layer).cross for layer in self.decoder]
        return Memory(
            tuple(reader.read(joined[n]) for reader, n in zip(readers, self.dims.attended, strict=True)),
            tuple(seen.repeat(1, 1, 1, n) for n in self.dims.attended),
        )

    def decode(
        self,
        target_BT: Tensor,  # noqa: N803
        memory: Memory,
        past: Sequence[KeysValues] | None,
    ) -> tuple[Tensor, list[KeysValues]]:
        """``(B, T, V)`` logits, and what the next call needs as ``past`` to go on behind ``target_BT``.

        Args:
            target_BT: The tokens behind those of ``past``, a single one if there is a past; without, BEGIN first.
            memory: Of ``encode``.
            past: What the last call gave.
        """
        length = target_BT.shape[1]
        before = 0 if past is None else past[0].keys.shape[2]
        causal = None if before else _causal(length, target_BT.device)
        x_BTW, now = self._embed(target_BT, self.dims.decoder_dim, before), list[KeysValues]()  # noqa: N806
        for number, layer in enumerate(self.decoder):
            own = None if past is None else past[number]
            x_BTW, read = layer(x_BTW, own, causal, memory.read[number], memory.seen[number])  # noqa: N806
            now.append(read)
        return F.linear(x_BTW, self.embedding.weight[:, : self.dims.decoder_dim]), now

    def _embed(self, tokens: Tensor, width: int, before: int) -> Tensor:
        """Words and places, ``before`` of which lie in the past."""
        x = F.embedding(tokens, self.embedding.weight[:, :width]) * math.sqrt(width)
        return self.dropout(x + _sinusoids(before + tokens.shape[1], width, tokens.device)[before:])


@lru_cache(maxsize=64)
def _sinusoids(length: int, width: int, device: torch.device) -> Tensor:
    """``(length, width)``: sines, then cosines, of wavelengths from 2 pi to 20,000 pi."""
    half = width // 2
    places = torch.arange(length, dtype=torch.float32, device=device)[:, None]
    rates = torch.exp(torch.arange(half, dtype=torch.float32, device=device) * (-math.log(10_000.0) / max(1, half - 1)))
    waves = torch.cat(((places * rates).sin(), (places * rates).cos()), 1)
    return F.pad(waves, (0, width - 2 * half))


@lru_cache(maxsize=64)
def _causal(length: int, device: torch.device) -> Tensor:
    """``(length, length)``: a word sees itself and those before it."""
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()
