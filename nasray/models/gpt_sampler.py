"""Drawing tokens from a GPT: batched, with a key-value cache, each sequence by its own random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import DynamicCache

from nasray.core.errors import require
from nasray.models.gpt import BOS, EOS, Gpt2
from nasray.models.one_thread import one_thread

DRAW = -1
"""A token that is to be drawn, among those that are given."""


def drawn(
    logits: NDArray[np.float64], uniforms: NDArray[np.float64], temperature: float, top_k: int
) -> NDArray[np.int64]:
    """``(B,)`` ids: row by row, the inverse of the cumulated chances at a uniform number.

    Args:
        logits: ``(B, V)``; -inf for what must not be drawn.
        uniforms: ``(B,)`` in [0, 1).
        temperature: Divides the logits; at 0 the first of the most likely is taken.
        top_k: Only the so many most likely are drawn, with those as likely as the last of them; 0 for all.
    """
    if temperature == 0:
        return logits.argmax(1)
    if 0 < top_k < logits.shape[1]:
        least = np.partition(logits, -top_k, axis=1)[:, -top_k, None]
        logits = np.where(logits < least, -np.inf, logits)
    chances = np.exp((logits - logits.max(1, keepdims=True)) / temperature)
    cumulated = chances.cumsum(1)
    below = cumulated <= uniforms[:, None] * cumulated[:, -1:]
    return below.sum(1)


@dataclass(kw_only=True, slots=True)
class GptSampler:
    """Draws from one network. Batches are padded to one size: the shape of a batch decides the last bits of logits.

    Attributes:
        network: What predicts.
        batch_size: Sequences at once.
        temperature: 1 draws what the network believes; 0 takes the most likely.
        top_k: Draw among the so many most likely; 0 for all.
    """

    network: Gpt2
    batch_size: int
    temperature: float
    top_k: int

    def __post_init__(self) -> None:
        """Refuse impossible values."""
        require(self.batch_size >= 1, f"gpt batch_size ({self.batch_size}) must be at least 1")
        require(self.temperature >= 0, f"gpt temperature ({self.temperature}) must not be negative")
        require(self.top_k >= 0, f"gpt top_k ({self.top_k}) must be at least 1, or 0 for all")

    @one_thread()
    def fill(
        self, given: NDArray[np.int64], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """``(B, T)`` ids: what is given stays, the others are drawn from left to right, after EOS comes EOS.

        Args:
            given: ``(B, T)`` ids, ``DRAW`` where one is to be drawn.
            uniforms: ``(B, T)`` in [0, 1), one a place.
            allowed: ``(V,)`` ids that may be drawn.
        """
        parts = [
            self._fill(given[at : at + self.batch_size], uniforms[at : at + self.batch_size], allowed)
            for at in range(0, len(given), self.batch_size)
        ]
        return np.concatenate([np.zeros((0, given.shape[1]), np.int64), *parts])

    @one_thread()
    def next(
        self, contexts: Sequence[Sequence[int]], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """``(B,)`` ids, each drawn after its context, of which the last window counts.

        Args:
            contexts: B sequences of at least one id, BOS at the beginning of a network.
            uniforms: ``(B,)`` in [0, 1).
            allowed: ``(V,)`` ids that may be drawn.
        """
        return drawn(np.where(allowed, self.logits(contexts), -np.inf), uniforms, self.temperature, self.top_k)

    @one_thread()
    def logits(self, contexts: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """``(B, V)`` logits of what follows each context."""
        window = self.network.shape.window
        kept = [list(context[-window:]) for context in contexts]
        ids = np.array([[*row, *[BOS] * (window - len(row))] for row in kept], np.int64).reshape(len(kept), window)
        ends = np.array([len(row) - 1 for row in kept], np.int64)
        made = [
            self._padded(ids[at : at + self.batch_size], ends[at : at + self.batch_size])
            for at in range(0, len(ids), self.batch_size)
        ]
        n_ids = self.network.inner.config.vocab_size
        return np.concatenate([np.zeros((0, n_ids)), *made])

    @torch.no_grad()
    def _padded(self, ids: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """Logits at the ends of at most one batch of contexts."""
        logits = self.network(torch.from_numpy(self._whole(ids)))
        return logits[torch.arange(len(ends)), torch.from_numpy(ends)].double().numpy()

    def _whole(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """``rows`` with rows of BOS behind them, as many as a batch has."""
        return np.pad(rows, ((0, self.batch_size - len(rows)), (0, 0)), constant_values=BOS)

    def _fill(
        self, given: NDArray[np.int64], uniforms: NDArray[np.float64], allowed: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """``fill`` of at most one batch."""
        n, length = given.shape
        ids = np.full((n, length + 1), BOS, np.int64)
        ids[:, 1:] = given
        cache = DynamicCache(config=self.network.inner.config)
        for place in range(1, length + 1):
            logits = self._following(ids[:, :place], cache)
            open_ = ids[:, place] == DRAW
            if open_.any():
                chosen = drawn(np.where(allowed, logits, -np.inf), uniforms[:, place - 1], self.temperature, self.top_k)
                ids[:, place] = np.where(open_, np.where(ids[:, place - 1] == EOS, EOS, chosen), ids[:, place])
        return ids[:, 1:]

    @torch.no_grad()
    def _following(self, ids: NDArray[np.int64], cache: DynamicCache) -> NDArray[np.float64]:
        """``(B, V)`` logits of what follows.

        The cache serves up to the length of the window; beyond it every token has another position than it had a step
        before, so that the window is read anew.
        """
        window = self.network.shape.window
        if ids.shape[1] > window:
            logits = self.network(torch.from_numpy(self._whole(ids[:, -window:])))
        else:
            new = torch.from_numpy(self._whole(ids[:, -1:]))
            logits = self.network.inner(input_ids=new, past_key_values=cache, use_cache=True).logits
        return logits[: len(ids), -1].double().numpy()
