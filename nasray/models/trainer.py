"""Training of any image classifier, stoppable after any epoch and continued bit for bit elsewhere."""

import math
from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nasray.core.errors import require
from nasray.core.seeds import Streams
from nasray.models.augmentation import augment
from nasray.models.recipe import Recipe

Examples = tuple[Tensor, Tensor]
"""``(B, C, H, W)`` float32 images and ``(B,)`` int64 labels, on the device that trains."""

_SCORED_AT_ONCE = 500


def make_optimizer(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer of a recipe; fused, which takes a third of the time for the many small tensors of a cell.

    It knows the weights that need gradients, and no others.
    """
    weights = [weight for weight in module.parameters() if weight.requires_grad]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(
            weights,
            lr=recipe.learning_rate,
            betas=(recipe.momentum, 0.999),
            weight_decay=recipe.weight_decay,
            fused=True,
        )
    return torch.optim.SGD(
        weights,
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=recipe.momentum > 0,
        fused=True,
    )


class Trainer:
    """Trains one module.

    Lifecycle: ``run_to`` any number of times with growing epochs; ``state`` between two of them; ``load`` into a
    Trainer made from the same arguments makes it the one whose state it was. What an epoch draws depends on (seed,
    epoch) alone, so no generator's state needs keeping.

    Args:
        module: Gives ``(B, n_classes)`` logits; trained in place, on the device of the examples.
        train: What it learns from, at least 2 images.
        valid: What it is scored on.
        recipe: How.
        seed: Names the order of the images and what augmentation and drop-out draw.
        report_every_epochs: Score VALID after every so many epochs; 0 for never.

    Attributes:
        epoch: Epochs trained so far.
        curve: ``(epoch, VALID accuracy in percent)`` of the reported epochs.

    Raises:
        ConfigError: Mixed precision was asked for on a CPU, or there are fewer than 2 training images.
    """

    def __init__(
        self, module: nn.Module, train: Examples, valid: Examples, recipe: Recipe, seed: int, report_every_epochs: int
    ) -> None:
        self.device = train[0].device
        require(len(train[0]) >= 2, f"training got {len(train[0])} images; batch norm needs at least 2: raise n_train")
        require(
            self.device.type == "cuda" or not recipe.mixed_precision,
            f"recipe.mixed_precision got device {self.device.type}; it works on CUDA only: "
            "set recipe.mixed_precision=false or train on a GPU",
        )
        self.module = module.to(self.device)
        self.recipe = recipe
        self.epoch = 0
        self.curve: list[tuple[int, float]] = []
        self._train, self._valid = train, valid
        self._streams = Streams(seed, "epochs")
        self._report_every = report_every_epochs
        self._optimizer = make_optimizer(self.module, recipe)
        self._scaler = torch.amp.GradScaler("cuda", enabled=recipe.mixed_precision)

    def run_to(self, epoch: int) -> None:
        """Train until ``epoch`` epochs are done, reporting on the way.

        Raises:
            FloatingPointError: The loss or the logits are not finite any more.
        """
        while self.epoch < epoch:
            self._train_one_epoch()
            if self._report_every and self.epoch % self._report_every == 0:
                self.report()

    def report(self) -> float:
        """The VALID accuracy now, in percent; computed and added to the curve once an epoch.

        Raises:
            FloatingPointError: A logit is not finite.
        """
        if not self.curve or self.curve[-1][0] != self.epoch:
            self.curve.append((self.epoch, self.accuracy(self._valid)))
        return self.curve[-1][1]

    @torch.no_grad()
    def accuracy(self, examples: Examples) -> float:
        """Share of ``examples`` whose largest logit is their label's, in percent.

        Raises:
            FloatingPointError: A logit is not finite.
        """
        self.module.eval()
        correct = torch.zeros((), dtype=torch.int64, device=self.device)
        finite = torch.ones((), dtype=torch.bool, device=self.device)
        for x_BCHW, y_B in zip(*(part.split(_SCORED_AT_ONCE) for part in examples), strict=True):  # noqa: N806
            with self._autocast():
                logits = self.module(x_BCHW)
            correct += (logits.argmax(1) == y_B).sum()
            finite &= logits.isfinite().all()
        if not finite:
            raise FloatingPointError(f"the network's logits are not finite after epoch {self.epoch}")
        return 100.0 * int(correct) / len(examples[1])

    def state(self) -> dict[str, Tensor]:
        """All that ``load`` needs, as copies on the CPU: weights, optimizer, loss scale, epoch and curve."""
        tensors = {f"module.{name}": tensor for name, tensor in self.module.state_dict().items()}
        for index, moments in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items() if value is not None}
        if self._scaler.is_enabled():
            scaler = self._scaler.state_dict()
            tensors["scaler"] = torch.tensor([scaler["scale"], scaler["_growth_tracker"]], dtype=torch.float64)
        tensors["epoch"] = torch.tensor(self.epoch)
        tensors["curve"] = torch.tensor(self.curve, dtype=torch.float64).reshape(-1, 2)
        return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Continue where the Trainer that gave ``state`` stood."""
        prefix = "module."
        self.module.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in state.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".")
                moments.setdefault(int(index), {})[name] = value.clone()
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": moments, "param_groups": groups})
        if self._scaler.is_enabled():
            scale, growth = state["scaler"].tolist()
            self._scaler.load_state_dict({**self._scaler.state_dict(), "scale": scale, "_growth_tracker": int(growth)})
        self.epoch = int(state["epoch"])
        self.curve = [(int(epoch), value) for epoch, value in state["curve"].tolist()]

    def _autocast(self) -> torch.autocast | nullcontext[None]:
        return torch.autocast("cuda", torch.float16) if self.recipe.mixed_precision else nullcontext()

    def _batches(self, rng: np.random.Generator) -> list[Tensor]:
        """Indices of a shuffled epoch; the last batch may be short, and is left out when it is a single image."""
        order = torch.from_numpy(rng.permutation(len(self._train[0]))).to(self.device)
        return [batch for batch in order.split(self.recipe.batch_size) if len(batch) > 1]

    def _train_one_epoch(self) -> None:
        rng = self._streams.fresh(self.epoch)
        batches = self._batches(rng)
        self.module.train()
        total = torch.zeros((), device=self.device)
        # Drop-out draws from torch's global stream: seeded an epoch at a time, and given back as it was.
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(int(rng.integers(2**62)))
            for number, batch in enumerate(batches):
                rate = self.recipe.rate(self.epoch + (number + 0.5) / len(batches))
                total += self._step(self._train[0][batch], self._train[1][batch], rate, rng)
        self.epoch += 1
        if not math.isfinite(float(total)):
            raise FloatingPointError(f"the training loss is not finite in epoch {self.epoch}")

    def _step(self, x_BCHW: Tensor, y_B: Tensor, rate: float, rng: np.random.Generator) -> Tensor:  # noqa: N803
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with self._autocast():
            logits = self.module(augment(x_BCHW, self.recipe.augmentation, rng))
            loss = F.cross_entropy(logits, y_B, label_smoothing=self.recipe.label_smoothing)
        self._optimizer.zero_grad()
        self._scaler.scale(loss).backward()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return loss.detach()
