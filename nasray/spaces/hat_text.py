"""The written form of HAT's Transformers: ``encoder 640: 3072/8 1024/4; decoder 512: 2048/8/4/-1``."""

import re
from collections.abc import Sequence

from nasray.spaces.hat_shape import HatShape

_NUMBER = r"-?[0-9]{1,6}"
_WIDTH = "[0-9]{1,6}"
_STACK = rf"({_WIDTH}): ({_NUMBER}(?:[ /]{_NUMBER})*)(?: \| ({_NUMBER}(?:[ /]{_NUMBER})*))?"
_TEXT = re.compile(rf"encoder {_STACK}; decoder {_STACK}")
FORM = (
    "encoder DIM: FFN/HEADS ...; decoder DIM: FFN/HEADS/CROSS_HEADS/REACH ..., a layer each, absent layers behind a |"
)

Layers = Sequence[Sequence[int]]
"""Layers, each with its numbers."""


def shape_text(shape: HatShape, absent: tuple[Layers, Layers] = ((), ())) -> str:
    """Write ``shape``, and the genes of absent encoder and decoder layers where there are any to be kept."""
    encoder = list(zip(shape.encoder_ffn, shape.encoder_heads, strict=True))
    decoder = list(zip(shape.decoder_ffn, shape.decoder_heads, shape.cross_heads, shape.cross_reach, strict=True))
    stacks = ((shape.encoder_dim, encoder, absent[0]), (shape.decoder_dim, decoder, absent[1]))
    written = [
        f"{dim}: {_layers_text(layers)}" + (f" | {_layers_text(others)}" if others else "")
        for dim, layers, others in stacks
    ]
    return f"encoder {written[0]}; decoder {written[1]}"


def read_text(text: str) -> tuple[HatShape, tuple[Layers, Layers]] | None:
    """Inverse of ``shape_text``; None when the text is not of this form."""
    found = _TEXT.fullmatch(text)
    if not found:
        return None
    encoder_dim, encoder, encoder_absent, decoder_dim, decoder, decoder_absent = found.groups(default="")
    stacks = [_read_layers(part) for part in (encoder, encoder_absent, decoder, decoder_absent)]
    widths = (2, 2, 4, 4)
    if any(len(layer) != width for layers, width in zip(stacks, widths, strict=True) for layer in layers):
        return None
    ffn, heads = zip(*stacks[0], strict=True)
    decoder_ffn, decoder_heads, cross_heads, cross_reach = zip(*stacks[2], strict=True)
    shape = HatShape(
        encoder_dim=int(encoder_dim),
        encoder_ffn=ffn,
        encoder_heads=heads,
        decoder_dim=int(decoder_dim),
        decoder_ffn=decoder_ffn,
        decoder_heads=decoder_heads,
        cross_heads=cross_heads,
        cross_reach=cross_reach,
    )
    return shape, (stacks[1], stacks[3])


def _layers_text(layers: Layers) -> str:
    return " ".join("/".join(map(str, layer)) for layer in layers)


def _read_layers(text: str) -> list[tuple[int, ...]]:
    return [tuple(int(number) for number in layer.split("/")) for layer in text.split()]
