"""Beam search: hand-made probabilities, and a real network with and without remembered keys and values."""

import pytest
import torch

from nasray.core.errors import ConfigError
from nasray.models.hat_decoding import translate
from nasray.models.hat_layers import KeysValues
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import BEGIN, END, PAD, Memory
from nasray.spaces.hat_shape import HatShape

A, B = 3, 4
NEXT = {
    BEGIN: {A: 0.6, B: 0.4},
    A: {A: 0.5, B: 0.3, END: 0.2},
    B: {END: 1.0},
}
"""Greedy begins with A, whose best end is 0.6 x 0.3; B alone has 0.4."""


class Tabled:
    """A network whose next word depends on the last one alone."""

    def encode(self, source):
        return Memory((KeysValues(torch.zeros(len(source), 1, 1, 1), torch.zeros(len(source), 1, 1, 1)),), (source,))

    def decode(self, target, memory, past):
        rows = [[NEXT.get(int(word), {END: 1.0}).get(v, 0.0) for v in range(5)] for word in target[:, -1]]
        length = 1 if past is None else past[0].keys.shape[2] + 1
        kept = torch.zeros(len(target), 1, length, 1)
        return torch.tensor(rows).log()[:, None], [KeysValues(kept, kept)]


SOURCE = torch.tensor([[7, 8, END]])


def test_the_best_word_each_time():
    (found,) = translate(Tabled(), SOURCE, 1, 1.0)
    assert found == [A] * 16  # twice the three tokens of the source and ten: it never ends


def test_two_beams_find_the_better_sentence():
    assert translate(Tabled(), SOURCE, 2, 0.0) == [[B]]


def test_a_length_penalty_favours_long_sentences():
    # log 0.4 / 2 = -0.458 for B END; log(0.6 x 0.3) / 3 = -0.572 for A B END; squared lengths turn that round.
    assert translate(Tabled(), SOURCE, 3, 1.0) == [[B]]
    assert len(translate(Tabled(), SOURCE, 3, 3.0)[0]) > 1


def test_no_beams_are_refused():
    with pytest.raises(ConfigError, match=r"translate beams \(0\) must be at least 1"):
        translate(Tabled(), SOURCE, 0, 1.0)


@pytest.fixture(scope="module")
def network():
    dims = HatShape(
        encoder_dim=8,
        encoder_ffn=(16, 16),
        encoder_heads=(2, 2),
        decoder_dim=8,
        decoder_ffn=(16, 16),
        decoder_heads=(2, 4),
        cross_heads=(4, 2),
        cross_reach=(-1, 1),
    )
    supernet = HatSupernet(dims, 8, 17, 0.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        supernet.network.embedding.weight.mul_(4)  # so that translations are not all the same word
    return supernet.extract(dims)


@pytest.fixture(scope="module")
def source():
    ids = torch.randint(3, 17, (5, 7), generator=torch.Generator().manual_seed(1))
    ids[1, 4:], ids[3, 2:] = PAD, PAD
    return ids


def test_remembered_keys_and_values_change_no_greedy_word(network, source):
    for row, found in zip(source, translate(network, source, 1, 0.0), strict=True):
        prompt = [BEGIN]
        for word in found:
            logits = network(row[None], torch.tensor([prompt]))[0, -1]
            logits[[PAD, BEGIN]] = -torch.inf
            assert int(logits.argmax()) == word
            prompt.append(word)


def test_company_changes_no_translation(network, source):
    together = translate(network, source, 3, 1.0)
    for row, found in zip(source, together, strict=True):
        (alone,) = translate(network, row[None], 3, 1.0)
        assert alone == found
