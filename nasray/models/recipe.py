"""How a network is trained."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nasray.core.errors import require
from nasray.models.augmentation import AUGMENTATIONS

OPTIMIZERS = ("sgd", "adamw")
SCHEDULES = ("cosine", "constant")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The hyper-parameters of one training.

    Attributes:
        epochs: Passes over the training images; also the length of the schedule.
        batch_size: Images a step, at least 2: batch norm needs company.
        optimizer: ``sgd`` (with Nesterov's momentum) or ``adamw``.
        learning_rate: Its highest value.
        momentum: Of SGD; AdamW's first beta.
        weight_decay: L2 penalty of SGD; AdamW's decoupled decay.
        schedule: ``cosine`` down to 0, or ``constant``.
        warmup_epochs: Epochs in which the rate climbs linearly from 0.
        label_smoothing: Share of the target spread over all classes.
        augmentation: Names in ``models/augmentation.py``, applied in order; empty for none.
        mixed_precision: Half precision where it is safe; CUDA only.
    """

    epochs: int
    batch_size: int
    optimizer: Literal["sgd", "adamw"]
    learning_rate: float
    momentum: float
    weight_decay: float
    schedule: Literal["cosine", "constant"]
    warmup_epochs: int
    label_smoothing: float
    augmentation: Sequence[str]
    mixed_precision: bool

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        rules = (
            ("epochs", self.epochs >= 1, "at least 1"),
            ("batch_size", self.batch_size >= 2, "at least 2 (batch norm needs company)"),
            ("optimizer", self.optimizer in OPTIMIZERS, f"one of {', '.join(OPTIMIZERS)}"),
            ("learning_rate", self.learning_rate > 0 and math.isfinite(self.learning_rate), "positive and finite"),
            ("momentum", 0 <= self.momentum < 1, "at least 0 and below 1"),
            ("weight_decay", self.weight_decay >= 0 and math.isfinite(self.weight_decay), "at least 0 and finite"),
            ("schedule", self.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}"),
            (
                "warmup_epochs",
                0 <= self.warmup_epochs < self.epochs,
                f"at least 0 and below epochs ({self.epochs}); lower it, or raise recipe.epochs",
            ),
            ("label_smoothing", 0 <= self.label_smoothing < 1, "at least 0 and below 1"),
            (
                "augmentation",
                not isinstance(self.augmentation, str) and all(name in AUGMENTATIONS for name in self.augmentation),
                f"a list of {', '.join(AUGMENTATIONS)}, or [] for none",
            ),
        )
        for name, holds, rule in rules:
            require(holds, f"recipe.{name} ({getattr(self, name)!r}) must be {rule}")

    def rate(self, epoch: float) -> float:
        """The learning rate at a point in time, e.g. 1.5 in the middle of the second epoch."""
        if epoch < self.warmup_epochs:
            return self.learning_rate * epoch / self.warmup_epochs
        if self.schedule == "constant":
            return self.learning_rate
        progress = (epoch - self.warmup_epochs) / (self.epochs - self.warmup_epochs)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
