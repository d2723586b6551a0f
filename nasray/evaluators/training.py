"""Measures an architecture by training it."""

import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import torch

from nasray.core.blob_store import BlobStore
from nasray.core.errors import CapabilityError, DataError, RecordError, require
from nasray.core.image_set import Images, ImageSet, ImageSource
from nasray.core.measurement import Cost, Measurement, TestScore
from nasray.core.network_plan import NetworkPlan
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import ModuleView, SearchSpace, need
from nasray.models.acceleration import Acceleration
from nasray.models.build import build
from nasray.models.checkpoint_name import CheckpointName, digest
from nasray.models.checkpoints import Checkpoints, Kept
from nasray.models.freezing import freeze
from nasray.models.inheritance import inherit, layer_labels
from nasray.models.multiply_adds import count_multiply_adds
from nasray.models.recipe import Recipe
from nasray.models.supernet_text import TextSource
from nasray.models.trainer import Examples, Trainer


@contextmanager
def _torch_set_up(threads: int) -> Iterator[None]:
    """Torch as this evaluator needs it, and afterwards as it was; the thread count decides the last bits of a sum."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
            yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True, slots=True)
class _Trained:
    """A training at its end.

    Attributes:
        trainer: It.
        shares: ``inherited_share`` of the weights, where some were to be; ``trained_share``, where not all were to be.
    """

    trainer: Trainer
    shares: dict[str, float]


@dataclass(kw_only=True)
class Training:
    """Builds the network of an architecture, trains it on TRAIN and scores it on VALID.

    Weights, image order and augmentation come from the stream of the proposal's slot alone. On one kind of CPU and
    one torch thread the same proposal gives the same bits in any process, whether or not it was interrupted.

    A proposal that continues a slot draws from that slot's stream, so that its numbers are those of one uninterrupted
    training, from a kept state or from the beginning. One that inherits begins with its parent's weights wherever they
    fit (``models.inheritance`` has the rule) and with a fresh optimizer and schedule; the column ``inherited_share``
    says how much of the network that was.

    With an acceleration only a part of the weights is trained (column ``trained_share``), and ``test`` trains the
    network once more, from fresh weights and all of them.

    Attributes:
        space: Must offer ModuleView.
        images: What is learnt; loaded at the first evaluation, once a process.
        recipe: How it is learnt. A proposal's fidelity stops the recipe's schedule after fewer epochs.
        acceleration: Which weights are trained, and how the winner is in the end; None for all, once.
        device: ``auto`` takes a GPU where there is one.
        torch_threads: Threads of one evaluation.
        report_every_epochs: Score VALID after every so many epochs for the curve; 0 for the end only.
        checkpoint_every_epochs: Keep the training's state after every so many epochs, so that another worker
            continues it; 0 for never.
        keep_weights: Keep the trained state, so that ``test`` need not train again, and that others may continue it
            and inherit from it.
        store: Where states are kept.
        checkpoint_folder: Where one small file a training says which blob of ``store`` is its latest.
        columns: What is measured besides: trainable weights, and multiply-adds for one image (half of what is counted
            as FLOPs where a multiplication and an addition are two).

    Raises:
        CapabilityError: The space cannot be built as networks, or the data set is text.
        ConfigError: An impossible value, or states to keep and no place for them.
    """

    space: SearchSpace
    images: ImageSource
    recipe: Recipe
    acceleration: Acceleration | None
    device: Literal["auto", "cpu", "cuda"]
    torch_threads: int
    report_every_epochs: int
    checkpoint_every_epochs: int
    keep_weights: bool
    store: BlobStore | None
    checkpoint_folder: str | Path | None
    metric: str = field(default="valid accuracy (%)", init=False)
    chunk_size: int = field(default=1, init=False)
    columns: tuple[str, ...] = field(default=("parameters", "flops"), init=False)

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        self._networks = need(self.space, ModuleView, "evaluator training")
        require(
            not isinstance(self.images, TextSource),
            f"evaluator training learns from images, but {type(self.images).__name__} has sentences; choose "
            "dataset=digits, or evaluator=translation_training with space=hat_small",
            CapabilityError,
        )
        for name, least in (("torch_threads", 1), ("report_every_epochs", 0), ("checkpoint_every_epochs", 0)):
            value = getattr(self, name)
            require(value >= least, f"training.{name} ({value}) must be at least {least}")
        require(
            self.device in ("auto", "cpu", "cuda"), f"training.device ({self.device!r}) must be one of auto, cpu, cuda"
        )
        keeps = self.checkpoint_every_epochs > 0 or self.keep_weights
        require(
            not keeps or (self.store is not None and self.checkpoint_folder is not None),
            "training.checkpoint_every_epochs and training.keep_weights need a store and a checkpoint_folder, got "
            "none; give both, or set checkpoint_every_epochs=0 and keep_weights=false",
        )

    @property
    def efforts(self) -> range:
        """Epochs that a proposal may ask for: the recipe's schedule may stop after each."""
        return range(1, self.recipe.epochs + 1)

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """Train each proposal's network; one VALID measurement each.

        Raises:
            FloatingPointError: The loss or the logits are not finite.
            torch.cuda.OutOfMemoryError: The network does not fit the GPU.
            ConfigError: A fidelity longer than the recipe, or a plan that cannot be built.
            CapabilityError: Only predicted units are to be trained, and the plan does not say which layers are theirs.
            DataError: The weights to be inherited are not there.
        """
        return [self._evaluate(proposal, streams) for proposal in proposals]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """Score TEST with the network that ``evaluate`` trained: its kept weights, or the same training again.

        With an acceleration, which trains for the ranking alone: with that network, retrained as it says.
        """
        if self.acceleration is not None:
            whole = replace(self, recipe=self.acceleration.retraining, acceleration=None)
            fresh = proposal._replace(fidelity=None, continues=None, inherits=None, predicted=())
            return whole.test(fresh, streams)
        started = time.perf_counter()
        with _torch_set_up(self.torch_threads):
            value = self._trained(proposal, streams).trainer.accuracy(self._on_device(self._image_set.test))
        return TestScore(value, Cost(wall_seconds=time.perf_counter() - started))

    def _evaluate(self, proposal: Proposal, streams: Streams) -> Measurement:
        started = time.perf_counter()
        with _torch_set_up(self.torch_threads):
            trained = self._trained(proposal, streams)
            trainer, value = trained.trainer, trained.trainer.report()
            columns = {
                "parameters": float(sum(weight.numel() for weight in trainer.module.parameters())),
                "flops": float(count_multiply_adds(trainer.module, self._image_set.input_shape)),
            }
        return Measurement(
            value=value,
            cost=Cost(wall_seconds=time.perf_counter() - started),
            curve=tuple(trainer.curve),
            columns={**columns, **trained.shares},
            host=platform.node(),
        )

    def _trained(self, proposal: Proposal, streams: Streams) -> _Trained:
        """The training of a proposal at its end, continued from the latest kept state where there is one."""
        epochs = self._epochs(proposal)
        images = self._image_set
        plan = self._networks.plan(proposal.architecture, images.input_shape, images.n_classes)
        name = self._name(proposal, plan, streams)
        rng = streams.fresh(name.origin)
        weights_seed, order_seed = (int(seed) for seed in rng.integers(2**63, size=2))
        module = build(plan, torch.Generator().manual_seed(weights_seed))
        kept = self._checkpoints.latest(name, epochs) if self._checkpoints else None
        share = kept.inherited_share if kept else self._inherit(module, plan, proposal, name)
        shares = {} if share is None else {"inherited_share": share}
        if self.acceleration is not None:
            shares["trained_share"] = freeze(module, plan, proposal.predicted, self.acceleration.mode)
        trainer = Trainer(module, *self._learnt_and_seen, self.recipe, order_seed, self.report_every_epochs)
        if kept:
            trainer.load(kept.state)
        self._run(trainer, epochs, name, plan, share)
        return _Trained(trainer, shares)

    def _run(self, trainer: Trainer, epochs: int, name: CheckpointName, plan: NetworkPlan, share: float | None) -> None:
        """Train to the end, keeping states as configured."""
        begun, every = trainer.epoch, self.checkpoint_every_epochs
        stops = set(range(every, epochs, every)) if every else set[int]()
        if self.keep_weights:
            stops.add(epochs)
        labels = layer_labels(plan) if stops else ()
        for stop in sorted(stop for stop in stops if stop > begun):
            trainer.run_to(stop)
            if self._checkpoints:
                self._checkpoints.save(name, Kept(state=trainer.state(), layers=labels, inherited_share=share))
        trainer.run_to(epochs)

    def _inherit(
        self, module: torch.nn.Module, plan: NetworkPlan, proposal: Proposal, name: CheckpointName
    ) -> float | None:
        """Begin with the parent's weights, if there is a parent.

        Raises:
            DataError: They are not there. That is not the candidate's fault, so it must not become its Failure.
        """
        if proposal.inherits is None:
            return None
        who = f"slot {proposal.slot} inherits the weights of slot {proposal.inherits}"
        require(self._checkpoints is not None, f"{who}, but none are kept: set evaluator.keep_weights=true", DataError)
        assert self._checkpoints is not None
        try:
            parent = self._checkpoints.of_slot(proposal.inherits, name.family)
        except RecordError as error:
            raise DataError(f"{who}, which cannot be read: {error}") from error
        if parent is None:
            raise DataError(
                f"{who}, but {self._checkpoints.folder} has none: set evaluator.keep_weights=true, and keep the run's "
                "folder on storage that all workers share; then resume the run"
            )
        prefix = "module."
        tensors = {key.removeprefix(prefix): value for key, value in parent.state.items() if key.startswith(prefix)}
        return inherit(module, plan, tensors, parent.layers)

    def _name(self, proposal: Proposal, plan: NetworkPlan, streams: Streams) -> CheckpointName:
        accelerated = () if self.acceleration is None else (self.acceleration.mode, proposal.predicted)
        return CheckpointName(
            slot=proposal.slot,
            origin=proposal.slot if proposal.continues is None else proposal.continues,
            family=digest(self.recipe, self.images, streams.seed, streams.part, self.report_every_epochs),
            network=digest(plan, proposal.inherits, *accelerated),
        )

    def _epochs(self, proposal: Proposal) -> int:
        if proposal.fidelity is None:
            return self.recipe.epochs
        require(
            proposal.fidelity.epochs <= self.recipe.epochs,
            f"slot {proposal.slot} asks for {proposal.fidelity.epochs} epochs; the recipe's schedule has "
            f"{self.recipe.epochs}: raise recipe.epochs or lower the fidelity",
        )
        return proposal.fidelity.epochs

    @cached_property
    def _device(self) -> torch.device:
        present = torch.cuda.is_available()
        require(
            present or self.device != "cuda",
            "training.device got cuda, but torch sees no GPU here; set device=cpu, or auto to use one where it is",
        )
        return torch.device("cuda" if present and self.device != "cpu" else "cpu")

    @cached_property
    def _image_set(self) -> ImageSet:
        return self.images.load()

    @cached_property
    def _learnt_and_seen(self) -> tuple[Examples, Examples]:
        return self._on_device(self._image_set.train), self._on_device(self._image_set.valid)

    @cached_property
    def _checkpoints(self) -> Checkpoints | None:
        if self.store is None or self.checkpoint_folder is None:
            return None
        return Checkpoints(store=self.store, folder=Path(self.checkpoint_folder))

    def _on_device(self, images: Images) -> Examples:
        return torch.from_numpy(images.x).to(self._device), torch.from_numpy(images.y).to(self._device)
