"""The numbers that make an encoder-decoder Transformer of HAT's space."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class HatShape:
    """Layers that exist, without the genes of absent ones. X encoder layers, Y decoder layers.

    Attributes:
        encoder_dim: Width of the encoder.
        encoder_ffn: ``(X,)`` inner widths of the feed-forward blocks.
        encoder_heads: ``(X,)`` heads of self-attention.
        decoder_dim: Width of the decoder, and of the embeddings that are shared with the output.
        decoder_ffn: ``(Y,)`` inner widths of the feed-forward blocks.
        decoder_heads: ``(Y,)`` heads of self-attention.
        cross_heads: ``(Y,)`` heads of the attention to the encoder.
        cross_reach: ``(Y,)`` in HAT's numbers: -1, 1, 2 attend the last one, two, three encoder layers.
    """

    encoder_dim: int
    encoder_ffn: tuple[int, ...]
    encoder_heads: tuple[int, ...]
    decoder_dim: int
    decoder_ffn: tuple[int, ...]
    decoder_heads: tuple[int, ...]
    cross_heads: tuple[int, ...]
    cross_reach: tuple[int, ...]

    @property
    def attended(self) -> tuple[int, ...]:
        """``(Y,)`` number of encoder layers that each decoder layer attends."""
        return tuple(attended_layers(reach) for reach in self.cross_reach)


def attended_layers(reach: int) -> int:
    """Encoder layers behind one of HAT's numbers: -1 is one, r is r + 1."""
    return 1 if reach == -1 else reach + 1
