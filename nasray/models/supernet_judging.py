"""How translation networks are judged: by their loss on a corpus, or by the BLEU of their translations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import sacrebleu
import torch
from torch.nn import functional as F

from nasray.core.errors import NotFinite, require
from nasray.models.hat_decoding import translate
from nasray.models.hat_transformer import N_SPECIAL, PAD, HatTransformer
from nasray.models.supernet_batches import Batch
from nasray.models.supernet_text import SentencePairs, TextSet

METRICS = {"loss": "negative valid loss (nats/token)", "bleu": "valid BLEU"}


class Scores(NamedTuple):
    """What a network is worth.

    Attributes:
        value: The loss times -1, or BLEU; higher is better.
        columns: ``loss`` in nats a token and ``bleu`` where it was measured, ``parameters`` without embeddings.
    """

    value: float
    columns: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Judging:
    """How a network is judged.

    Attributes:
        value: ``loss`` or ``bleu``: what the value is. Only ``bleu`` translates, which takes many times as long.
        tokens_per_batch: Most tokens of the longer side of a batch; part of the last bits of every number.
        beams: Of the beam search; 1 takes the best word each time.
        length_penalty: Of the beam search: 0 favours short sentences, 1 compares means.
    """

    value: Literal["loss", "bleu"]
    tokens_per_batch: int
    beams: int
    length_penalty: float

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        require(self.value in METRICS, f"judging.value ({self.value!r}) must be one of {', '.join(METRICS)}")
        for name in ("tokens_per_batch", "beams"):
            require(getattr(self, name) >= 1, f"judging.{name} ({getattr(self, name)}) must be at least 1")

    @property
    def metric(self) -> str:
        """What the value is, with its unit."""
        return METRICS[self.value]

    def scores(self, network: HatTransformer, batches: Sequence[Batch], text: TextSet, pairs: SentencePairs) -> Scores:
        """Judge ``network``, which is in evaluation mode.

        Args:
            network: On the device of the batches.
            batches: Of ``pairs``, each pair once.
            text: Writes ids as text.
            pairs: Whose translations are the references.

        Raises:
            NotFinite: The loss is NaN or infinite.
        """
        embeddings = network.embedding.weight.numel()
        parameters = sum(weight.numel() for weight in network.parameters()) - embeddings
        columns = {"loss": mean_loss(network, batches), "parameters": float(parameters)}
        if self.value == "loss":
            return Scores(-columns["loss"], columns)
        columns["bleu"] = bleu(self.translations(network, batches, text), pairs.references)
        return Scores(columns["bleu"], columns)

    def translations(self, network: HatTransformer, batches: Sequence[Batch], text: TextSet) -> list[str]:
        """What ``network`` writes for every source sentence, in the order of the corpus."""
        written = dict[int, str]()
        for batch in batches:
            found = translate(network, batch.source, self.beams, self.length_penalty)
            for row, ids in zip(batch.rows.tolist(), found, strict=True):
                written[row] = text.written([token - N_SPECIAL for token in ids])
        return [written[row] for row in range(len(written))]


@torch.no_grad()
def mean_loss(network: HatTransformer, batches: Sequence[Batch]) -> float:
    """Cross-entropy in nats a token, END included, without label smoothing.

    Raises:
        NotFinite: It is NaN or infinite.
    """
    total, n = 0.0, 0
    for batch in batches:
        logits = network(batch.source, batch.prompt).float()
        total += float(F.cross_entropy(logits.flatten(0, 1), batch.answer.flatten(), ignore_index=PAD, reduction="sum"))
        n += int((batch.answer != PAD).sum())
    loss = total / n
    require(math.isfinite(loss), f"the loss of a translation network is {loss}; its weights are of no use", NotFinite)
    return loss


def bleu(translations: Sequence[str], references: Sequence[str]) -> float:
    """SacreBLEU, 0 to 100: case-sensitive, detokenized, tokenizer ``13a``, four-grams, exponential smoothing.

    Post 2018, "A Call for Clarity in Reporting BLEU Scores", https://arxiv.org/abs/1804.08771.
    """
    return float(sacrebleu.corpus_bleu(list(translations), [list(references)], force=True).score)
