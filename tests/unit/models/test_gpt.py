"""The GPT, its training and its sampler; the block selector."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nasray.core.errors import ConfigError, DataError
from nasray.models.block_selector import BlockSelector
from nasray.models.gpt import BOS, EOS, Gpt2, GptShape
from nasray.models.gpt_sampler import DRAW, GptSampler, drawn
from nasray.models.gpt_training import IGNORED, GptRecipe, train_gpt, windows

SHAPE = GptShape(n_words=5, width=16, layers=2, heads=2, window=4, dropout=0.0)
RECIPE = GptRecipe(epochs=25, batch_size=8, learning_rate=0.02, final_share=0.1, stride=1)
ANY = np.ones(8, bool)


def sampler(network, **changed):
    return GptSampler(**{"network": network, "batch_size": 4, "temperature": 1.0, "top_k": 0, **changed})


@pytest.fixture(scope="module")
def counting():
    """Has learnt to count: 3 4 5 6 7 3 4 … from any beginning, nine words long."""
    network = Gpt2(SHAPE, 0)
    sequences = [[3 + (first + place) % 5 for place in range(9)] for first in range(5)]
    losses = train_gpt(network, windows(sequences, 4, 1), RECIPE, seed=0)
    assert losses[-1] < losses[0] / 2
    return network


def test_windows_by_hand():
    # BOS 3 4 5 6 EOS, windows of 3 that begin at every second token, and the last that ends with EOS
    rows = windows([[3, 4, 5, 6], [7]], window=3, stride=2)
    assert rows.tolist() == [
        [BOS, 3, 4, 5],
        [4, 5, 6, EOS],
        [BOS, 7, EOS, IGNORED],
    ]


@pytest.mark.parametrize("sequences", [[], [[3], []]])
def test_nothing_to_learn_from(sequences):
    with pytest.raises(DataError, match="gpt got an empty corpus or sequence"):
        windows(sequences, 4, 1)


def test_a_token_sees_only_those_before_it():
    network = Gpt2(SHAPE, 0)
    ids = torch.tensor([[BOS, 3, 4, 5], [BOS, 3, 7, 7]])
    logits = network(ids)
    assert torch.allclose(logits[0, :2], logits[1, :2])
    assert not torch.allclose(logits[0, 2], logits[1, 2])


def test_weights_are_those_of_the_seed_and_leave_the_global_stream_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    same = torch.equal(Gpt2(SHAPE, 0).tensors()["wte.weight"], Gpt2(SHAPE, 0).tensors()["wte.weight"])
    assert same
    assert not torch.equal(Gpt2(SHAPE, 0).tensors()["wte.weight"], Gpt2(SHAPE, 1).tensors()["wte.weight"])
    assert torch.equal(torch.get_rng_state(), before)


def test_training_is_a_function_of_its_seed_drop_out_included():
    rows = windows([[3, 4, 5, 6, 7]] * 8, 4, 1)

    def trained(seed):
        network = Gpt2(replace(SHAPE, dropout=0.1), 0)
        return train_gpt(network, rows, replace(RECIPE, epochs=2), seed), network.tensors()["wte.weight"]

    (losses, weights), (same, same_weights), (other, _) = trained(0), trained(0), trained(1)
    assert losses == same != other
    assert torch.equal(weights, same_weights)


def test_weights_move(counting):
    other = Gpt2(SHAPE, 9)
    other.load(counting.tensors())
    ids = torch.tensor([[BOS, 3, 4, 5]])
    assert torch.equal(other(ids), counting(ids))


def test_weights_of_another_shape_are_refused(counting):
    with pytest.raises(DataError, match=r"got weights of another shape: \['wte.weight'\] differ"):
        Gpt2(replace(SHAPE, n_words=6), 0).load(counting.tensors())


def test_greedy_counts_on_beyond_the_window(counting):
    given = np.full((2, 9), DRAW)
    given[:, 0] = [3, 6]
    filled = sampler(counting, temperature=0.0).fill(given, np.zeros(given.shape), ANY)
    assert filled.tolist() == [[3 + (first + place) % 5 for place in range(9)] for first in (0, 3)]


def test_what_is_given_stays_and_is_seen(counting):
    given = np.array([[3, DRAW, 7, DRAW]])
    assert sampler(counting, temperature=0.0).fill(given, np.zeros((1, 4)), ANY).tolist()[0][:3] == [3, 4, 7]


def test_the_cache_and_reading_anew_agree(counting):
    """Word by word with the cache, against one prediction from the whole context."""
    uniforms = np.random.default_rng(0).random((6, 8))
    filled = sampler(counting).fill(np.full((6, 8), DRAW), uniforms, ANY)
    for place in range(8):
        contexts = [[BOS, *row[:place]] for row in filled.tolist()]
        going_on = [EOS not in context for context in contexts]
        expected = sampler(counting).next(contexts, uniforms[:, place], ANY)
        assert (filled[going_on, place] == expected[going_on]).all()


def test_neighbours_and_padding_change_nothing(counting):
    uniforms = np.random.default_rng(0).random((7, 6))
    together = sampler(counting).fill(np.full((7, 6), DRAW), uniforms, ANY)
    alone = [sampler(counting).fill(np.full((1, 6), DRAW), uniforms[row : row + 1], ANY)[0] for row in range(7)]
    assert (together == np.stack(alone)).all()


def test_after_the_end_comes_the_end(counting):
    filled = sampler(counting).fill(np.array([[3, EOS, DRAW, DRAW]]), np.full((1, 4), 0.5), ANY)
    assert filled.tolist() == [[3, EOS, EOS, EOS]]


def test_nothing_is_drawn_for_nobody(counting):
    assert sampler(counting).fill(np.zeros((0, 3), np.int64), np.zeros((0, 3)), ANY).shape == (0, 3)
    assert sampler(counting).logits([]).shape == (0, 8)


def test_drawing_by_hand():
    logits = np.log(np.array([[0.5, 0.3, 0.2]] * 5))
    uniforms = np.array([0.0, 0.49, 0.51, 0.79, 0.81])
    assert drawn(logits, uniforms, 1.0, 0).tolist() == [0, 0, 1, 1, 2]
    # The two most likely alone: 0.625 and 0.375.
    assert drawn(logits, uniforms, 1.0, 2).tolist() == [0, 0, 0, 1, 1]
    # At temperature 1/2 chances are squared: 25 : 9 : 4, hence up to 0.658 and 0.895.
    assert drawn(logits, uniforms, 0.5, 0).tolist() == [0, 0, 0, 1, 1]
    assert drawn(logits, uniforms, 0.0, 0).tolist() == [0] * 5


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"n_words": 0}, r"n_words \(0\) must be at least 1"),
        ({"width": 15}, r"width \(15\) must be a multiple of its heads \(2\)"),
        ({"dropout": 1.0}, r"dropout \(1.0\) must be at least 0 and below 1"),
    ],
)
def test_impossible_shapes(changed, match):
    with pytest.raises(ConfigError, match=match):
        replace(SHAPE, **changed)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"batch_size": 0}, r"batch_size \(0\) must be at least 1"),
        ({"stride": 0}, r"stride \(0\) must be at least 1"),
        ({"learning_rate": 0.0}, r"learning_rate \(0.0\) must be above 0"),
        ({"final_share": 2.0}, r"final_share \(2.0\) must be between 0 and 1"),
    ],
)
def test_impossible_recipes(changed, match):
    with pytest.raises(ConfigError, match=match):
        replace(RECIPE, **changed)


def test_the_selector_learns_which_block_a_layer_begins_from_what_stands_before():
    selector = BlockSelector(n_words=5, n_blocks=3, window=2, seed=0)
    contexts = [[BOS, 3], [BOS, 4], [BOS, 3, 4, 5]]
    rows = selector.rows(contexts, [7, 7, 7])
    assert rows.tolist() == [[BOS, 3, 7], [BOS, 4, 7], [4, 5, 7]]
    losses = selector.learn(rows, np.array([0, 1, 2]), epochs=60, learning_rate=0.02, seed=0)
    assert losses[-1] < 0.1
    assert selector.logits(rows, batch_size=2).argmax(1).tolist() == [0, 1, 2]


def test_a_selector_of_other_blocks_is_refused():
    with pytest.raises(DataError, match="block selector needs weights"):
        BlockSelector(5, 3, 2, 0).load(BlockSelector(5, 4, 2, 0).tensors())
