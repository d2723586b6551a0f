"""Layers as words: what is alike in a narrow and in a wide network, on small and on large images."""

import math

from nasray.core.layer_properties import LayerProperties


def word_of(layer: LayerProperties) -> str:
    """The layer's structure with its sizes made relative, e.g. ``conv kernel=3,3 … groups=1 … channels=x2``.

    Yu et al. 2023, GPT-NAS, https://arxiv.org/abs/2305.05351, section 3.1: every distinct structure is one word of the
    vocabulary.

    Departures from the paper: a structure holds in_size and out_size, by which a network of 32x32 images and one of
    224x224 images, or one narrower than those of the corpus, have no word in common. A word has instead the channels'
    ratio, to the nearest power of two; groups are one, some, or one a channel; a mean over all pixels is ``global``; a
    concatenation has a number of parts and not their widths.
    """
    words = [layer.family]
    ratio = round(math.log2(layer.out_size[0] / layer.in_size[0]))
    if layer.family == "conv":
        words += layer.operation().split(" ")[1:]
        words = [f"groups={_groups(layer)}" if word.startswith("groups=") else word for word in words]
    elif layer.family == "pooling":
        assert layer.kernel is not None
        assert layer.stride is not None
        everything = layer.out_size[1:] == (1, 1) and layer.kernel == layer.in_size[1:]
        window = f"kernel={layer.kernel[0]} stride={layer.stride[0]}"
        words += [f"type={layer.type}", "global" if everything else window]
    elif layer.family == "other":
        words += [f"name={layer.name}", *_value(layer)]
    return " ".join([*words, f"channels=x{2.0**ratio:g}"]) if layer.family in ("conv", "other") else " ".join(words)


def _groups(layer: LayerProperties) -> str:
    if layer.groups == 1:
        return "1"
    return "channels" if layer.groups == layer.in_size[0] else "some"


def _value(layer: LayerProperties) -> list[str]:
    value = layer.value or ()
    if layer.name == "concat":
        return [f"parts={len(value)}"]
    return [] if layer.name == "slice" or not value else [f"value={','.join(map(str, value))}"]
