"""What networks are worth: losses and BLEU by hand."""

import math
from dataclasses import dataclass

import pytest
import torch

from nasray.core.errors import ConfigError, NotFinite
from nasray.models.hat_supernet import HatSupernet
from nasray.models.supernet_batches import Batches
from nasray.models.supernet_judging import Judging, bleu, mean_loss
from nasray.spaces.hat_shape import HatShape

DIMS = HatShape(
    encoder_dim=8,
    encoder_ffn=(8,),
    encoder_heads=(2,),
    decoder_dim=8,
    decoder_ffn=(8,),
    decoder_heads=(2,),
    cross_heads=(2,),
    cross_reach=(-1,),
)
SETTINGS = {"value": "loss", "tokens_per_batch": 8, "beams": 1, "length_penalty": 1.0}


@dataclass(frozen=True)
class Pairs:
    source: tuple[tuple[int, ...], ...] = ((1, 2), (3,), (4, 5, 6))
    target: tuple[tuple[int, ...], ...] = ((1,), (2, 3), (4, 4, 4))
    references: tuple[str, ...] = ("b", "c d", "e e e")


class Words:
    def written(self, ids):
        return " ".join(chr(ord("a") + one) for one in ids)


def network(scale: float):
    supernet = HatSupernet(DIMS, 8, 10, 0.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        supernet.network.embedding.weight.mul_(scale)
    return supernet.extract(DIMS)


def test_without_embeddings_every_word_is_as_likely():
    assert mean_loss(network(0.0), Batches(Pairs(), 8).in_order()) == pytest.approx(math.log(10))


def test_the_size_of_batches_changes_no_loss():
    net = network(1.0)
    one, other = (mean_loss(net, Batches(Pairs(), tokens).in_order()) for tokens in (4, 100))
    assert one == pytest.approx(other, rel=1e-5)


def test_weights_that_are_not_finite_have_no_loss():
    with pytest.raises(NotFinite, match="the loss of a translation network is nan"):
        mean_loss(network(math.nan), Batches(Pairs(), 8).in_order())


def test_bleu_by_hand():
    assert bleu(["the cat sat on the mat"], ["the cat sat on the mat"]) == pytest.approx(100)
    # 5 of 6 words, 3 of 5 pairs, 1 of 4 triples, none of 3 fours, which counts as a half by exponential smoothing
    by_hand = 100 * (5 / 6 * 3 / 5 * 1 / 4 * (1 / 2) / 3) ** 0.25
    assert bleu(["the cat sat by the mat"], ["the cat sat on the mat"]) == pytest.approx(by_hand)
    assert bleu(["", ""], ["a b", "c"]) == 0


def test_values_and_columns():
    net, batches = network(1.0), Batches(Pairs(), 8).in_order()
    by_loss = Judging(**SETTINGS).scores(net, batches, Words(), Pairs())
    assert by_loss.value == -by_loss.columns["loss"] == -mean_loss(net, batches)
    # attention 4 (8 x 8 + 8) thrice, feed-forward 2 (8 x 8) + 16 twice, five norms of 16
    assert by_loss.columns["parameters"] == 3 * 288 + 2 * 144 + 5 * 16
    judging = Judging(**{**SETTINGS, "value": "bleu"})
    by_bleu = judging.scores(net, batches, Words(), Pairs())
    written = judging.translations(net, batches, Words())
    assert by_bleu.value == by_bleu.columns["bleu"] == bleu(written, Pairs().references)
    assert len(written) == 3


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [("value", "accuracy", "one of loss, bleu"), ("tokens_per_batch", 0, "at least 1"), ("beams", 0, "at least 1")],
)
def test_impossible_settings_are_refused(name, value, rule):
    with pytest.raises(ConfigError, match=rf"judging\.{name} .* must be {rule}"):
        Judging(**{**SETTINGS, name: value})
