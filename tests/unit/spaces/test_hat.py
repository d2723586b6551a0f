from math import prod

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, InvalidArchitecture
from nasray.spaces.hat import Hat
from nasray.spaces.hat_cost import HatCost, hat_cost
from nasray.spaces.hat_shape import HatShape

SETTINGS = {
    "encoder_dims": (640, 512),
    "encoder_layers": (6,),
    "encoder_ffn_dims": (3072, 2048, 1024),
    "encoder_heads": (8, 4),
    "decoder_dims": (640, 512),
    "decoder_layers": (6, 5, 4, 3, 2, 1),
    "decoder_ffn_dims": (3072, 2048, 1024),
    "decoder_heads": (8, 4),
    "cross_heads": (8, 4),
    "cross_reach": (-1, 1, 2),
    "qkv_dim": 512,
}
SPACE = Hat(**SETTINGS)
SMALL = Hat(**{**SETTINGS, "encoder_layers": (3, 1), "decoder_layers": (2, 1), "cross_reach": (-1,)})
ENCODER = "encoder 512: 3072/8 2048/8 1024/8 1024/4 1024/4 1024/4"
TEXT = f"{ENCODER}; decoder 640: 2048/4/8/-1 3072/8/4/2"
GENES = (
    *(1, 0, 0, 1, 2, 2, 2, 2, 0, 0, 0, 1, 1, 1),
    *(0, 4, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0),
)
TWO_LAYERS = SPACE.from_text(TEXT)


def test_forty_genes_and_their_text():
    assert len(SPACE.sizes) == 40
    assert TWO_LAYERS.genes == GENES
    assert SPACE.to_text(TWO_LAYERS) == TEXT


def test_the_number_of_transformers_is_the_published_one():
    """417,846,678,672,384, absent layers not counted: every decoder layer has 3 * 2 * 2 * 3 forms."""
    offered = {name: len(values) for name, values in SPACE.choices.items()}
    encoders = offered["encoder_dims"] * (offered["encoder_ffn_dims"] * offered["encoder_heads"]) ** 6
    layer = prod(offered[name] for name in ("decoder_ffn_dims", "decoder_heads", "cross_heads", "cross_reach"))
    decoders = offered["decoder_dims"] * sum(layer**depth for depth in SPACE.decoder_layers)
    assert encoders * decoders == 417_846_678_672_384


def test_genes_of_absent_layers_are_kept_and_do_not_matter():
    other = Architecture((*GENES[:18], 2, *GENES[19:]))  # the feed-forward block of decoder layer 2
    assert other != TWO_LAYERS
    assert SPACE.canonical(other) == TWO_LAYERS == SPACE.canonical(TWO_LAYERS)
    assert SPACE.shape(other) == SPACE.shape(TWO_LAYERS)
    assert SPACE.graph(other) == SPACE.graph(TWO_LAYERS)
    assert SPACE.to_text(other) == f"{TEXT} | 1024/8/8/-1 3072/8/8/-1 3072/8/8/-1 3072/8/8/-1"
    assert SPACE.from_text(SPACE.to_text(other)) == other


def test_encoders_of_several_depths():
    text = "encoder 512: 2048/4; decoder 640: 2048/4/8/-1"
    deep = SMALL.from_text(f"{text} | 1024/4/4/-1".replace("2048/4;", "2048/4 | 1024/8 3072/4;"))
    assert SMALL.canonical(deep) == SMALL.from_text(text)
    assert len(SMALL.sizes) == 1 + 1 + 3 + 3 + 1 + 1 + 4 * 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT.replace("640", "700"),  # a width that is not offered
        TEXT.replace("2048/4/8/-1 ", "2048/4/8 "),  # a layer without its reach
        TEXT.replace(" 1024/4;", ";"),  # five encoder layers
        f"{TEXT} | 3072/8/8/-1",  # too few absent layers
        f"{TEXT} |{' 3072/8/8/-1' * 4}",  # absent layers as in the canonical form are not written
        TEXT.replace("2048/4/8/-1", "02048/4/8/-1"),
        TEXT.replace("2048/4/8/-1", "99999999/4/8/-1"),
    ],
)
def test_texts_of_no_member(text):
    with pytest.raises(
        InvalidArchitecture, match="is not a Transformer of this HAT space: expected encoder DIM: FFN/HEADS"
    ):
        SPACE.from_text(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder_dims": ()}, r"Hat encoder_dims \(\[\]\) must be positive numbers, none twice"),
        ({"decoder_heads": (8, 8)}, r"Hat decoder_heads \(\[8, 8\]\) must be"),
        ({"decoder_layers": (1, 0)}, r"Hat decoder_layers \(\[1, 0\]\) must be positive"),
        ({"cross_reach": (-1, 6)}, r"Hat cross_reach \(\[-1, 6\]\) must be -1, or 1 to 5: there are 6 encoder layers"),
        ({"cross_reach": (0,)}, r"must be -1, or 1 to 5"),
        ({"cross_heads": (8, 3)}, r"Hat qkv_dim \(512\) must be a multiple of every number of heads, also of 3"),
    ],
)
def test_lists_that_make_no_space(changes, message):
    with pytest.raises(ConfigError, match=message):
        Hat(**{**SETTINGS, **changes})


def test_what_a_language_model_reads():
    assert SPACE.to_prompt(TWO_LAYERS) == {
        "encoder_embedding_dimension": 512,
        "encoder_layers": 6,
        "encoder_feed_forward_dimensions": [3072, 2048, 1024, 1024, 1024, 1024],
        "encoder_self_attention_heads": [8, 8, 8, 4, 4, 4],
        "decoder_embedding_dimension": 640,
        "decoder_layers": 2,
        "decoder_feed_forward_dimensions": [2048, 3072],
        "decoder_self_attention_heads": [4, 8],
        "decoder_cross_attention_heads": [8, 4],
        "attended_encoder_layers": [1, 3],
    }


def test_tokens_name_the_list_and_the_value():
    words, tokens = SPACE.vocabulary(), SPACE.to_tokens(TWO_LAYERS)
    assert len(words) == 2 + 1 + 3 + 2 + 2 + 6 + 3 + 2 + 2 + 3
    assert [words[token] for token in tokens[:3]] == ["encoder_dims=512", "encoder_layers=6", "encoder_ffn_dims=3072"]
    assert words[tokens[35]] == "cross_reach=2"
    for wrong in ([*tokens, 3], [words.index("cross_reach=2"), *tokens[1:]], tokens[:-1]):
        with pytest.raises(InvalidArchitecture, match="Hat"):
            SPACE.validate(SPACE.from_tokens(wrong))


def test_the_graph_shows_which_encoder_layers_are_attended():
    graph = SPACE.graph(TWO_LAYERS)
    assert len(graph.operators) == 2 + 2 + 2 * 6 + 3 * 2
    assert graph.operators[1:4] == ("encoder_embedding_512", "encoder_attention_8", "encoder_ffn_3072")
    assert graph.operators[14:18] == (
        *("decoder_embedding_640", "decoder_attention_4", "cross_attention_8", "decoder_ffn_2048"),
    )
    # Node 2i + 1 is the feed-forward block of encoder layer i, counted from 1; nodes 16 and 19 attend the encoder.
    assert [edge for edge in graph.edges if edge[1] == 16] == [(15, 16), (13, 16)]
    assert [edge for edge in graph.edges if edge[1] == 19] == [(18, 19), (9, 19), (11, 19), (13, 19)]
    assert (0, 14) in graph.edges


def test_features_by_hand():
    averages = SPACE.averaged_features(TWO_LAYERS)
    np.testing.assert_allclose(averages, [512, 6, 9216 / 6, 6, 640, 2, 2560, 6, 6, 2])
    scaled = SPACE.distillation_features(TWO_LAYERS)
    # Reaches -1 and 2 count 0 and 3: (0 + 3) / 2 / 3.
    np.testing.assert_allclose(scaled, [0.8, 1, 0.5, 0.75, 1, 1 / 3, 5 / 6, 0.75, 0.75, 0.5])
    layers = SPACE.layer_features(TWO_LAYERS)
    assert layers.shape == (40,)
    np.testing.assert_allclose(layers[:5], [0.8, 1, 1, 2 / 3, 1 / 3])
    np.testing.assert_allclose(layers[16:22], [2 / 3, 1, 0, 0, 0, 0])
    np.testing.assert_allclose(layers[34:], [1 / 3, 1, 0, 0, 0, 0])
    assert SMALL.layer_features(SMALL.from_text("encoder 512: 2048/4; decoder 640: 2048/4/8/-1")).shape == (18,)


def test_the_largest_member_has_features_of_one():
    largest = Architecture(tuple([0] * 34 + [2] * 6))
    np.testing.assert_allclose(SPACE.distillation_features(largest), np.ones(10))
    np.testing.assert_allclose(SPACE.layer_features(largest), np.ones(40))


def test_cost_by_hand():
    """One layer each side, every width 1 or 2, two tokens: small enough to count."""
    shape = HatShape(
        encoder_dim=2,
        encoder_ffn=(1,),
        encoder_heads=(1,),
        decoder_dim=1,
        decoder_ffn=(2,),
        decoder_heads=(1,),
        cross_heads=(1,),
        cross_reach=(1,),
    )
    # Encoder: projections 4*2*2*1 = 16, scores and sums 2*2*2*1 = 8, feed-forward 2*2*2*1 = 8.
    # Decoder: 8 + 8 + 2*2*1*2 = 24; attention to 4 places: 2*2*1*1 + 2*4*2*1 + 2*2*4*1 = 36.
    # Norms 2*(3*2 + 4*1) = 20; scaling and scalars (2*1 + 3)*3 + 4 = 19.
    # Weights: encoder 3*(2+1) + 2 + 2 + (2+1+2+2) + 8 = 28; decoder 3*2 + 2 + (2 + 2*3 + 2) + (2+2+2+1) + 6 = 31.
    assert hat_cost(shape, qkv_dim=1, vocabulary=5, tokens=2) == HatCost(
        macs=32 + 24 + 36 + 20 + 19, last_layer_macs=10, parameters=28 + 31, embedding_parameters=5
    )
    with pytest.raises(ConfigError, match=r"hat_cost vocabulary \(0\) must be at least 1"):
        hat_cost(shape, qkv_dim=1, vocabulary=0)


@pytest.mark.parametrize("length", ["short", "medium", "long"])
def test_parts_are_told_apart_by_their_sentences(length):
    said = SPACE.operator_descriptions()
    assert len({one[length] for one in said.values()}) == len(said) == 18  # 2 ends, 5 lists of two sizes and 2 of three
