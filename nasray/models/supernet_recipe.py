"""How a translation network, or a supernet of them, is trained."""

import math
from dataclasses import dataclass
from typing import Literal

from nasray.core.errors import require

SCHEDULES = ("inverse_sqrt", "cosine")
SAMPLINGS = ("uniform", "sandwich")


@dataclass(frozen=True, kw_only=True)
class SupernetRecipe:
    """The hyper-parameters of one training with Adam.

    Attributes:
        updates: Steps of the optimizer; also the length of the cosine.
        tokens_per_batch: Most tokens of the longer side of a batch, filling included.
        accumulate: Batches whose gradients make one update.
        learning_rate: Its highest value.
        warmup_updates: Updates in which the rate climbs linearly to it.
        schedule: Afterwards ``inverse_sqrt`` (Vaswani et al. 2017) or ``cosine`` down to 0 (HAT).
        label_smoothing: Share of the target spread over all words.
        dropout: Share of activations left out.
        clip_norm: Largest norm of all gradients together; 0 for no limit.
        sampling: Which members an update trains: ``uniform``, one random member (HAT), or ``sandwich``, the widest,
            the narrowest and ``sandwich_members`` random ones (Yu and Huang 2019). A single network ignores it.
        sandwich_members: Random members of a sandwich.
        mixed_precision: bfloat16 where it is safe; CUDA only.
    """

    updates: int
    tokens_per_batch: int
    accumulate: int
    learning_rate: float
    warmup_updates: int
    schedule: Literal["inverse_sqrt", "cosine"]
    label_smoothing: float
    dropout: float
    clip_norm: float
    sampling: Literal["uniform", "sandwich"]
    sandwich_members: int
    mixed_precision: bool

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        rules = (
            ("updates", self.updates >= 1, "at least 1"),
            ("tokens_per_batch", self.tokens_per_batch >= 1, "at least 1"),
            ("accumulate", self.accumulate >= 1, "at least 1"),
            ("learning_rate", self.learning_rate > 0 and math.isfinite(self.learning_rate), "positive and finite"),
            ("warmup_updates", 1 <= self.warmup_updates < self.updates, f"at least 1 and below {self.updates}"),
            ("schedule", self.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}"),
            ("label_smoothing", 0 <= self.label_smoothing < 1, "at least 0 and below 1"),
            ("dropout", 0 <= self.dropout < 1, "at least 0 and below 1"),
            ("clip_norm", self.clip_norm >= 0 and math.isfinite(self.clip_norm), "at least 0 and finite"),
            ("sampling", self.sampling in SAMPLINGS, f"one of {', '.join(SAMPLINGS)}"),
            ("sandwich_members", self.sandwich_members >= 0, "at least 0"),
        )
        for name, holds, rule in rules:
            require(holds, f"recipe.{name} ({getattr(self, name)!r}) must be {rule}")

    def rate(self, update: int) -> float:
        """The learning rate of an update, counted from 0."""
        done = update + 1
        if done < self.warmup_updates:
            return self.learning_rate * done / self.warmup_updates
        if self.schedule == "inverse_sqrt":
            return self.learning_rate * math.sqrt(self.warmup_updates / done)
        progress = (done - self.warmup_updates) / (self.updates - self.warmup_updates)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
