"""Measures a Transformer by the weights that it inherits from a trained supernet."""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch

from nasray.core.errors import CapabilityError, DataError, require
from nasray.core.measurement import Cost, Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace, need
from nasray.evaluators.transformer_view import TransformerView
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import N_SPECIAL
from nasray.models.supernet_batches import Batch, Batches
from nasray.models.supernet_device import DEVICES, device_named, torch_threads
from nasray.models.supernet_file import SupernetFile
from nasray.models.supernet_judging import Judging, Scores
from nasray.models.supernet_members import extreme
from nasray.models.supernet_text import SentencePairs, TextSet, TextSource
from nasray.models.supernet_trainer import weights_of


def facts_of(view: TransformerView, text: TextSource) -> dict[str, Any]:
    """What the weights of a supernet belong to: its space and the words of its text."""
    choices = {name: list(values) for name, values in view.choices.items()}
    return {"space": {**choices, "qkv_dim": view.qkv_dim}, "words": text.vocabulary_fingerprint()}


@dataclass(kw_only=True)
class Supernet:
    """Cuts each architecture out of a trained supernet and judges it on VALID; nothing is trained.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
    https://arxiv.org/abs/2005.14187, section 3.2: losses with inherited weights rank architectures, and are worse than
    those of the same architectures trained from scratch; ``test`` inherits likewise, and is no result to be quoted.

    Args:
        space: Must offer TransformerView.
        text: What the supernet was trained on; loaded at the first evaluation, once a process.
        weights: File of a trained supernet.
        judging: What is measured.
        chunk_size: Most architectures worth sending to a worker at once.
        device: ``auto`` takes a GPU where there is one.
        torch_threads: Threads of one evaluation.

    Raises:
        CapabilityError: The members are no Transformers, or the data set is no text.
        ConfigError: An impossible value.
        DataError: There are no weights.
    """

    space: SearchSpace
    text: TextSource
    weights: str | Path
    judging: Judging
    chunk_size: int
    device: Literal["auto", "cpu", "cuda"]
    torch_threads: int
    metric: str = field(init=False)
    columns: tuple[str, ...] = field(init=False, default=("parameters", "loss"))

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        self._view = need(self.space, TransformerView, "evaluator supernet")
        check_text(self.text, "evaluator supernet")
        for name in ("chunk_size", "torch_threads"):
            require(getattr(self, name) >= 1, f"supernet.{name} ({getattr(self, name)}) must be at least 1")
        require(self.device in DEVICES, f"supernet.device ({self.device!r}) must be one of {', '.join(DEVICES)}")
        require(
            Path(self.weights).is_file(),
            f"supernet.weights ({self.weights}) is not there; train a supernet, or correct the path",
            DataError,
        )
        self.metric = f"{self.judging.metric} with inherited weights"

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:  # noqa: ARG002
        """One VALID measurement a proposal.

        Raises:
            DataError: The text or the weights are not there, or do not belong together.
            NotFinite: A loss is not finite.
        """
        measured: list[Measurement] = []
        for proposal in proposals:
            started = time.perf_counter()
            scores = self._scores(proposal, self._valid, self._text_set.valid)
            cost = Cost(wall_seconds=time.perf_counter() - started)
            measured.append(Measurement(scores.value, cost, columns=scores.columns, host=platform.node()))
        return measured

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:  # noqa: ARG002
        """The same on TEST, with inherited weights."""
        started = time.perf_counter()
        pairs = self._text_set.test
        value = self._scores(proposal, self._batches(pairs), pairs).value
        return TestScore(value, Cost(wall_seconds=time.perf_counter() - started))

    def _scores(self, proposal: Proposal, batches: Sequence[Batch], pairs: SentencePairs) -> Scores:
        with torch_threads(self.torch_threads):
            network = self._supernet.extract(self._view.shape(proposal.architecture))
            return self.judging.scores(network, batches, self._text_set, pairs)

    def _batches(self, pairs: SentencePairs) -> list[Batch]:
        cut = Batches(pairs, self.judging.tokens_per_batch).in_order()
        return [batch.to(device_named(self.device, "supernet")) for batch in cut]

    @cached_property
    def _text_set(self) -> TextSet:
        return self.text.load()

    @cached_property
    def _valid(self) -> list[Batch]:
        return self._batches(self._text_set.valid)

    @cached_property
    def _supernet(self) -> HatSupernet:
        """The trained weights.

        Raises:
            DataError: They are not there, or are those of another space or text.
        """
        file = SupernetFile.read(Path(self.weights))
        file.check(facts_of(self._view, self.text), f"evaluator supernet, weights {self.weights}")
        supernet = HatSupernet(
            extreme(self._view.choices, max),
            self._view.qkv_dim,
            self._text_set.n_words + N_SPECIAL,
            0.0,
            torch.Generator().manual_seed(0),
        )
        supernet.load_state_dict(weights_of(file.state))
        return supernet.to(device_named(self.device, "supernet")).eval()


def check_text(text: object, who: str) -> None:
    """Refuse a data set that is no parallel text.

    Raises:
        CapabilityError: It is none.
    """
    require(
        isinstance(text, TextSource),
        f"{who} needs sentences and their translations, but {type(text).__name__} does not offer them; choose "
        "dataset=parallel_text",
        CapabilityError,
    )
