"""A network of fully connected layers for regression, and how it is trained."""

import copy
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from nasray.core.errors import require
from nasray.models.one_thread import one_thread

CHECK_EVERY = 25
"""Steps between two looks at the held-out rows."""

HELD_OUT = 0.1
"""Share of the rows that decide when to stop."""


@dataclass(frozen=True, kw_only=True)
class MlpRecipe:
    """How a network is built and trained: Adam on the mean squared error.

    Attributes:
        width: Units of a hidden layer.
        depth: Hidden layers.
        steps: Most steps.
        batch_size: Rows of a step.
        learning_rate: Of Adam.
        standardise: Whether targets are scaled to mean 0 and spread 1 before they are fitted.
        patience: Checks without progress on held-out rows, 25 steps apart, before training stops and goes back to the
            best weights; None to hold nothing out and to take every step.

    Raises:
        ConfigError: An impossible number.
    """

    width: int
    depth: int
    steps: int
    batch_size: int
    learning_rate: float
    standardise: bool
    patience: int | None

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        for name in ("width", "depth", "steps", "batch_size"):
            require(getattr(self, name) >= 1, f"mlp {name} ({getattr(self, name)}) must be at least 1")
        require(self.learning_rate > 0, f"mlp learning_rate ({self.learning_rate}) must be above 0")
        require(
            self.patience is None or self.patience >= 1,
            f"mlp patience ({self.patience}) must be at least 1, or null to take every step",
        )


class Mlp(nn.Module):
    """Linear layers with rectifiers between them, and the scale of its targets.

    Args:
        n_features: F, length of an input.
        recipe: Width and depth.
        rng: Draws the initial weights, as torch does for a linear layer.
    """

    offset: Tensor
    scale: Tensor

    def __init__(self, n_features: int, recipe: MlpRecipe, rng: torch.Generator) -> None:
        """Draw the weights."""
        super().__init__()
        sizes = [n_features, *[recipe.width] * recipe.depth, 1]
        self.layers = nn.ModuleList(nn.Linear(one, other) for one, other in pairwise(sizes))
        with torch.no_grad():
            for layer in self.layers:
                assert isinstance(layer, nn.Linear)
                bound = layer.in_features**-0.5
                layer.weight.uniform_(-bound, bound, generator=rng)
                layer.bias.uniform_(-bound, bound, generator=rng)
        self.register_buffer("offset", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    def forward(self, x_AF: Tensor) -> Tensor:  # noqa: N803 -- the suffix names the axes
        """``(A,)`` predictions in units of the scale."""
        for layer in self.layers[:-1]:
            x_AF = torch.relu(layer(x_AF))  # noqa: N806
        return self.layers[-1](x_AF)[:, 0]

    @torch.no_grad()
    def predict(self, x_AF: Tensor) -> Tensor:  # noqa: N803
        """``(A,)`` predictions in the targets' unit."""
        return self(x_AF) * self.scale + self.offset


@one_thread()
def train_mlp(recipe: MlpRecipe, x_AF: Tensor, y_A: Tensor, seed: int) -> Mlp:  # noqa: N803
    """A trained network in evaluation mode; the same bits for the same arguments on one kind of CPU.

    Args:
        recipe: How.
        x_AF: ``(A, F)`` inputs, float32.
        y_A: ``(A,)`` finite targets, float32.
        seed: Of the initial weights, the held-out rows and the batches.
    """
    rng = torch.Generator().manual_seed(seed)
    model = Mlp(x_AF.shape[1], recipe, rng)
    if recipe.standardise:
        model.offset.copy_(y_A.mean())
        model.scale.copy_(y_A.std(unbiased=False).clamp(min=1e-6))
    targets = (y_A - model.offset) / model.scale
    order = torch.randperm(len(y_A), generator=rng)
    n_held = 0 if recipe.patience is None else int(HELD_OUT * len(y_A))
    held, taught = order[:n_held], order[n_held:]
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    best, best_loss, checks = copy.deepcopy(model.state_dict()), torch.inf, 0
    for step in range(1, recipe.steps + 1):
        rows = taught[torch.randint(len(taught), (min(recipe.batch_size, len(taught)),), generator=rng)]
        optimiser.zero_grad()
        nn.functional.mse_loss(model(x_AF[rows]), targets[rows]).backward()
        optimiser.step()
        if n_held and step % CHECK_EVERY == 0:
            loss = _loss(model, x_AF[held], targets[held])
            checks = 0 if loss < best_loss else checks + 1
            if checks == 0:
                best, best_loss = copy.deepcopy(model.state_dict()), loss
            elif checks == recipe.patience:
                break
    if best_loss < torch.inf:
        model.load_state_dict(best)
    return model.eval()


@torch.no_grad()
def _loss(model: Mlp, x_AF: Tensor, y_A: Tensor) -> float:  # noqa: N803
    return float(nn.functional.mse_loss(model(x_AF), y_A))
