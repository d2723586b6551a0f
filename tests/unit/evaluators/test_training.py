"""The training evaluator, on a tiny space and tiny images."""

import dataclasses
import hashlib
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import hydra.utils
import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.fidelity import Fidelity
from nasray.core.image_set import Images, ImageSet
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.evaluators.training import Training
from nasray.models.recipe import Recipe
from nasray.models.trainer import Trainer

CONF = Path(__file__).parents[3] / "conf"
STREAMS = Streams(7, "evaluator")


class TinySpace:
    """One gene: the width of the only convolution; a negative one makes weights that overflow."""

    def sample(self, rng):
        return Architecture((4,))

    mutate = validate = repair = canonical = sample

    def plan(self, architecture, input_shape, n_classes):
        width = abs(architecture.genes[0])
        layers = (
            Layer("conv_bn_relu", (-1,), input_shape[0], width),
            Layer("global_avg_pool", (0,), width, width),
            Layer("linear", (1,), width, n_classes),
        )
        return NetworkPlan(layers, input_shape, n_classes)


class PlanlessSpace:
    sample = mutate = validate = repair = canonical = TinySpace.sample


@dataclasses.dataclass(frozen=True)
class TinyImages:
    """Three kinds of stripes with noise."""

    def load(self):
        rng = np.random.default_rng(0)

        def part(n):
            y = np.arange(n) % 3
            x = rng.normal(size=(n, 1, 6, 6)) * 0.5 + np.sin(np.arange(6) * (1 + y[:, None, None, None]))
            return Images(x.astype(np.float32), y)

        return ImageSet("stripes", 3, part(24), part(30), part(60))


class DictStore:
    def __init__(self):
        self.blobs = {}

    def put(self, content):
        address = hashlib.sha256(content).hexdigest()
        self.blobs[address] = content
        return address

    def get(self, address):
        return self.blobs[address]


RECIPE = Recipe(
    epochs=4,
    batch_size=8,
    optimizer="sgd",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="cosine",
    warmup_epochs=0,
    label_smoothing=0.0,
    augmentation=("shift",),
    mixed_precision=False,
)
FIELDS = {
    "space": TinySpace(),
    "images": TinyImages(),
    "recipe": RECIPE,
    "acceleration": None,
    "device": "cpu",
    "torch_threads": 1,
    "report_every_epochs": 1,
    "checkpoint_every_epochs": 0,
    "keep_weights": False,
    "store": None,
    "checkpoint_folder": None,
}


def training(**changes):
    return Training(**{**FIELDS, **changes})


def measure(evaluator, slot=3, width=4, **fields):
    (measurement,) = evaluator.evaluate([Proposal(slot, Architecture((width,)), **fields)], STREAMS)
    return measurement


def facts(measurement):
    return measurement.value, measurement.curve, dict(measurement.columns)


def test_a_measurement_says_everything():
    measurement = measure(training())
    assert [epoch for epoch, _ in measurement.curve] == [1, 2, 3, 4]
    assert measurement.value == measurement.curve[-1][1]
    assert 33 < measurement.value <= 100
    # 3x3 convolution on 6x6, normalisation, linear layer; only the first and the last multiply and add.
    assert measurement.columns == {"parameters": 4 * 9 + 8 + 4 * 3 + 3, "flops": 36 * 9 * 4 + 4 * 3}
    assert set(measurement.columns) == set(training().columns)
    assert measurement.cost.wall_seconds > 0
    assert measurement.host
    assert training().chunk_size == 1
    assert training().metric == "valid accuracy (%)"


def test_the_last_epoch_is_always_reported():
    assert [epoch for epoch, _ in measure(training(report_every_epochs=3)).curve] == [3, 4]
    assert [epoch for epoch, _ in measure(training(report_every_epochs=0)).curve] == [4]


def test_an_evaluation_depends_on_its_slot_and_not_on_what_came_before():
    busy = training()
    first = facts(measure(busy, slot=1))
    assert facts(measure(busy, slot=2)) != first
    assert facts(measure(busy, slot=1)) == first
    both = busy.evaluate([Proposal(slot, Architecture((4,))) for slot in (2, 1)], STREAMS)
    assert facts(both[1]) == first


SCRIPT = """
import importlib.util, pickle, sys
spec = importlib.util.spec_from_file_location("there", sys.argv[1])
there = importlib.util.module_from_spec(spec)
spec.loader.exec_module(there)
print(repr((there.facts(there.measure(there.training())), there.training().test(there.PROPOSAL, there.STREAMS).value)))
"""
PROPOSAL = Proposal(3, Architecture((4,)))


def test_another_process_measures_the_same():
    there = subprocess.run([sys.executable, "-c", SCRIPT, __file__], capture_output=True, text=True, check=True)
    here = facts(measure(training())), training().test(PROPOSAL, STREAMS).value
    assert there.stdout.strip() == repr(here)


def test_a_fidelity_stops_the_same_schedule_earlier():
    whole, short = measure(training()), measure(training(), fidelity=Fidelity(2))
    assert short.curve == whole.curve[:2]
    assert short.value == whole.curve[1][1]


def test_a_fidelity_beyond_the_schedule_is_refused():
    with pytest.raises(ConfigError, match=r"slot 3 asks for 5 epochs; the recipe's schedule has 4: raise"):
        measure(training(), fidelity=Fidelity(5))


def test_the_test_score_is_of_the_same_network(monkeypatch):
    evaluator = training()
    value = measure(evaluator).value
    score = evaluator.test(PROPOSAL, STREAMS)
    assert score.cost.wall_seconds > 0
    trained = []
    monkeypatch.setattr(Trainer, "accuracy", lambda self, part: trained.append((self, part)) or 50.0)
    evaluator.test(PROPOSAL, STREAMS)
    monkeypatch.undo()
    trainer, part = trained[-1]
    assert trainer.accuracy(evaluator._learnt_and_seen[1]) == value
    assert trainer.accuracy(part) == score.value
    assert len(part[1]) == 60


def count_epochs(monkeypatch):
    epochs = []
    original = Trainer._train_one_epoch

    def counted(self):
        original(self)
        epochs.append(self.epoch)

    monkeypatch.setattr(Trainer, "_train_one_epoch", counted)
    return epochs


def test_kept_weights_save_the_second_training(monkeypatch, tmp_path):
    kept = {"store": DictStore(), "checkpoint_folder": str(tmp_path), "keep_weights": True}
    value, score = measure(training()).value, training().test(PROPOSAL, STREAMS).value
    assert measure(training(**kept)).value == value
    epochs = count_epochs(monkeypatch)
    assert training(**kept).test(PROPOSAL, STREAMS).value == score
    assert epochs == []
    again = measure(training(**kept))
    assert (again.value, len(again.curve)) == (value, 4)
    assert epochs == []


def test_an_interrupted_training_continues_from_its_checkpoint(monkeypatch, tmp_path):
    kept = {"store": DictStore(), "checkpoint_folder": tmp_path, "checkpoint_every_epochs": 2}
    whole = facts(measure(training()))
    original = Trainer.run_to

    def killed(self, epoch):
        original(self, min(epoch, 3))
        if epoch > 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "run_to", killed)
    with pytest.raises(KeyboardInterrupt):
        measure(training(**kept))
    monkeypatch.undo()
    epochs = count_epochs(monkeypatch)
    assert facts(measure(training(**kept))) == whole
    assert epochs == [3, 4]


def test_a_checkpoint_of_another_recipe_or_seed_is_not_used(monkeypatch, tmp_path):
    kept = {"store": DictStore(), "checkpoint_folder": tmp_path, "keep_weights": True}
    measure(training(**kept))
    epochs = count_epochs(monkeypatch)
    measure(training(**kept, recipe=dataclasses.replace(RECIPE, learning_rate=0.2)))
    training(**kept).evaluate([PROPOSAL], Streams(8, "evaluator"))
    assert epochs == [1, 2, 3, 4] * 2


def test_a_kept_training_longer_than_the_fidelity_is_not_used(tmp_path):
    kept = {"store": DictStore(), "checkpoint_folder": tmp_path, "keep_weights": True}
    measure(training(**kept))
    assert len(measure(training(**kept), fidelity=Fidelity(2)).curve) == 2


def test_a_loss_that_overflows_is_an_error_for_the_caller():
    with pytest.raises(FloatingPointError, match="not finite"):
        measure(training(recipe=dataclasses.replace(RECIPE, learning_rate=1e30)))


def test_torch_is_left_with_its_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    measure(training(), fidelity=Fidelity(1))
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_images_are_loaded_once_and_late():
    loads = []

    class Counting(TinyImages):
        def load(self):
            loads.append(1)
            return super().load()

    evaluator = training(images=Counting())
    assert loads == []
    for slot in (1, 2):
        measure(evaluator, slot=slot, fidelity=Fidelity(1))
    evaluator.test(PROPOSAL, STREAMS)
    assert loads == [1]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"space": PlanlessSpace()}, CapabilityError, "evaluator training needs a space with ModuleView"),
        ({"torch_threads": 0}, ConfigError, r"training.torch_threads \(0\) must be at least 1"),
        ({"report_every_epochs": -1}, ConfigError, r"training.report_every_epochs \(-1\) must be at least 0"),
        ({"checkpoint_every_epochs": -1}, ConfigError, "training.checkpoint_every_epochs"),
        ({"device": "gpu"}, ConfigError, r"training.device \('gpu'\) must be one of auto, cpu, cuda"),
        ({"keep_weights": True}, ConfigError, "need a store and a checkpoint_folder, got none; give both"),
        ({"checkpoint_every_epochs": 1, "store": DictStore()}, ConfigError, "need a store and a checkpoint_folder"),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_loaded(changes, error, message):
    with pytest.raises(error, match=message):
        training(**changes)


@pytest.mark.skipif(torch.cuda.is_available(), reason="shows what a machine without a GPU says")
def test_a_missing_gpu_is_said():
    with pytest.raises(ConfigError, match=r"training.device got cuda, but torch sees no GPU here; set device=cpu"):
        measure(training(device="cuda"))
    assert measure(training(device="auto"), fidelity=Fidelity(1)).curve


def test_text_is_refused():
    text = SimpleNamespace(source="en", target="de", load=list, fingerprint=str, vocabulary_fingerprint=str)
    with pytest.raises(CapabilityError, match=r"learns from images, but SimpleNamespace has sentences; choose dataset"):
        training(images=text)


def test_the_yaml_names_every_field_and_builds_with_any_images():
    sets = [OmegaConf.load(path) for path in sorted((CONF / "dataset").glob("*.yaml"))]
    images = [one for one in sets if ".image_sets." in one["_target_"]]
    assert len(images) >= 5
    for dataset in images:
        config = OmegaConf.load(CONF / "evaluator" / "training.yaml")
        for key in OmegaConf.missing_keys(dataset):
            dataset[key] = "somewhere"
        whole = OmegaConf.create({"dataset": dataset, "evaluator": config})
        made = hydra.utils.instantiate(whole.evaluator, _partial_=True, _convert_="all")
        assert isinstance(made, partial)
        assert {"space", *made.keywords} == {field.name for field in dataclasses.fields(Training) if field.init}
        evaluator = made(space=TinySpace())
        assert evaluator.recipe.augmentation == []
        assert {field.name for field in dataclasses.fields(evaluator.images)} == set(dataset) - {"_target_"}
        assert len(pickle.dumps(made)) < 2_000
