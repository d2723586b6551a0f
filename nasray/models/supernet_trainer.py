"""Training of a supernet, stoppable after any update and continued bit for bit elsewhere."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from nasray.core.errors import NotFinite, require
from nasray.core.seeds import Streams
from nasray.models.hat_dimensions import HatDimensions
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import PAD
from nasray.models.supernet_batches import Batch, Batches
from nasray.models.supernet_members import Members
from nasray.models.supernet_recipe import SupernetRecipe

_BETAS = (0.9, 0.98)


class SupernetTrainer:
    """Trains the weights that members share; with a single member, that network alone.

    Lifecycle: ``run_to`` any number of times with growing updates; ``state`` between two of them; ``load`` into a
    trainer made from the same arguments makes it the one whose state it was. What an update draws depends on (seed,
    update) alone, and the order of the pairs on (seed, epoch), so no generator's state needs keeping.

    Args:
        supernet: Trained in place, on its device.
        batches: What it learns from.
        recipe: How.
        members: Draws the members of an update; their gradients are summed, and divided by their number.
        seed: Names the order of the pairs, the members and what drop-out draws.

    Attributes:
        update: Updates done so far.
        loss: Mean smoothed loss of the last update, in nats a token; NaN before the first.

    Raises:
        ConfigError: Mixed precision was asked for on a CPU.
    """

    def __init__(
        self, supernet: HatSupernet, batches: Batches, recipe: SupernetRecipe, members: Members, seed: int
    ) -> None:
        self.supernet = supernet
        self.recipe = recipe
        self.update = 0
        self.loss = float("nan")
        self._device = next(supernet.parameters()).device
        require(
            self._device.type == "cuda" or not recipe.mixed_precision,
            f"recipe.mixed_precision got device {self._device.type}; it works on CUDA only: set it to false",
        )
        self._batches, self._members = batches, members
        self._updates, self._epochs = Streams(seed, "updates"), Streams(seed, "epochs")
        self._epoch, self._order = -1, list[NDArray[np.int64]]()
        self._optimizer = torch.optim.Adam(supernet.parameters(), lr=recipe.learning_rate, betas=_BETAS, fused=True)

    def run_to(self, update: int) -> None:
        """Train until ``update`` updates are done.

        Raises:
            NotFinite: The loss is not finite any more.
        """
        self.supernet.train()
        while self.update < update:
            self._train_once()
        self.supernet.eval()

    def state(self) -> dict[str, Tensor]:
        """All that ``load`` needs, as copies on the CPU; ``epoch`` counts updates, for ``Checkpoints``."""
        tensors = {f"weights.{name}": weight for name, weight in self.supernet.state_dict().items()}
        for index, moments in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
        tensors["epoch"] = torch.tensor(self.update)
        return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Continue where the trainer that gave ``state`` stood."""
        self.supernet.load_state_dict(weights_of(state))
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in state.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".")
                moments.setdefault(int(index), {})[name] = value.clone()
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self.update = int(state["epoch"])

    def _train_once(self) -> None:
        rng = self._updates.fresh(self.update)
        for group in self._optimizer.param_groups:
            group["lr"] = self.recipe.rate(self.update)
        members = self._members(rng)
        batches = [self._batch(self.update * self.recipe.accumulate + n) for n in range(self.recipe.accumulate)]
        n_tokens = sum(int((batch.answer != PAD).sum()) for batch in batches) * len(members)
        self._optimizer.zero_grad()
        total = torch.zeros((), device=self._device)
        # Drop-out draws from torch's global stream: seeded an update at a time, and given back as it was.
        with torch.random.fork_rng(devices=[self._device] if self._device.type == "cuda" else []):
            torch.manual_seed(int(rng.integers(2**62)))
            for batch in batches:
                for member in members:
                    loss = self._loss(member, batch) / n_tokens
                    loss.backward()
                    total += loss.detach()
        if self.recipe.clip_norm:
            torch.nn.utils.clip_grad_norm_(self.supernet.parameters(), self.recipe.clip_norm)
        self._optimizer.step()
        self.update += 1
        self.loss = float(total)
        require(self.loss - self.loss == 0, f"the training loss is {self.loss} in update {self.update}", NotFinite)

    def _loss(self, member: HatDimensions, batch: Batch) -> Tensor:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.recipe.mixed_precision):
            logits = self.supernet(member, batch.source, batch.prompt)
        return F.cross_entropy(
            logits.float().flatten(0, 1),
            batch.answer.flatten(),
            ignore_index=PAD,
            reduction="sum",
            label_smoothing=self.recipe.label_smoothing,
        )

    def _batch(self, number: int) -> Batch:
        """Batch ``number`` of the training; every epoch has as many, since lengths alone decide where to cut."""
        if not self._order:
            self._order = self._batches.shuffled(self._epochs.fresh(0))
            self._epoch = 0
        epoch, place = divmod(number, len(self._order))
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._batches.shuffled(self._epochs.fresh(epoch))
        return self._batches.batch(self._order[place]).to(self._device)


def weights_of(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a supernet in the state of its training."""
    prefix = "weights."
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
