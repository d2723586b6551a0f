"""The layers of HAT's Transformers.

Suffixes: B sentences, T target tokens so far, S source tokens, L queries, M keys, W width, H heads, K width of a head.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class KeysValues(NamedTuple):
    """What an attention reads: keys and values, ``(B, H, M, K)`` each."""

    keys: Tensor
    values: Tensor


class Linear(nn.Linear):
    """A linear layer that draws no weights, which takes most of the time of making one: ``HatSupernet`` has them."""

    def reset_parameters(self) -> None:
        """Leave the weights as they are."""


class Attention(nn.Module):
    """Attention whose queries, keys and values have ``qkv_dim`` numbers, whatever the width of its inputs.

    Args:
        width: W of the queries' input and of the output.
        read_width: W of what is read.
        heads: H.
        qkv_dim: H x K.
    """

    def __init__(self, width: int, read_width: int, heads: int, qkv_dim: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = Linear(width, qkv_dim)
        self.key = Linear(read_width, qkv_dim)
        self.value = Linear(read_width, qkv_dim)
        self.out = Linear(qkv_dim, width)

    def read(self, x_BMW: Tensor) -> KeysValues:  # noqa: N803
        """Keys and values of what is read."""
        return KeysValues(self._split(self.key(x_BMW)), self._split(self.value(x_BMW)))

    def forward(self, x_BLW: Tensor, read: KeysValues, seen: Tensor | None) -> Tensor:  # noqa: N803
        """``(B, L, W)``; ``seen`` says which keys each query may see, broadcast to (B, H, L, M), None for all."""
        heads_BHLK = F.scaled_dot_product_attention(  # noqa: N806
            self._split(self.query(x_BLW)), read.keys, read.values, attn_mask=seen
        )
        return self.out(heads_BHLK.transpose(1, 2).flatten(2))

    def _split(self, x_BLQ: Tensor) -> Tensor:  # noqa: N803
        return x_BLQ.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class FeedForward(nn.Module):
    """Two linear layers with rectified units between them."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.widen = Linear(width, inner)
        self.narrow = Linear(inner, width)

    def forward(self, x_BLW: Tensor) -> Tensor:  # noqa: N803
        """``(B, L, W)``."""
        return self.narrow(F.relu(self.widen(x_BLW)))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each with a residual connection and a layer norm behind it."""

    def __init__(self, width: int, inner: int, heads: int, qkv_dim: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, width, heads, qkv_dim)
        self.attention_norm = nn.LayerNorm(width)
        self.ffn = FeedForward(width, inner)
        self.ffn_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_BSW: Tensor, seen: Tensor) -> Tensor:  # noqa: N803
        """``(B, S, W)``."""
        attended = self.attention(x_BSW, self.attention.read(x_BSW), seen)
        x_BSW = self.attention_norm(x_BSW + self.dropout(attended))  # noqa: N806
        return self.ffn_norm(x_BSW + self.dropout(self.ffn(x_BSW)))


class DecoderLayer(nn.Module):
    """Masked self-attention, attention to the encoder and feed-forward, each with residual connection and norm."""

    def __init__(
        self, width: int, read_width: int, inner: int, heads: int, cross_heads: int, qkv_dim: int, dropout: float
    ) -> None:
        super().__init__()
        self.attention = Attention(width, width, heads, qkv_dim)
        self.attention_norm = nn.LayerNorm(width)
        self.cross = Attention(width, read_width, cross_heads, qkv_dim)
        self.cross_norm = nn.LayerNorm(width)
        self.ffn = FeedForward(width, inner)
        self.ffn_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        x_BTW: Tensor,  # noqa: N803
        past: KeysValues | None,
        causal: Tensor | None,
        source: KeysValues,
        source_seen: Tensor,
    ) -> tuple[Tensor, KeysValues]:
        """``(B, T, W)``, and the keys and values of all tokens so far: those of ``past``, then those of ``x_BTW``."""
        read = self.attention.read(x_BTW)
        if past is not None:
            read = KeysValues(torch.cat((past.keys, read.keys), 2), torch.cat((past.values, read.values), 2))
        x_BTW = self.attention_norm(x_BTW + self.dropout(self.attention(x_BTW, read, causal)))  # noqa: N806
        x_BTW = self.cross_norm(x_BTW + self.dropout(self.cross(x_BTW, source, source_seen)))  # noqa: N806
        return self.ffn_norm(x_BTW + self.dropout(self.ffn(x_BTW))), read
