from dataclasses import replace

import pytest

from nasray.core.layer_properties import LayerProperties
from nasray.generators.layer_words import word_of

CONV = "conv kernel=3,3 stride=2,2 padding=1,1,1,1 dilation=1"


def conv(width, groups=1):
    return LayerProperties(
        family="conv",
        id=7,
        in_size=(8, 16, 16),
        out_size=(width, 8, 8),
        kernel=(3, 3),
        stride=(2, 2),
        padding=(1, 1, 1, 1),
        dilation=1,
        groups=groups,
        bias_used=False,
    )


def pool(kernel, pixels):
    size = (4, pixels, pixels)
    out = pixels - kernel + 1
    return LayerProperties(
        family="pooling",
        id=0,
        type="avg",
        in_size=size,
        out_size=(4, out, out),
        kernel=(kernel, kernel),
        stride=(1, 1),
        padding=(0, 0, 0, 0),
        dilation=1,
    )


def other(name, *value, width=8):
    return LayerProperties(family="other", id=0, name=name, in_size=(8, 4, 4), out_size=(width, 4, 4), value=value)


@pytest.mark.parametrize(
    ("layer", "word"),
    [
        (conv(16), "conv kernel=3,3 stride=2,2 padding=1,1,1,1 dilation=1 groups=1 bias_used=false channels=x2"),
        (
            conv(8, 8),
            "conv kernel=3,3 stride=2,2 padding=1,1,1,1 dilation=1 groups=channels bias_used=false channels=x1",
        ),
        (
            conv(2, 2),
            "conv kernel=3,3 stride=2,2 padding=1,1,1,1 dilation=1 groups=some bias_used=false channels=x0.25",
        ),
        (pool(4, 4), "pooling type=avg global"),
        (pool(3, 4), "pooling type=avg kernel=3 stride=1"),
        (other("relu"), "other name=relu channels=x1"),
        (other("concat", 3, 5), "other name=concat parts=2 channels=x1"),
        (other("slice", 0, 4, width=4), "other name=slice channels=x0.5"),
        (other("add", 3), "other name=add value=3 channels=x1"),
        (LayerProperties(family="fc", id=1, in_size=(8, 1, 1), out_size=(10, 1, 1), bias_used=True), "fc"),
    ],
)
def test_a_word_is_a_structure_without_absolute_sizes(layer, word):
    assert word_of(layer) == word


def test_a_network_twice_as_wide_for_larger_images_has_the_same_words(chains):
    wide = replace(chains, width_multiplier=2.0)
    chain = chains.from_text("stem-bottleneck-inverted_residual-squeeze_excitation-inception")
    narrow_words = [word_of(layer) for block in chains.layers(chain, (3, 32, 32))[1:] for layer in block]
    assert [word_of(layer) for block in wide.layers(chain, (3, 64, 64))[1:] for layer in block] == narrow_words
