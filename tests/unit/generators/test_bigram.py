import numpy as np
import pytest

from nasray.core.errors import ConfigError
from nasray.generators.bigram import Bigram, Counts
from nasray.models.gpt import BOS, EOS, N_SPECIAL

CONV = 3


def bigram(space, folder, **changed):
    settings = {"smoothing": 1e-9, "share": 0.5, "input_shape": (3, 32, 32), "leak": "refuse"}
    return Bigram(space=space, checkpoint=folder, **{**settings, **changed})


def test_it_draws_by_the_counts_of_its_corpus(of_cells):
    # Of 100 sightings after a 3x3 convolution, 90 are another one and 10 the end.
    counts = Counts.of(of_cells, 1e-9)
    allowed = np.ones(8, bool)
    contexts = [[BOS, N_SPECIAL + CONV]] * 3
    # Columns stand in the order of ids: the end, id 1, comes first and takes the first tenth.
    assert counts.next(contexts, np.array([0.05, 0.15, 0.95]), allowed).tolist() == [EOS, 6, 6]


def test_what_is_not_allowed_is_not_drawn(of_cells):
    allowed = np.arange(8) != EOS
    drawn = Counts.of(of_cells, 1e-9).fill(np.full((50, 4), -1), np.random.default_rng(0).random((50, 4)), allowed)
    assert set(drawn.ravel().tolist()) == {N_SPECIAL + CONV}


def test_after_the_end_comes_the_end(of_cells):
    drawn = Counts.of(of_cells, 1e-9).fill(
        np.full((200, 9), -1), np.random.default_rng(0).random((200, 9)), np.ones(8, bool)
    )
    ended = drawn == EOS
    assert ended.any()
    assert (ended[:, 1:] >= ended[:, :-1]).all()


def test_smoothing_shares_out_by_frequency(of_cells):
    # After a word never seen: 100 + 1 of 198 chances for the convolution (180 sightings), one for each unseen.
    following = Counts.of(of_cells, 1.0).following
    unseen = following[N_SPECIAL] / following[N_SPECIAL].sum()
    assert unseen[N_SPECIAL + CONV] == pytest.approx(181 / 198)
    assert unseen[EOS] == pytest.approx(11 / 198)
    assert unseen[N_SPECIAL] == pytest.approx(1 / 198)


def test_it_rebuilds_cells(cells, cell_folder):
    [rebuilt] = bigram(cells, cell_folder).rebuild(
        [cells.from_text("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")],
        [[True, True, False, True, True, True]],
        [np.random.default_rng(0)],
    )
    # Behind "none", never seen in this corpus, the most frequent word follows almost surely.
    assert rebuilt.genes == (CONV, CONV, 0, CONV, CONV, CONV)


def test_it_rebuilds_chains(chains, chain_folder):
    generator = bigram(chains, chain_folder)
    chain = chains.from_text("relu-relu-relu")
    [rebuilt] = generator.rebuild([chain], [[True, False, False]], [np.random.default_rng(0)])
    # The only beginning ever seen is the last block of the space, listed first in this checkpoint.
    assert rebuilt.genes == (len(chains.blocks()) - 1, *chain.genes[1:])


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"smoothing": 0.0}, r"smoothing \(0.0\) must be above 0"),
        ({"share": 2.0}, r"share \(2.0\) must be between"),
        ({"input_shape": (3, 32)}, r"input_shape \(\[3, 32\]\) must be channels, height and width"),
        ({"input_shape": (3, 0, 32)}, "each at least 1"),
    ],
)
def test_impossible_settings(cells, cell_folder, changed, match):
    with pytest.raises(ConfigError, match=match):
        bigram(cells, cell_folder, **changed)


def test_labels_that_were_seen_are_refused_or_marked(cells, taught_folder):
    with pytest.raises(ConfigError, match=r"cells was trained on nasbench201.cifar10_valid_200, .* set leak=allow"):
        bigram(cells, taught_folder)
    assert bigram(cells, taught_folder, leak="allow").card.seen[0].table == "nasbench201"
