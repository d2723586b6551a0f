"""digits201: how a cell is measured. Change one line here and it is another benchmark."""

import time
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.data.image_sets.digits import Digits
from nasray.models.build import build, count_parameters
from nasray.models.recipe import Recipe
from nasray.models.trainer import Examples, Trainer
from nasray.spaces.nasbench201 import N_OPERATORS, NasBench201

SPACE = NasBench201(channels=8, cells_per_stage=1)
DIGITS = Digits(n_train=200, n_valid=1000, seed=0)
RECIPE = Recipe(
    epochs=4,
    batch_size=32,
    optimizer="sgd",
    learning_rate=0.2,
    momentum=0.9,
    weight_decay=0.0005,
    schedule="cosine",
    warmup_epochs=0,
    label_smoothing=0.1,
    augmentation=[],
    mixed_precision=False,
)
SCORED_AT_ONCE = 400
"""Images: the fastest on the machine that measured."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What is known after an epoch.

    Attributes:
        correct: Images classified rightly, of VALID and of TEST.
        log_loss: Mean over VALID and over TEST, in nats.
        seconds: CPU time from the plan to here, scoring left out.
    """

    correct: tuple[int, int]
    log_loss: tuple[float, float]
    seconds: float


class Measurer:
    """Trains cells, one after the other, and scores them after every epoch."""

    def __init__(self) -> None:
        """Load the images."""
        images = DIGITS.load()
        self._shape, self._n_classes = images.input_shape, images.n_classes
        self._train, valid, test = (
            (torch.from_numpy(part.x), torch.from_numpy(part.y)) for part in (images.train, images.valid, images.test)
        )
        self._seen: Examples = torch.cat([valid[0], test[0]]), torch.cat([valid[1], test[1]])
        self._sizes = [len(valid[1]), len(test[1])]

    def measure(self, cell: Architecture, seed: int) -> tuple[int, list[Epoch]]:
        """Trainable weights, and what is known after each epoch; a function of cell and seed alone.

        Raises:
            FloatingPointError: The training loss is not finite.
        """
        seconds, started = 0.0, time.process_time()
        trainer, epochs = self._trainer(cell, seed), list[Epoch]()
        for epoch in range(1, RECIPE.epochs + 1):
            trainer.run_to(epoch)
            seconds += time.process_time() - started
            epochs.append(Epoch(*self._scores(trainer.module), round(seconds, 4)))
            started = time.process_time()
        return count_parameters(trainer.module), epochs

    def _trainer(self, cell: Architecture, seed: int) -> Trainer:
        weights_seed, order_seed = Streams(seed, "digits201").at(number(cell)).integers(2**63, size=2).tolist()
        plan = SPACE.plan(cell, self._shape, self._n_classes)
        # Channels last: half the time on a CPU, most of it saved in the means over windows.
        module = build(plan, torch.Generator().manual_seed(weights_seed)).to(memory_format=torch.channels_last)
        return Trainer(module, self._train, self._train, RECIPE, order_seed, report_every_epochs=0)

    @torch.inference_mode()
    def _scores(self, module: torch.nn.Module) -> tuple[tuple[int, int], tuple[float, float]]:
        module.eval()
        logits = torch.cat([module(x_BCHW) for x_BCHW in self._seen[0].split(SCORED_AT_ONCE)])
        labels = self._seen[1]
        right = (logits.argmax(1) == labels).split(self._sizes)
        losses = F.cross_entropy(logits, labels, reduction="none").double().split(self._sizes)
        (valid, test), (valid_loss, test_loss) = map(torch.Tensor.sum, right), map(torch.Tensor.mean, losses)
        return (int(valid), int(test)), (round(float(valid_loss), 5), round(float(test_loss), 5))


def distinct_cells() -> list[Architecture]:
    """One cell for each of the benchmark's 6,466 unique strings, in enumeration order."""
    return list(dict.fromkeys(SPACE.canonical(cell) for cell in SPACE.enumerate()))


def number(cell: Architecture) -> int:
    """The place of a cell among all 15,625, which names its random numbers."""
    place = 0
    for gene in cell.genes:
        place = place * N_OPERATORS + gene
    return place
