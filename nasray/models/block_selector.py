"""Which block a predicted layer begins: the fully connected selector of GPT-NAS."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from nasray.core.errors import DataError, require
from nasray.core.seeds import Streams
from nasray.models.gpt import BOS, N_SPECIAL
from nasray.models.one_thread import one_thread

_EMBEDDED, _HIDDEN = 32, 128
"""Numbers a token, and hidden units. The paper gives no sizes."""


class BlockSelector(nn.Module):
    """A classifier over block types, given the layers before and the predicted one.

    Yu et al. 2023, GPT-NAS, https://arxiv.org/abs/2305.05351, Algorithm 1 ("FCN"): needed because one layer occurs in
    several blocks.

    Args:
        n_words: Words of the vocabulary, the special ones left out.
        n_blocks: Block types.
        window: Layers before that are read.
        seed: Of the weights.
    """

    def __init__(self, n_words: int, n_blocks: int, window: int, seed: int) -> None:
        super().__init__()
        self.window = window
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embedding = nn.Embedding(n_words + N_SPECIAL, _EMBEDDED)
            self.hidden = nn.Linear((window + 1) * _EMBEDDED, _HIDDEN)
            self.output = nn.Linear(_HIDDEN, n_blocks)

    def forward(self, ids_BT: Tensor) -> Tensor:  # noqa: N803
        """``(B, n_blocks)`` logits of ``(B, window + 1)`` ids."""
        return self.output(F.relu(self.hidden(self.embedding(ids_BT).flatten(1))))

    def rows(self, contexts: Sequence[Sequence[int]], tokens: Sequence[int]) -> NDArray[np.int64]:
        """``(B, window + 1)`` ids: the last layers before, BOS in front of the first, then the predicted layer."""
        kept = [list(context[-self.window :]) for context in contexts]
        rows = [[*[BOS] * (self.window - len(row)), *row, int(token)] for row, token in zip(kept, tokens, strict=True)]
        return np.array(rows, np.int64).reshape(len(rows), self.window + 1)

    @torch.no_grad()
    @one_thread()
    def logits(self, rows: NDArray[np.int64], batch_size: int) -> NDArray[np.float64]:
        """``(B, n_blocks)`` logits, in batches padded to one size."""
        n_blocks = self.output.out_features
        made = [np.zeros((0, n_blocks))]
        for at in range(0, len(rows), batch_size):
            part = rows[at : at + batch_size]
            whole = np.pad(part, ((0, batch_size - len(part)), (0, 0)), constant_values=BOS)
            made.append(self(torch.from_numpy(whole))[: len(part)].double().numpy())
        return np.concatenate(made)

    def tensors(self) -> dict[str, Tensor]:
        """The weights by name."""
        return {name: value.detach() for name, value in self.state_dict().items()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Inverse of ``tensors``.

        Raises:
            DataError: They are those of another vocabulary, window or number of blocks.
        """
        own = {name: tuple(value.shape) for name, value in self.tensors().items()}
        given = {name: tuple(value.shape) for name, value in tensors.items()}
        require(
            own == given,
            f"block selector needs weights {own} and got {given}; use the vocabulary and blocks they were made with",
            DataError,
        )
        self.load_state_dict(tensors)

    @one_thread()
    def learn(
        self, rows: NDArray[np.int64], blocks: NDArray[np.int64], epochs: int, learning_rate: float, seed: int
    ) -> list[float]:
        """Train in place with Adam and batches of 128; gives the mean loss of each epoch.

        Args:
            rows: ``(N, window + 1)`` ids.
            blocks: ``(N,)`` block types.
            epochs: Passes over the rows.
            learning_rate: Of Adam.
            seed: Of the order of the rows.
        """
        optimizer = torch.optim.Adam(self.parameters(), lr=learning_rate, fused=True)
        data, labels, streams = torch.from_numpy(rows), torch.from_numpy(blocks), Streams(seed, "selector")
        losses: list[float] = []
        for epoch in range(epochs):
            total = 0.0
            for batch in torch.from_numpy(streams.fresh(epoch).permutation(len(data))).split(128):
                loss = F.cross_entropy(self(data[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += float(loss.detach()) * len(batch)
            losses.append(total / len(data))
        return losses
