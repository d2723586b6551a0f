"""Training of a supernet: learns, stops and goes on to the bit, trains the members it should; its recipe and file."""

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import pytest
import torch

from nasray.core.errors import ConfigError, DataError, NotFinite
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import BEGIN, END, PAD
from nasray.models.supernet_batches import Batches
from nasray.models.supernet_device import device_named, torch_threads
from nasray.models.supernet_file import SupernetFile
from nasray.models.supernet_members import extreme, members_of
from nasray.models.supernet_recipe import SupernetRecipe
from nasray.models.supernet_trainer import SupernetTrainer, weights_of
from nasray.spaces.hat import Hat

SPACE = Hat(
    encoder_dims=(12, 8),
    encoder_layers=(3,),
    encoder_ffn_dims=(16, 8),
    encoder_heads=(4, 2),
    decoder_dims=(12, 8),
    decoder_layers=(2, 1),
    decoder_ffn_dims=(16, 8),
    decoder_heads=(4, 2),
    cross_heads=(4, 2),
    cross_reach=(-1, 1, 2),
    qkv_dim=8,
)
WIDEST, NARROWEST = extreme(SPACE.choices, max), extreme(SPACE.choices, min)
RECIPE = SupernetRecipe(
    updates=40,
    tokens_per_batch=24,
    accumulate=1,
    learning_rate=0.02,
    warmup_updates=5,
    schedule="inverse_sqrt",
    label_smoothing=0.0,
    dropout=0.1,
    clip_norm=1.0,
    sampling="uniform",
    sandwich_members=0,
    mixed_precision=False,
)


@dataclass(frozen=True)
class Pairs:
    source: tuple[tuple[int, ...], ...]
    target: tuple[tuple[int, ...], ...]
    references: tuple[str, ...] = ()


def copying(n: int) -> Pairs:
    """Sentences of one to five words that are their own translations."""
    rng = np.random.default_rng(0)
    sentences = tuple(tuple(rng.integers(0, 9, 1 + k % 5).tolist()) for k in range(n))
    return Pairs(sentences, sentences)


def trainer_of(recipe=RECIPE, members=None, n=30):
    supernet = HatSupernet(WIDEST, 8, 12, recipe.dropout, torch.Generator().manual_seed(0))
    drawn = members or members_of(SPACE.choices, lambda rng: SPACE.shape(SPACE.sample(rng)), recipe)
    return SupernetTrainer(supernet, Batches(copying(n), recipe.tokens_per_batch), recipe, drawn, seed=5)


def test_a_batch_has_sentences_with_begin_and_end():
    batch = Batches(Pairs(((4, 5), (6,)), ((7,), (8, 7))), 100).in_order()[0]
    assert batch.source.tolist() == [[9, END, PAD], [7, 8, END]]  # by length of the longer side, then of the source
    assert batch.prompt.tolist() == [[BEGIN, 11, 10], [BEGIN, 10, PAD]]
    assert batch.answer.tolist() == [[11, 10, END], [10, END, PAD]]
    assert batch.rows.tolist() == [1, 0]


def test_batches_hold_every_pair_once_and_no_more_tokens_than_allowed():
    batches = Batches(copying(50), 24)
    for rows in ([one.rows.numpy() for one in batches.in_order()], batches.shuffled(np.random.default_rng(1))):
        assert sorted(np.concatenate(rows).tolist()) == list(range(50))
    assert all(max(one.source.numel(), one.answer.numel()) <= 24 for one in batches.in_order())


def test_every_epoch_has_other_batches_and_as_many():
    batches = Batches(copying(50), 24)
    one, other = (batches.shuffled(np.random.default_rng(seed)) for seed in (1, 2))
    assert sorted(map(len, one)) == sorted(map(len, other))
    assert {tuple(sorted(rows)) for rows in one} != {tuple(sorted(rows)) for rows in other}


@pytest.mark.parametrize(("n", "m"), [(0, 0), (2, 1)])
def test_an_empty_or_unaligned_corpus_is_refused(n, m):
    with pytest.raises(DataError, match=rf"a corpus of {n} sentences and {m} translations"):
        Batches(Pairs(((1,),) * n, ((1,),) * m), 10)


def test_a_supernet_learns():
    trainer = trainer_of()
    trainer.run_to(1)
    first = trainer.loss
    trainer.run_to(25)
    assert trainer.loss < 0.8 * first


def test_a_training_that_was_stopped_ends_with_the_same_weights():
    recipe = replace(RECIPE, updates=5, warmup_updates=1, accumulate=2, sampling="sandwich", sandwich_members=1)
    whole = trainer_of(recipe)
    whole.run_to(5)
    begun = trainer_of(recipe)
    begun.run_to(2)
    state = begun.state()
    begun.run_to(3)  # what is done after a state was kept must not reach into it
    resumed = trainer_of(recipe)
    resumed.load(state)
    resumed.run_to(5)
    one, other = whole.state(), resumed.state()
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_training_leaves_torchs_global_stream_as_it_was():
    before = torch.random.get_rng_state()
    trainer_of().run_to(2)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_member_trains_its_corner_alone():
    trainer = trainer_of(members=lambda _: (NARROWEST,))
    before = trainer.supernet.network.encoder[0].ffn.widen.weight.detach().clone()
    trainer.run_to(1)
    moved = trainer.supernet.network.encoder[0].ffn.widen.weight.detach() != before
    assert moved[:8, :8].any()
    assert not moved[8:].any()
    assert not moved[:, 8:].any()


def test_a_sandwich_has_both_ends():
    recipe = replace(RECIPE, sampling="sandwich", sandwich_members=2)
    members = members_of(SPACE.choices, lambda rng: SPACE.shape(SPACE.sample(rng)), recipe)
    found = members(np.random.default_rng(0))
    assert found[:2] == (WIDEST, NARROWEST)
    assert len(found) == 4
    assert asdict(NARROWEST)["attended"] == (1,)
    assert asdict(WIDEST)["attended"] == (3, 3)


def test_weights_that_are_not_finite_end_the_training():
    trainer = trainer_of()
    with torch.no_grad():
        trainer.supernet.network.embedding.weight.fill_(math.nan)
    with pytest.raises(NotFinite, match="the training loss is nan in update 1"):
        trainer.run_to(1)


def test_mixed_precision_needs_a_gpu():
    with pytest.raises(ConfigError, match=r"recipe\.mixed_precision got device cpu"):
        trainer_of(replace(RECIPE, mixed_precision=True))


def test_rates_of_both_schedules():
    assert RECIPE.rate(0) == pytest.approx(0.004)
    assert RECIPE.rate(4) == pytest.approx(0.02)
    assert RECIPE.rate(19) == pytest.approx(0.01)  # sqrt(5 / 20) of it
    cosine = replace(RECIPE, schedule="cosine", updates=105)
    assert cosine.rate(54) == pytest.approx(0.01)  # half-way from 5 to 105
    assert cosine.rate(104) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("updates", 0, "at least 1"),
        ("tokens_per_batch", 0, "at least 1"),
        ("accumulate", 0, "at least 1"),
        ("learning_rate", 0.0, "positive and finite"),
        ("warmup_updates", 40, "at least 1 and below 40"),
        ("schedule", "linear", "one of inverse_sqrt, cosine"),
        ("label_smoothing", 1.0, "at least 0 and below 1"),
        ("dropout", -0.1, "at least 0 and below 1"),
        ("clip_norm", -1.0, "at least 0 and finite"),
        ("sampling", "random", "one of uniform, sandwich"),
        ("sandwich_members", -1, "at least 0"),
    ],
)
def test_impossible_recipes_are_refused(name, value, rule):
    with pytest.raises(ConfigError, match=rf"recipe\.{name} .* must be {rule}"):
        replace(RECIPE, **{name: value})


def test_a_file_keeps_a_training_and_what_it_belongs_to(tmp_path):
    trainer = trainer_of()
    trainer.run_to(2)
    path = tmp_path / "new" / "supernet.safetensors"
    SupernetFile(state=trainer.state(), facts={"text": "abc"}).write(path)
    file = SupernetFile.read(path)
    assert file.facts == {"text": "abc"}
    resumed = trainer_of()
    resumed.load(file.state)
    resumed.run_to(4)
    trainer.run_to(4)
    one, other = (weights_of(each.state()) for each in (trainer, resumed))
    assert all(torch.equal(weight, other[name]) for name, weight in one.items())
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_file_that_cannot_be_used_is_refused(tmp_path):
    path = tmp_path / "supernet.safetensors"
    with pytest.raises(DataError, match="do not exist; train a supernet"):
        SupernetFile.read(path)
    path.write_bytes(b"torn")
    with pytest.raises(DataError, match="cannot be read"):
        SupernetFile.read(path)
    with pytest.raises(DataError, match="who: these weights belong to other text"):
        SupernetFile(state={}, facts={"text": "abc"}).check({"text": "abd"}, "who")


def test_devices_and_threads():
    assert device_named("cpu", "who").type == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match=r"who\.device got cuda"):
            device_named("cuda", "who")
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
