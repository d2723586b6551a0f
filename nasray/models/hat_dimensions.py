"""The numbers that make an encoder-decoder Transformer of HAT's space, wherever they come from."""

from typing import Protocol


class HatDimensions(Protocol):
    """X encoder layers and Y decoder layers; hashable. ``Hat.shape`` gives them for a member of the space."""

    @property
    def encoder_dim(self) -> int:
        """Width of the encoder."""
        ...

    @property
    def encoder_ffn(self) -> tuple[int, ...]:
        """``(X,)`` inner widths of the feed-forward blocks."""
        ...

    @property
    def encoder_heads(self) -> tuple[int, ...]:
        """``(X,)`` heads of self-attention."""
        ...

    @property
    def decoder_dim(self) -> int:
        """Width of the decoder."""
        ...

    @property
    def decoder_ffn(self) -> tuple[int, ...]:
        """``(Y,)`` inner widths of the feed-forward blocks."""
        ...

    @property
    def decoder_heads(self) -> tuple[int, ...]:
        """``(Y,)`` heads of self-attention."""
        ...

    @property
    def cross_heads(self) -> tuple[int, ...]:
        """``(Y,)`` heads of the attention to the encoder."""
        ...

    @property
    def attended(self) -> tuple[int, ...]:
        """``(Y,)`` number of the last encoder layers that each decoder layer attends."""
        ...
