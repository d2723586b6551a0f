"""Training learns, every hyper-parameter matters, and a pause changes no bit."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from nasray.core.errors import ConfigError
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import build
from nasray.models.recipe import Recipe
from nasray.models.trainer import Trainer

BASE = Recipe(
    epochs=4,
    batch_size=8,
    optimizer="sgd",
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="cosine",
    warmup_epochs=0,
    label_smoothing=0.0,
    augmentation=(),
    mixed_precision=False,
)
LAYERS = (
    Layer("conv_bn_relu", (-1,), 1, 8),
    Layer("conv_bn", (0,), 8, 8),
    Layer("bn_relu", (0, 1), 8, 8),
    Layer("global_avg_pool", (2,), 8, 8),
    Layer("linear", (3,), 8, 3),
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def examples(n, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1, 8, 8)).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(rng.integers(0, 3, n))


def trainer(recipe=BASE, seed=1, n=20, report_every_epochs=0, module=None, **changes):
    network = module or build(NetworkPlan(LAYERS, (1, 8, 8), 3), torch.Generator().manual_seed(0))
    recipe = dataclasses.replace(recipe, **changes)
    return Trainer(network, examples(n), examples(10, 1), recipe, seed, report_every_epochs)


def weights(trained):
    return torch.cat([tensor.double().flatten() for tensor in trained.module.state_dict().values()])


def test_sixteen_random_points_are_learnt_by_heart():
    flat = (Layer("conv_bn_relu", (-1,), 1, 8), Layer("linear", (0,), 8 * 64, 3))
    network = build(NetworkPlan(flat, (1, 8, 8), 3), torch.Generator().manual_seed(0))
    learner = trainer(n=16, epochs=30, schedule="constant", batch_size=16, module=network)
    x, y = examples(16)

    def loss():
        with torch.no_grad():
            return nn.functional.cross_entropy(learner.module.eval()(x), y).item()

    before = loss()
    assert before == pytest.approx(math.log(3), abs=0.2)  # a small classifier starts undecided
    learner.run_to(30)
    assert loss() < 0.1 * before
    assert learner.accuracy((x, y)) == 100.0


def test_accuracy_is_the_share_of_right_answers_in_percent():
    scorer = trainer(module=nn.Sequential(nn.Flatten(), nn.Linear(4, 3)))
    x = torch.eye(4)[:, None, :3].reshape(4, 1, 1, 3)
    scorer.module = nn.Flatten()  # the image is its own logits
    assert scorer.accuracy((x[:3], torch.tensor([0, 1, 0]))) == pytest.approx(200 / 3)


CHANGES = {
    "epochs": 5,  # the same four epochs of a longer schedule
    "batch_size": 5,
    "optimizer": "adamw",
    "learning_rate": 0.05,
    "momentum": 0.5,
    "weight_decay": 0.1,
    "schedule": "constant",
    "warmup_epochs": 1,
    "label_smoothing": 0.1,
    "augmentation": ("shift",),
}


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("name", [*CHANGES, "seed"])
def test_every_hyper_parameter_changes_the_weights(name, optimizer):
    change = {name: CHANGES.get(name, 2)}
    if change == {"optimizer": optimizer}:
        change = {"optimizer": "sgd"}
    plain, changed = trainer(optimizer=optimizer), trainer(**{"optimizer": optimizer, **change})
    for learner in (plain, changed):
        learner.run_to(4)
    assert not torch.equal(weights(plain), weights(changed))


def test_every_field_of_the_recipe_is_tried():
    assert {*CHANGES, "mixed_precision"} == {field.name for field in dataclasses.fields(Recipe)}


class WithDropOut(nn.Sequential):
    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        super().__init__(build(NetworkPlan(LAYERS, (1, 8, 8), 3), generator), nn.Dropout(0.2))


@pytest.mark.parametrize("stop", [1, 2, 3])
@pytest.mark.parametrize(
    "change", [{}, {"optimizer": "adamw"}, {"momentum": 0.0}, {"augmentation": ["flip_crop", "cutout"]}]
)
def test_a_training_continued_from_its_state_is_bit_equal(change, stop):
    def fresh():
        return trainer(report_every_epochs=1, module=WithDropOut(), **change)

    whole, first, second = fresh(), fresh(), fresh()
    whole.run_to(4)
    first.run_to(stop)
    state = first.state()
    first.run_to(4)  # the state is a copy: going on does not change it
    torch.manual_seed(stop)  # torch's global stream has no say
    second.load(state)
    assert second.epoch == stop
    second.run_to(4)
    for other in (first, second):
        assert torch.equal(weights(whole), weights(other))
        assert whole.curve == other.curve
    assert [epoch for epoch, _ in whole.curve] == [1, 2, 3, 4]


def test_the_global_stream_is_left_as_it_was():
    before = torch.get_rng_state()
    trainer(module=WithDropOut()).run_to(1)
    assert torch.equal(torch.get_rng_state(), before)


def batch_sizes(n, batch_size):
    seen = []
    learner = trainer(n=n, batch_size=batch_size)
    learner.module.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    learner.run_to(1)
    return seen


def test_a_short_last_batch_is_kept_unless_it_is_a_single_image():
    assert batch_sizes(20, 8) == [8, 8, 4]
    assert batch_sizes(17, 8) == [8, 8]
    assert batch_sizes(5, 8) == [5]


def test_reports_come_when_asked_for_and_once_an_epoch():
    learner = trainer(report_every_epochs=2)
    learner.run_to(3)
    assert [epoch for epoch, _ in learner.curve] == [2]
    assert learner.report() == learner.report() == learner.curve[-1][1]
    assert [epoch for epoch, _ in learner.curve] == [2, 3]


def test_a_loss_that_is_not_finite_is_an_error():
    with pytest.raises(FloatingPointError, match="the training loss is not finite in epoch 1"):
        trainer(learning_rate=1e30).run_to(1)


def test_logits_that_are_not_finite_are_an_error():
    learner = trainer()
    learner.run_to(1)
    for weight in learner.module.parameters():
        weight.data.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="logits are not finite after epoch 1"):
        learner.report()


def test_impossible_trainings_are_refused():
    with pytest.raises(ConfigError, match="training got 1 images; batch norm needs at least 2"):
        trainer(n=1)
    with pytest.raises(ConfigError, match=r"recipe.mixed_precision got device cpu; it works on CUDA only"):
        trainer(mixed_precision=True)
