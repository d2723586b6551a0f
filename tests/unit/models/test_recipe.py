"""The recipe's rules and its learning rate."""

import pytest

from nasray.core.errors import ConfigError
from nasray.models.recipe import Recipe

GOOD = {
    "epochs": 10,
    "batch_size": 32,
    "optimizer": "sgd",
    "learning_rate": 0.2,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "schedule": "cosine",
    "warmup_epochs": 2,
    "label_smoothing": 0.0,
    "augmentation": ["shift"],
    "mixed_precision": False,
}


def test_cosine_climbs_then_falls_to_nothing():
    recipe = Recipe(**GOOD)
    # warm-up 0 to 2, then half a cosine over 8 epochs: middle at 6
    assert [recipe.rate(e) for e in (0, 1, 2, 6, 10)] == pytest.approx([0, 0.1, 0.2, 0.1, 0], abs=1e-12)


def test_constant_stays():
    recipe = Recipe(**{**GOOD, "schedule": "constant", "warmup_epochs": 0})
    assert {recipe.rate(e) for e in (0, 3.5, 10)} == {0.2}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", 0, r"recipe.epochs \(0\) must be at least 1"),
        ("batch_size", 1, r"recipe.batch_size \(1\) must be at least 2"),
        ("optimizer", "adam", r"recipe.optimizer \('adam'\) must be one of sgd, adamw"),
        ("learning_rate", 0.0, r"recipe.learning_rate \(0.0\) must be positive"),
        ("learning_rate", float("inf"), "recipe.learning_rate"),
        ("momentum", 1.0, r"recipe.momentum \(1.0\) must be at least 0 and below 1"),
        ("weight_decay", -0.1, r"recipe.weight_decay \(-0.1\)"),
        ("schedule", "step", r"recipe.schedule \('step'\) must be one of cosine, constant"),
        (
            "warmup_epochs",
            10,
            r"recipe.warmup_epochs \(10\) must be at least 0 and below epochs \(10\); lower it, or raise",
        ),
        ("label_smoothing", 1.0, "recipe.label_smoothing"),
        ("augmentation", ["mixup"], r"recipe.augmentation \(\['mixup'\]\) must be a list of shift, flip_crop, cutout"),
        ("augmentation", "shift", r"recipe.augmentation \('shift'\) must be a list"),
    ],
)
def test_impossible_values_are_refused(name, value, message):
    with pytest.raises(ConfigError, match=message):
        Recipe(**{**GOOD, name: value})
