"""Measures a Transformer by training it from scratch."""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import torch

from nasray.core.blob_store import BlobStore
from nasray.core.errors import require
from nasray.core.measurement import Cost, Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace, need
from nasray.evaluators.supernet import check_text
from nasray.evaluators.transformer_view import TransformerView
from nasray.models.checkpoint_name import CheckpointName, digest
from nasray.models.checkpoints import Checkpoints, Kept
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import N_SPECIAL, HatTransformer
from nasray.models.supernet_batches import Batches
from nasray.models.supernet_device import DEVICES, device_named, torch_threads
from nasray.models.supernet_judging import Judging, Scores
from nasray.models.supernet_recipe import SupernetRecipe
from nasray.models.supernet_text import SentencePairs, TextSet, TextSource
from nasray.models.supernet_trainer import SupernetTrainer


@dataclass(kw_only=True)
class TranslationTraining:
    """Trains each Transformer alone, as a supernet of a single member, and judges it on VALID.

    Weights and the order of the pairs come from the stream of the proposal's slot alone. On one kind of CPU and one
    torch thread the same proposal gives the same bits in any process, whether or not it was interrupted.

    Args:
        space: Must offer TransformerView.
        text: What is learnt; loaded at the first evaluation, once a process.
        recipe: How it is learnt.
        judging: What is measured.
        device: ``auto`` takes a GPU where there is one.
        torch_threads: Threads of one evaluation.
        checkpoint_every_updates: Keep the training's state after every so many updates, so that another worker
            continues it; 0 for never.
        keep_weights: Keep the trained state, so that ``test`` need not train again.
        store: Where states are kept.
        checkpoint_folder: Where one small file a training says which blob of ``store`` is its latest.

    Raises:
        CapabilityError: The members are no Transformers, or the data set is no text.
        ConfigError: An impossible value, or states to keep and no place for them.
    """

    space: SearchSpace
    text: TextSource
    recipe: SupernetRecipe
    judging: Judging
    device: Literal["auto", "cpu", "cuda"]
    torch_threads: int
    checkpoint_every_updates: int
    keep_weights: bool
    store: BlobStore | None
    checkpoint_folder: str | Path | None
    metric: str = field(init=False)
    chunk_size: int = field(default=1, init=False)
    columns: tuple[str, ...] = field(init=False, default=("parameters", "loss"))

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        self._view = need(self.space, TransformerView, "evaluator translation_training")
        check_text(self.text, "evaluator translation_training")
        who = "translation_training"
        for name, least in (("torch_threads", 1), ("checkpoint_every_updates", 0)):
            value = getattr(self, name)
            require(value >= least, f"{who}.{name} ({value}) must be at least {least}")
        require(self.device in DEVICES, f"{who}.device ({self.device!r}) must be one of {', '.join(DEVICES)}")
        keeps = self.checkpoint_every_updates > 0 or self.keep_weights
        require(
            not keeps or (self.store is not None and self.checkpoint_folder is not None),
            f"{who}.checkpoint_every_updates and {who}.keep_weights need a store and a checkpoint_folder, got none; "
            "give both, or set checkpoint_every_updates=0 and keep_weights=false",
        )
        self.metric = self.judging.metric

    @property
    def efforts(self) -> tuple[int, ...]:
        """Epochs that a proposal may ask for: none, each training goes to its end."""
        return ()

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """Train each proposal's network; one VALID measurement each.

        Raises:
            ConfigError: A proposal asks for fewer epochs, or continues or inherits from another one.
            DataError: The text is not there.
            NotFinite: The loss is not finite.
        """
        measured: list[Measurement] = []
        for proposal in proposals:
            started = time.perf_counter()
            scores = self._scores(proposal, streams, self._text_set.valid)
            cost = Cost(wall_seconds=time.perf_counter() - started)
            measured.append(Measurement(scores.value, cost, columns=scores.columns, host=platform.node()))
        return measured

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """Score TEST with the network that ``evaluate`` trained: its kept weights, or the same training again."""
        started = time.perf_counter()
        value = self._scores(proposal, streams, self._text_set.test).value
        return TestScore(value, Cost(wall_seconds=time.perf_counter() - started))

    def _scores(self, proposal: Proposal, streams: Streams, pairs: SentencePairs) -> Scores:
        with torch_threads(self.torch_threads):
            network = self._trained(proposal, streams)
            place = device_named(self.device, "translation_training")
            batches = [batch.to(place) for batch in Batches(pairs, self.judging.tokens_per_batch).in_order()]
            return self.judging.scores(network, batches, self._text_set, pairs)

    def _trained(self, proposal: Proposal, streams: Streams) -> HatTransformer:
        """The network at the end of its training, continued from the latest kept state where there is one."""
        asked = (proposal.fidelity, proposal.continues, proposal.inherits)
        require(
            asked == (None, None, None),
            f"slot {proposal.slot} asks for a shorter, continued or inheriting training, {asked}; translation_training "
            "trains from scratch to the end: use scheduler=never_stop",
        )
        dims = self._view.shape(proposal.architecture)
        weights_seed, order_seed = (int(seed) for seed in streams.fresh(proposal.slot).integers(2**63, size=2))
        rng = torch.Generator().manual_seed(weights_seed)
        sizes = (self._view.qkv_dim, self._text_set.n_words + N_SPECIAL, self.recipe.dropout)
        alone = HatSupernet(dims, *sizes, rng).to(device_named(self.device, "translation_training"))
        trainer = SupernetTrainer(alone, self._learnt, self.recipe, lambda _: (dims,), order_seed)
        name = CheckpointName(
            slot=proposal.slot,
            origin=proposal.slot,
            family=digest(self.recipe, self.text, streams.seed, streams.part),
            network=digest(dims),
        )
        self._run(trainer, name)
        return alone.extract(dims)

    def _run(self, trainer: SupernetTrainer, name: CheckpointName) -> None:
        """Train to the end, keeping states as configured."""
        end, every = self.recipe.updates, self.checkpoint_every_updates
        stops = [*(range(every, end, every) if every else ()), *([end] if self.keep_weights else ())]
        if self.store is None or self.checkpoint_folder is None or not stops:
            trainer.run_to(end)
            return
        checkpoints = Checkpoints(store=self.store, folder=Path(self.checkpoint_folder))
        if (kept := checkpoints.latest(name, end)) is not None:
            trainer.load(kept.state)
        for stop in (stop for stop in stops if stop > trainer.update):
            trainer.run_to(stop)
            checkpoints.save(name, Kept(state=trainer.state(), layers=(), inherited_share=None))
        trainer.run_to(end)

    @cached_property
    def _text_set(self) -> TextSet:
        return self.text.load()

    @cached_property
    def _learnt(self) -> Batches:
        return Batches(self._text_set.train, self.recipe.tokens_per_batch)
