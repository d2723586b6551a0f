"""Transformers judged with weights of a supernet, and trained from scratch."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.core.fidelity import Fidelity
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.data.image_sets.digits import Digits
from nasray.data.text_sets.parallel_text import ParallelText
from nasray.evaluators.supernet import Supernet, facts_of
from nasray.evaluators.translation_training import TranslationTraining
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import N_SPECIAL
from nasray.models.supernet_batches import Batches
from nasray.models.supernet_file import SupernetFile
from nasray.models.supernet_judging import Judging, mean_loss
from nasray.models.supernet_members import extreme, members_of
from nasray.models.supernet_recipe import SupernetRecipe
from nasray.models.supernet_trainer import SupernetTrainer, weights_of
from nasray.records.store import Store
from nasray.spaces.hat import Hat
from nasray.spaces.nasbench201 import NasBench201

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
RECIPE = SupernetRecipe(
    updates=4,
    tokens_per_batch=64,
    accumulate=1,
    learning_rate=0.01,
    warmup_updates=1,
    schedule="inverse_sqrt",
    label_smoothing=0.1,
    dropout=0.1,
    clip_norm=1.0,
    sampling="uniform",
    sandwich_members=0,
    mixed_precision=False,
)
LOSS = Judging(value="loss", tokens_per_batch=64, beams=2, length_penalty=1.0)
STREAMS = Streams(0, "evaluator")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("corpus"), np.random.default_rng(0)
    for part, n in (("train", 20), ("valid", 6), ("test", 5)):
        numbers = rng.integers(0, 9, (n, 3))
        for language, words in (("en", "ABCDEFGHI"), ("de", "abcdefghi")):
            lines = "".join(" ".join(words[number] for number in row) + "\n" for row in numbers)
            (folder / f"{part}.{language}").write_text(lines, encoding="utf-8")
    return ParallelText(
        folder=str(folder), source="en", target="de", vocabulary=260, tokenizer=None, n_train=None, n_valid=None
    )


@pytest.fixture(scope="module")
def weights(text, tmp_path_factory):
    """A supernet after a few updates."""
    found = text.load()
    rng = torch.Generator().manual_seed(0)
    supernet = HatSupernet(extreme(SPACE.choices, max), 8, found.n_words + N_SPECIAL, 0.1, rng)
    members = members_of(SPACE.choices, lambda rng: SPACE.shape(SPACE.sample(rng)), RECIPE)
    trainer = SupernetTrainer(supernet, Batches(found.train, 64), RECIPE, members, seed=0)
    trainer.run_to(4)
    path = tmp_path_factory.mktemp("weights") / "supernet.safetensors"
    SupernetFile(state=trainer.state(), facts=facts_of(SPACE, text)).write(path)
    return path


@pytest.fixture
def inheriting(text, weights):
    return Supernet(
        space=SPACE, text=text, weights=str(weights), judging=LOSS, chunk_size=4, device="cpu", torch_threads=1
    )


@pytest.fixture
def training(text, tmp_path):
    return TranslationTraining(
        space=SPACE,
        text=text,
        recipe=RECIPE,
        judging=LOSS,
        device="cpu",
        torch_threads=1,
        checkpoint_every_updates=0,
        keep_weights=True,
        store=Store(root=str(tmp_path / "store")),
        checkpoint_folder=tmp_path / "checkpoints",
    )


def proposals(n):
    rng = np.random.default_rng(1)
    return [Proposal(slot, SPACE.sample(rng)) for slot in range(n)]


def replace_field(part, **changes):
    """A part made anew with other settings."""
    settings = {name: getattr(part, name) for name, one in type(part).__dataclass_fields__.items() if one.init}
    return type(part)(**{**settings, **changes})


def test_a_member_is_judged_with_the_weights_of_the_supernet(inheriting, text, weights):
    found = text.load()
    supernet = HatSupernet(
        extreme(SPACE.choices, max), 8, found.n_words + N_SPECIAL, 0.0, torch.Generator().manual_seed(9)
    )
    supernet.load_state_dict(weights_of(SupernetFile.read(weights).state))
    for proposal, one in zip(proposals(3), inheriting.evaluate(proposals(3), STREAMS), strict=True):
        dims = SPACE.shape(proposal.architecture)
        member = supernet.extract(dims)
        assert one.value == -mean_loss(member, Batches(found.valid, 64).in_order())
        assert one.columns["loss"] == -one.value
        assert one.columns["parameters"] == SPACE.cost(proposal.architecture, 263).parameters
        tested = inheriting.test(proposal, STREAMS).value
        assert tested == -mean_loss(member, Batches(found.test, 64).in_order()) != one.value
    assert inheriting.metric == "negative valid loss (nats/token) with inherited weights"


def test_bleu_is_measured_where_it_is_asked_for(inheriting, text, weights):
    judging = replace(LOSS, value="bleu")
    by_bleu = replace_field(inheriting, judging=judging)
    (one,) = by_bleu.evaluate(proposals(1), STREAMS)
    (other,) = inheriting.evaluate(proposals(1), STREAMS)
    assert 0 <= one.value == one.columns["bleu"] <= 100
    assert one.columns["loss"] == other.columns["loss"]
    assert by_bleu.metric == "valid BLEU with inherited weights"


def test_weights_of_another_space_or_text_are_refused(inheriting, text):
    narrower = Hat(**{**{name: getattr(SPACE, name) for name in SPACE.choices}, "decoder_dims": (12,)}, qkv_dim=8)
    with pytest.raises(DataError, match="these weights belong to other space"):
        replace_field(inheriting, space=narrower).evaluate(
            [Proposal(0, narrower.sample(np.random.default_rng()))], STREAMS
        )
    with pytest.raises(DataError, match="these weights belong to other words"):
        replace_field(inheriting, text=replace(text, vocabulary=261)).evaluate(proposals(1), STREAMS)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"chunk_size": 0}, ConfigError, r"supernet\.chunk_size \(0\) must be at least 1"),
        ({"torch_threads": 0}, ConfigError, r"supernet\.torch_threads \(0\) must be at least 1"),
        ({"weights": "nowhere"}, DataError, r"supernet\.weights \(nowhere\) is not there; train a supernet"),
        ({"device": "tpu"}, ConfigError, r"supernet\.device \('tpu'\) must be one of auto, cpu, cuda"),
        ({"space": NasBench201(channels=2, cells_per_stage=1)}, CapabilityError, "needs a space with TransformerView"),
        (
            {"text": Digits(n_train=5, n_valid=5, seed=0)},
            CapabilityError,
            "Digits does not offer them; choose dataset=",
        ),
    ],
)
def test_impossible_settings_of_the_supernet_are_refused(inheriting, changes, error, message):
    with pytest.raises(error, match=message):
        replace_field(inheriting, **changes)


def test_a_training_is_a_function_of_slot_and_seed(training, tmp_path):
    first, second = proposals(2)
    one, other = training.evaluate([first, second], STREAMS)
    assert one.value != other.value
    elsewhere = replace_field(training, checkpoint_folder=tmp_path / "other", store=Store(root=str(tmp_path / "more")))
    (again,) = elsewhere.evaluate([second], STREAMS)
    assert again.value == other.value
    assert again.columns == {"loss": -other.value, "parameters": SPACE.cost(second.architecture, 263).parameters}


def test_a_training_that_died_goes_on_to_the_same_bits(training, monkeypatch):
    (whole,) = training.evaluate(proposals(1), STREAMS)
    kept = replace_field(
        training, checkpoint_every_updates=2, keep_weights=False, checkpoint_folder=training.checkpoint_folder / "2"
    )
    run_to, reached = SupernetTrainer.run_to, []

    def dying(self, update):
        if update > 2 and not reached:
            reached.append(self.update)
            raise KeyboardInterrupt
        run_to(self, update)

    monkeypatch.setattr(SupernetTrainer, "run_to", dying)
    with pytest.raises(KeyboardInterrupt):
        kept.evaluate(proposals(1), STREAMS)
    (resumed,) = kept.evaluate(proposals(1), STREAMS)
    assert resumed.value == whole.value


def test_kept_weights_spare_the_second_training(training, monkeypatch):
    training.evaluate(proposals(1), STREAMS)
    trained = []
    monkeypatch.setattr(SupernetTrainer, "_train_once", lambda self: trained.append(self.update))
    kept = training.test(proposals(1)[0], STREAMS).value
    assert not trained
    monkeypatch.undo()
    anew = replace_field(training, keep_weights=False)
    assert anew.test(proposals(1)[0], STREAMS).value == kept


def test_trainings_that_are_not_whole_are_refused(training):
    (proposal,) = proposals(1)
    for wrong in (
        proposal._replace(fidelity=Fidelity(1)),
        proposal._replace(continues=0),
        proposal._replace(inherits=0),
    ):
        with pytest.raises(ConfigError, match="trains from scratch to the end: use scheduler=never_stop"):
            training.evaluate([wrong], STREAMS)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"torch_threads": 0}, ConfigError, r"translation_training\.torch_threads \(0\) must be at least 1"),
        ({"checkpoint_every_updates": -1}, ConfigError, r"checkpoint_every_updates \(-1\) must be at least 0"),
        ({"device": "tpu"}, ConfigError, r"translation_training\.device \('tpu'\) must be one of auto, cpu, cuda"),
        ({"store": None}, ConfigError, "keep_weights need a store and a checkpoint_folder, got none"),
        ({"space": NasBench201(channels=2, cells_per_stage=1)}, CapabilityError, "needs a space with TransformerView"),
        (
            {"text": Digits(n_train=5, n_valid=5, seed=0)},
            CapabilityError,
            "Digits does not offer them; choose dataset=",
        ),
    ],
)
def test_impossible_settings_of_a_training_are_refused(training, changes, error, message):
    with pytest.raises(error, match=message):
        replace_field(training, **changes)
