"""Sentences side by side in tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasray.core.errors import DataError, require
from nasray.models.hat_transformer import BEGIN, END, N_SPECIAL, PAD
from nasray.models.supernet_text import SentencePairs


class Batch(NamedTuple):
    """Sentence pairs that are learnt or scored at once.

    Attributes:
        source: ``(B, S)`` ids, END behind each sentence, then PAD.
        prompt: ``(B, T)`` translations behind BEGIN: what the decoder is given.
        answer: ``(B, T)`` translations before END: what it should say.
        rows: ``(B,)`` their places in the corpus.
    """

    source: Tensor
    prompt: Tensor
    answer: Tensor
    rows: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same on ``device``."""
        return Batch(*(part.to(device) for part in self))


class Batches:
    """Cuts a corpus into batches of sentences of about equal length.

    Args:
        pairs: The corpus.
        tokens: Most tokens of the longer side of a batch, filling included; a longer sentence is a batch of its own.

    Raises:
        DataError: There is no pair, or not as many sentences as translations.
    """

    def __init__(self, pairs: SentencePairs, tokens: int) -> None:
        n, m = len(pairs.source), len(pairs.target)
        require(
            n == m > 0, f"a corpus of {n} sentences and {m} translations: it must have as many, and some", DataError
        )
        self._source = [torch.tensor([*sentence, END - N_SPECIAL]) + N_SPECIAL for sentence in pairs.source]
        self._target = [torch.tensor([BEGIN - N_SPECIAL, *one, END - N_SPECIAL]) + N_SPECIAL for one in pairs.target]
        self._tokens = tokens
        # Both sides of a pair are about equally long; sorted by both, hardly a place in a batch is filled in vain.
        self._lengths = np.array(
            [(max(len(a), len(b) - 1), len(a)) for a, b in zip(self._source, self._target, strict=True)]
        )

    def in_order(self) -> list[Batch]:
        """Every pair once, the short ones first."""
        return [self.batch(rows) for rows in self._cut(np.lexsort(self._lengths.T[::-1]))]

    def shuffled(self, rng: np.random.Generator) -> list[NDArray[np.int64]]:
        """Rows of batches that hold every pair once, in random company and order; see ``batch``."""
        noise = rng.random(len(self._lengths))
        cuts = self._cut(np.lexsort((noise, self._lengths[:, 1], self._lengths[:, 0])))
        return [cuts[place] for place in rng.permutation(len(cuts))]

    def batch(self, rows: NDArray[np.int64]) -> Batch:
        """The pairs at ``rows``."""
        target = [self._target[row] for row in rows]
        return Batch(
            _filled([self._source[row] for row in rows]),
            _filled([sentence[:-1] for sentence in target]),
            _filled([sentence[1:] for sentence in target]),
            torch.from_numpy(rows),
        )

    def _cut(self, order: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """``order`` in pieces that hold no more tokens than allowed; lengths must rise."""
        starts, first = [0], 0
        for place, row in enumerate(order):
            if place > first and (place - first + 1) * self._lengths[row, 0] > self._tokens:
                starts.append(place)
                first = place
        return np.split(order, starts[1:])


def _filled(sentences: Sequence[Tensor]) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(list(sentences), batch_first=True, padding_value=PAD)
