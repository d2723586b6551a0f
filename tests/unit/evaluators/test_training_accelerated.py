"""The training evaluator with GPT-NAS's acceleration, on small chains."""

import dataclasses

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError
from nasray.core.fidelity import Fidelity
from nasray.core.image_set import Images, ImageSet
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.evaluators.training import Training
from nasray.models.acceleration import Acceleration
from nasray.models.blocks import BLOCKS
from nasray.models.recipe import Recipe
from nasray.models.trainer import Trainer
from nasray.records.store import Store
from nasray.spaces.block_chain import BlockChain
from nasray.spaces.nasbench201 import NasBench201

STREAMS = Streams(7, "evaluator")
CHAIN = BlockChain(channels=8, width_multiplier=1.0, min_blocks=3, max_blocks=6, min_pixels=2)
MEMBER = Architecture(tuple(BLOCKS.index(name) for name in ("stem", "relu", "basic_block", "conv_norm_activation")))
RECIPE = Recipe(
    epochs=2,
    batch_size=8,
    optimizer="sgd",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="constant",
    warmup_epochs=1,
    label_smoothing=0.0,
    augmentation=(),
    mixed_precision=False,
)
RETRAINING = dataclasses.replace(RECIPE, epochs=3, warmup_epochs=0)


@dataclasses.dataclass(frozen=True)
class Stripes:
    """Three kinds of stripes with noise."""

    def load(self):
        rng = np.random.default_rng(0)

        def part(n):
            y = np.arange(n) % 3
            x = rng.normal(size=(n, 1, 6, 6)) * 0.5 + np.sin(np.arange(6) * (1 + y[:, None, None, None]))
            return Images(x.astype(np.float32), y)

        return ImageSet("stripes", 3, part(24), part(30), part(30))


@pytest.fixture
def training(tmp_path):
    def make(mode="predicted_only", **changes):
        settings = {
            "space": CHAIN,
            "images": Stripes(),
            "recipe": RECIPE,
            "acceleration": mode and Acceleration(mode=mode, retraining=RETRAINING),
            "device": "cpu",
            "torch_threads": 1,
            "report_every_epochs": 0,
            "checkpoint_every_epochs": 0,
            "keep_weights": True,
            "store": Store(root=str(tmp_path / "store")),
            "checkpoint_folder": tmp_path / "checkpoints",
        }
        return Training(**{**settings, **changes})

    return make


@pytest.fixture
def epochs(monkeypatch):
    """The recipe's length and the epoch, of every epoch that was trained."""
    trained = []
    original = Trainer._train_one_epoch

    def counted(self):
        original(self)
        trained.append((self.recipe.epochs, self.epoch))

    monkeypatch.setattr(Trainer, "_train_one_epoch", counted)
    return trained


def measure(evaluator, slot=3, architecture=MEMBER, **fields):
    (measurement,) = evaluator.evaluate([Proposal(slot, architecture, **fields)], STREAMS)
    return measurement


def weights(evaluator, slot):
    """What a slot's training ended with, by layer and name."""
    family = evaluator._name(Proposal(slot, MEMBER), None, STREAMS).family
    state = evaluator._checkpoints.of_slot(slot, family).state
    return {key: value for key, value in state.items() if key.startswith("module.")}


def stages(architecture=MEMBER):
    return [layer.stage for layer in CHAIN.plan(architecture, (1, 6, 6), 3).layers]


def moved(evaluator, before, after):
    """Stages whose weights differ between two slots' ends; running statistics apart."""
    first, second = weights(evaluator, before), weights(evaluator, after)
    names = stages()
    return {
        names[int(key.split(".")[2])]
        for key in first
        if key.endswith(("weight", "bias")) and not first[key].equal(second[key])
    }


def test_what_was_not_predicted_stays_as_it_was_inherited(training):
    evaluator = training()
    measure(evaluator, slot=1)
    child = measure(evaluator, slot=2, inherits=1, predicted=(2,))
    assert child.columns["inherited_share"] == 1.0
    assert 0 < child.columns["trained_share"] < 1
    assert moved(evaluator, 1, 2) == {"block2", "head"}


def test_without_predicted_blocks_batch_normalization_is_trained(training):
    evaluator = training()
    measure(evaluator, slot=1)
    measure(evaluator, slot=2, inherits=1)
    measure(evaluator, slot=4, inherits=1, predicted=(1,))  # a relu has no weights
    assert moved(evaluator, 1, 2) == moved(evaluator, 1, 4) == {"block0", "block2", "block3", "head"}
    first, second = weights(evaluator, 1), weights(evaluator, 2)
    convolutions = [key for key in first if first[key].ndim == 4]
    assert convolutions
    assert all(first[key].equal(second[key]) for key in convolutions)


def test_full_trains_everything_bit_for_bit_as_without_acceleration(training):
    plain, full = measure(training(None), predicted=(1,)), measure(training("full", keep_weights=False), predicted=(1,))
    assert full.value == plain.value
    assert full.columns == {**plain.columns, "trained_share": 1.0}


def test_the_columns_count_frozen_weights_too(training):
    partly, fully = measure(training(), predicted=(0,)), measure(training("full"), predicted=(0,))
    assert {name: partly.columns[name] for name in ("parameters", "flops")} == {
        name: fully.columns[name] for name in ("parameters", "flops")
    }
    assert partly.columns["trained_share"] < fully.columns["trained_share"] == 1.0


def test_the_winner_is_retrained_whole_from_fresh_weights(training, epochs):
    evaluator = training()
    measure(evaluator, slot=1)
    winner = Proposal(2, MEMBER, inherits=1, predicted=(2,))
    evaluator.evaluate([winner], STREAMS)
    del epochs[:]
    score = evaluator.test(winner, STREAMS)
    assert epochs == [(3, 1), (3, 2), (3, 3)]
    whole = training(None, recipe=RETRAINING, keep_weights=False)
    assert score.value == whole.test(Proposal(2, MEMBER), STREAMS).value


def test_an_interrupted_training_goes_on_with_the_same_weights_frozen(training, epochs, tmp_path):
    fields = {"predicted": (2, 3), "fidelity": Fidelity(2)}
    whole = measure(training(keep_weights=False), **fields)
    there = {"store": Store(root=str(tmp_path / "b")), "checkpoint_folder": tmp_path / "c"}
    measure(training(**there), predicted=(2, 3), fidelity=Fidelity(1))
    del epochs[:]
    again = measure(training(**there), slot=9, continues=3, **fields)
    assert epochs == [(2, 2)]
    assert (again.value, again.columns) == (whole.value, whole.columns)


def test_a_training_of_other_units_is_another_training(training, epochs):
    evaluator = training()
    for predicted in ((2,), (3,), (2,)):
        measure(evaluator, predicted=predicted)
    assert epochs == [(2, 1), (2, 2)] * 2


def test_cells_whose_layers_tell_no_unit_are_refused(training):
    evaluator = training(space=NasBench201(channels=2, cells_per_stage=1))
    cell = Architecture((3, 1, 2, 1, 0, 3))
    with pytest.raises(CapabilityError, match=r"training only the predicted units \[0, 4\] needs a plan"):
        measure(evaluator, architecture=cell, predicted=(0, 4))
    assert measure(evaluator, architecture=cell).columns["trained_share"] < 1
