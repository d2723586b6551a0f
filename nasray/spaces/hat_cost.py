"""What a Transformer of HAT's space costs, counted as the authors' code counts it."""

from dataclasses import dataclass

from nasray.core.errors import require
from nasray.spaces.hat_shape import HatShape

TOKENS = 30
"""Length of the sentence, on both sides, for which HAT and LLM-PP publish operations."""

VOCABULARIES = {"wmt14_en_de": 32_768, "wmt14_en_fr": 44_512, "wmt19_en_de": 49_600}
"""Words of each task's vocabulary, which both languages share."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HatCost:
    """Size and operations of one Transformer; an operation is a multiplication or an addition.

    Attributes:
        macs: Multiply-adds of one sentence pair, the last layer left out.
        last_layer_macs: Multiply-adds of the last layer, which scores every word of the vocabulary.
        parameters: Weights, embeddings left out: what HAT prints as the model's size.
        embedding_parameters: Weights of the embeddings, shared with the last layer.
    """

    macs: int
    last_layer_macs: int
    parameters: int
    embedding_parameters: int

    @property
    def flops_without_last_layer(self) -> int:
        """What HAT prints as FLOPs."""
        return 2 * self.macs

    @property
    def flops(self) -> int:
        """What LLM-PP's prompts and table call FLOPs: with the last layer."""
        return 2 * (self.macs + self.last_layer_macs)


def hat_cost(shape: HatShape, qkv_dim: int, vocabulary: int, tokens: int = TOKENS) -> HatCost:
    """Count the weights and operations of ``shape``.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
    https://arxiv.org/abs/2005.14187: the counts that its code prints for ``tokens`` words on both sides. Checked
    without error on every published row, all of which have 30 words, six encoder layers and a ``qkv_dim`` of 512.

    Args:
        shape: The layers.
        qkv_dim: Q, width of queries, keys and values.
        vocabulary: V, words; see ``VOCABULARIES``.
        tokens: L, length of both sentences.

    Raises:
        ConfigError: A width or number is not positive.
    """
    sizes = {"qkv_dim": qkv_dim, "vocabulary": vocabulary, "tokens": tokens}
    for name, size in sizes.items():
        require(size >= 1, f"hat_cost {name} ({size}) must be at least 1")
    return HatCost(
        macs=_product_macs(shape, qkv_dim, tokens) + _other_macs(shape, qkv_dim, tokens),
        last_layer_macs=tokens * shape.decoder_dim * vocabulary,
        parameters=_parameters(shape, qkv_dim),
        embedding_parameters=shape.decoder_dim * vocabulary,
    )


def _product_macs(shape: HatShape, q: int, n: int) -> int:
    """Of the matrix products of n tokens."""
    e, d = shape.encoder_dim, shape.decoder_dim
    encoder = sum(_attention_macs(e, q, n) + 2 * n * e * ffn for ffn in shape.encoder_ffn)
    decoder = sum(_attention_macs(d, q, n) + 2 * n * d * ffn for ffn in shape.decoder_ffn)
    read = [n * attended for attended in shape.attended]
    cross = sum(2 * n * d * q + 2 * keys * e * q + 2 * n * keys * q for keys in read)
    return encoder + decoder + cross


def _attention_macs(width: int, q: int, n: int) -> int:
    """Self-attention: three projections, scores and their sums, one projection back."""
    return 4 * n * width * q + 2 * n * n * q


def _other_macs(shape: HatShape, q: int, n: int) -> int:
    """Of layer norms, the scaling of queries, and a few scalars that the authors' counter sees."""
    x, y = len(shape.encoder_ffn), len(shape.decoder_ffn)
    norms = n * ((2 * x + 1) * shape.encoder_dim + (3 * y + 1) * shape.decoder_dim)
    return norms + (n * q + 3) * (x + 2 * y) + 2 * n


def _parameters(shape: HatShape, q: int) -> int:
    """Weights and biases, embeddings left out; a layer norm has two of each width."""
    e, d = shape.encoder_dim, shape.decoder_dim
    encoder = sum(_projections(e, q) + _ffn_parameters(e, ffn) + 4 * e for ffn in shape.encoder_ffn)
    cross = (d * q + q) + 2 * (e * q + q) + (q * d + d)
    decoder = sum(_projections(d, q) + cross + _ffn_parameters(d, ffn) + 6 * d for ffn in shape.decoder_ffn)
    return encoder + decoder


def _projections(width: int, q: int) -> int:
    """Weights of self-attention."""
    return 3 * (width * q + q) + q * width + width


def _ffn_parameters(width: int, ffn: int) -> int:
    """Weights of a feed-forward block."""
    return width * ffn + ffn + ffn * width + width
