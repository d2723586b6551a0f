"""Trains a graph network on architectures of several sources."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from nasray.core.errors import DataError, require
from nasray.models.data_flow import DataFlow
from nasray.models.gcn import Gcn, GcnShape
from nasray.models.one_thread import one_thread
from nasray.models.ranking_loss import LOSSES


@dataclass(frozen=True, kw_only=True)
class GcnRecipe:
    """How a network is trained.

    Attributes:
        epochs: Passes over the data; 100 in the released code.
        batch_size: Graphs of one source in a batch, at most; 128 in the released code.
        learning_rate: Of AdamW; it falls to 0 along half a cosine. The released code divides it by 10 every 40 epochs.
        weight_decay: Of AdamW; 0.01 in the released code.
        loss: ``mse`` as in the paper, ``pairwise`` or ``listwise``.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    loss: Literal["mse", "pairwise", "listwise"]

    def __post_init__(self) -> None:
        """Refuse impossible numbers.

        Raises:
            ConfigError: One is.
        """
        require(self.epochs >= 1, f"gcn epochs ({self.epochs}) must be at least 1")
        require(self.batch_size >= 2, f"gcn batch_size ({self.batch_size}) must be at least 2")
        require(self.learning_rate > 0, f"gcn learning_rate ({self.learning_rate}) must be above 0")
        require(self.weight_decay >= 0, f"gcn weight_decay ({self.weight_decay}) must not be negative")
        require(self.loss in LOSSES, f"gcn loss ({self.loss!r}) must be one of {', '.join(LOSSES)}")


@dataclass(frozen=True, kw_only=True)
class LabelledGraphs:
    """Graphs of one source: one space, one task, one schedule.

    Attributes:
        flow: A graphs.
        table: ``(K, D)`` embeddings of their operators.
        labels: ``(A,)`` of any unit; higher is better.
        columns: ``(A, C)`` further inputs, None for none.
        weight: How often it is drawn: batches an epoch are ``weight`` times those that show every graph once.
    """

    flow: DataFlow
    table: Tensor
    labels: Tensor
    columns: Tensor | None
    weight: float

    def __post_init__(self) -> None:
        """Refuse labels that no network can learn.

        Raises:
            DataError: There are none, their number differs, or one is not finite.
        """
        n = len(self.flow.mixture)
        require(
            n > 0 and self.labels.shape == (n,),
            f"gcn got {n} graphs and labels of shape {tuple(self.labels.shape)}; give one label a graph",
            DataError,
        )
        require(
            bool(torch.isfinite(self.labels).all()),
            "gcn got labels that are NaN or infinite; leave failed architectures out",
            DataError,
        )

    def standardised(self) -> Tensor:
        """``(A,)`` labels of mean 0 and spread 1, so that sources of different units can be mixed."""
        return (self.labels - self.labels.mean()) / self.labels.std(unbiased=False).clamp(min=1e-9)


@one_thread()
def train_gcn(
    shape: GcnShape, recipe: GcnRecipe, sources: Sequence[LabelledGraphs], seed: int, restrict: bool = True
) -> Gcn:
    """A trained network in evaluation mode; the same bits for the same arguments on one kind of CPU.

    Args:
        shape: How it is built.
        recipe: How it is trained.
        sources: What it learns from; batches never mix them.
        seed: Of the initial weights, the order of batches and dropout.
        restrict: Whether at least two labels of each source must differ; a network that learnt from equal labels alone
            gives 0 to everything.

    Raises:
        DataError: There is no source, or all labels of one are equal.
    """
    require(len(sources) > 0, "gcn got no source to learn from; give it at least one table", DataError)
    for source in sources if restrict else ():
        require(
            len(source.labels.unique()) >= 2,
            f"gcn got {len(source.labels)} labels that are all equal; nothing can be learnt from fewer than 2 distinct",
            DataError,
        )
    rng = torch.Generator().manual_seed(seed)
    n_columns = 0 if sources[0].columns is None else sources[0].columns.shape[1]
    model = Gcn(shape, sources[0].table.shape[1], n_columns, rng)
    labels = [source.standardised() for source in sources]
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    batches = [[*_batches(sources, recipe.batch_size, rng)] for _ in range(recipe.epochs)]
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, sum(map(len, batches))))
    loss_of = LOSSES[recipe.loss]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # dropout draws from the global stream, which is given back
        for number, rows in (batch for epoch in batches for batch in epoch):
            source = sources[number]
            columns = None if source.columns is None else source.columns[rows]
            scores = model(source.flow.mixture[rows], source.flow.adjacency[rows], source.table, columns)
            optimiser.zero_grad()
            loss_of(scores, labels[number][rows]).backward()
            optimiser.step()
            schedule.step()
    return _standardised(model.eval(), sources)


@torch.no_grad()
def _standardised(model: Gcn, sources: Sequence[LabelledGraphs]) -> Gcn:
    """The network with its head scaled so that its scores of what it learnt have mean 0 and spread 1.

    Losses on pairs and lists leave the scale open, and members of an ensemble must agree on one.
    """
    if all(len(one.labels.unique()) < 2 for one in sources):
        model.head.zero_()  # what it says of others would be noise that looks like an order
        model.offset.zero_()
        return model
    scores = torch.cat([model(one.flow.mixture, one.flow.adjacency, one.table, one.columns) for one in sources])
    spread = scores.std(unbiased=False).clamp(min=1e-3)  # a constant network stays one
    model.head.div_(spread)
    model.offset.copy_((model.offset - scores.mean()) / spread)
    return model


def _batches(sources: Sequence[LabelledGraphs], batch_size: int, rng: torch.Generator) -> Iterator[tuple[int, Tensor]]:
    """(number of a source, rows of it) in random order, for one epoch."""
    drawn: list[tuple[int, Tensor]] = []
    for number, source in enumerate(sources):
        n = len(source.labels)
        wanted = max(1, round(source.weight * n))
        order = torch.cat([torch.randperm(n, generator=rng) for _ in range(-(-wanted // n))])[:wanted]
        pieces = order.tensor_split(-(-wanted // batch_size))
        drawn += [(number, piece) for piece in pieces]
    return (drawn[index] for index in torch.randperm(len(drawn), generator=rng).tolist())
