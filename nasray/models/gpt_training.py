"""How a GPT learns from sequences: windows, next-token cross-entropy, Adam."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from nasray.core.errors import DataError, require
from nasray.core.seeds import Streams
from nasray.models.gpt import BOS, EOS, Gpt2
from nasray.models.one_thread import one_thread

IGNORED = -100
"""The target of a position that is not learnt: behind the end of a sequence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GptRecipe:
    """The hyper-parameters of one training with Adam; the rate falls linearly to ``final_share`` of itself.

    Attributes:
        epochs: Passes over the windows.
        batch_size: Windows a step.
        learning_rate: At the beginning.
        final_share: Of the rate that is left at the end; 1 for a constant rate.
        stride: Tokens from the beginning of a window to that of the next.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    final_share: float
    stride: int

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        for name, least in (("epochs", 0), ("batch_size", 1), ("stride", 1)):
            require(getattr(self, name) >= least, f"gpt {name} ({getattr(self, name)}) must be at least {least}")
        require(self.learning_rate > 0, f"gpt learning_rate ({self.learning_rate}) must be above 0")
        require(0 <= self.final_share <= 1, f"gpt final_share ({self.final_share}) must be between 0 and 1")


def windows(sequences: Sequence[Sequence[int]], window: int, stride: int) -> NDArray[np.int64]:
    """``(N, window + 1)`` ids: inputs and, one place on, targets; ``IGNORED`` behind the end.

    Every sequence is put between BOS and EOS. Windows begin every ``stride`` tokens; the last one ends with EOS.

    Raises:
        DataError: A sequence is empty, or there are none.
    """
    require(len(sequences) > 0 and all(sequences), "gpt got an empty corpus or sequence to learn from", DataError)
    rows: list[list[int]] = []
    for sequence in sequences:
        ids = [BOS, *sequence, EOS]
        last = max(0, len(ids) - window - 1)
        starts = [*range(0, last, stride), last]
        rows += [ids[start : start + window + 1] for start in starts]
    return np.array([[*row, *[IGNORED] * (window + 1 - len(row))] for row in rows], dtype=np.int64)


@one_thread()
def train_gpt(network: Gpt2, rows: NDArray[np.int64], recipe: GptRecipe, seed: int) -> list[float]:
    """Train in place; a function of weights, rows, recipe and seed, to the bit on one type of CPU.

    Args:
        network: What learns.
        rows: ``(N, window + 1)`` as ``windows`` gives them.
        recipe: How.
        seed: Of the order of the rows and of drop-out.

    Returns:
        The mean loss of each epoch, in nats a token.
    """
    width = int((rows != IGNORED).sum(1).max())  # short sequences need no whole window
    data = torch.from_numpy(rows[:, :width])
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, fused=True)
    steps = max(1, recipe.epochs * -(-len(data) // recipe.batch_size))
    rate = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, recipe.final_share, steps)
    streams = Streams(seed, "gpt")
    losses: list[float] = []
    network.train()
    for epoch in range(recipe.epochs):
        rng = streams.fresh(epoch)
        order = torch.from_numpy(rng.permutation(len(data)))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**62)))
            total = sum(_step(network, data[batch], optimizer, rate) for batch in order.split(recipe.batch_size))
        losses.append(float(total) / len(data))
    network.eval()
    return losses


def _step(
    network: nn.Module,
    rows: torch.Tensor,
    optimizer: torch.optim.Optimizer,
    rate: torch.optim.lr_scheduler.LRScheduler,
) -> float:
    """One update; the mean loss of the batch times its rows."""
    logits = network(rows[:, :-1].clamp(min=0))
    loss = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), ignore_index=IGNORED)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    rate.step()
    return float(loss.detach()) * len(rows)
