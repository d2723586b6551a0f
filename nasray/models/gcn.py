"""A graph convolutional network over operators (TG-NAS), on dense batches."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from nasray.core.errors import require

Readout = Literal["global", "mean", "sum"]
Normalisation = Literal["none", "symmetric"]
NodeNorm = Literal["batch", "layer", "none"]


@dataclass(frozen=True, kw_only=True)
class GcnShape:
    """How a network is built.

    Attributes:
        width: Channels of every layer.
        layers: Number of graph convolutions; 4 in the released code, 2 in the paper.
        both_directions: Whether a node also hears from the nodes that it feeds; the paper passes messages along the
            data flow only.
        normalisation: ``none`` as in the released code, or the paper's ``symmetric`` D^-1/2 (A + I) D^-1/2.
        node_norm: ``batch`` as in the released code, ``layer``, or ``none``.
        readout: ``global``, a node that hears from all others, as in the released code; else the mean or the sum.
        dropout: Share of a layer's outputs that is left out in training.
    """

    width: int
    layers: int
    both_directions: bool
    normalisation: Normalisation
    node_norm: NodeNorm
    readout: Readout
    dropout: float

    def __post_init__(self) -> None:
        """Refuse a network that cannot be built.

        Raises:
            ConfigError: A number or a name is impossible.
        """
        require(self.width >= 1, f"gcn width ({self.width}) must be at least 1")
        require(self.layers >= 1, f"gcn layers ({self.layers}) must be at least 1")
        require(0 <= self.dropout < 1, f"gcn dropout ({self.dropout}) must be at least 0 and below 1")
        choices = {
            "normalisation": ("none", "symmetric"),
            "node_norm": ("batch", "layer", "none"),
            "readout": ("global", "mean", "sum"),
        }
        for name, known in choices.items():
            value = getattr(self, name)
            require(value in known, f"gcn {name} ({value!r}) must be one of {', '.join(known)}")


class MaskedNorm(nn.Module):
    """Normalisation of node channels that counts a node by how much of it is there, and padding not at all.

    Args:
        kind: ``batch``: over all nodes of a batch in training, running means after it; ``layer``: over a node's own
            channels; ``none``.
        width: Channels H.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, kind: NodeNorm, width: int) -> None:
        super().__init__()
        self.kind = kind
        self.scale = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("variance", torch.ones(width))

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """``(..., H)`` to the same shape; ``there`` is ``(...)``."""
        if self.kind == "none":
            return x
        if self.kind == "layer":
            return nn.functional.layer_norm(x, x.shape[-1:], self.scale, self.shift)
        if not self.training:
            factor = self.scale / (self.variance + 1e-5).sqrt()
            return x * factor + (self.shift - self.mean * factor)
        rows, weights = x.reshape(-1, x.shape[-1]), there.reshape(-1, 1)
        total = weights.sum().clamp(min=1e-6)
        mean = (rows * weights).sum(0) / total
        variance = ((rows - mean) ** 2 * weights).sum(0) / total
        with torch.no_grad():
            self.mean.lerp_(mean, 0.1)
            self.variance.lerp_(variance, 0.1)
        return (x - mean) / (variance + 1e-5).sqrt() * self.scale + self.shift


class Gcn(nn.Module):
    """Scores graphs whose nodes carry mixtures of operators that are known by their embeddings.

    Qiao et al. 2024, "TG-NAS: Generalizable Zero-Cost Proxies with Operator Description Embedding and Graph Learning",
    https://arxiv.org/abs/2404.00271, section 3.3. Kipf and Welling 2017, https://arxiv.org/abs/1609.02907, equation 2.
    One further feature is 1 at the global node and 0 elsewhere, as in the released code.

    Departures from the paper: messages may also run against the data flow; normalisation sees no padding; mixtures.
    A graph's embeddings are multiplied with the first layer's weights once an operator, not once a node.

    Args:
        shape: How it is built.
        n_features: D, length of an operator's embedding.
        n_columns: C, number of further inputs that join at the readout.
        rng: Draws the initial weights, U(-1/sqrt(n), 1/sqrt(n)) for n inputs; the released code's bound is 0.05.
    """

    def __init__(self, shape: GcnShape, n_features: int, n_columns: int, rng: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        directions = 2 if shape.both_directions else 1
        sizes = [n_features + 1, *[shape.width] * shape.layers]
        self.weights = nn.ParameterList(
            [nn.Parameter(_drawn((directions, *pair), pair[0], rng)) for pair in pairwise(sizes)]
        )
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(shape.width)) for _ in range(shape.layers)])
        self.norms = nn.ModuleList([MaskedNorm(shape.node_norm, shape.width) for _ in range(shape.layers)])
        self.head = nn.Parameter(_drawn((shape.width + n_columns,), shape.width + n_columns, rng))
        self.offset = nn.Parameter(torch.zeros(()))
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, mixture: Tensor, adjacency: Tensor, table: Tensor, columns: Tensor | None = None) -> Tensor:
        """``(A,)`` scores.

        Args:
            mixture: ``(A, N, K)`` shares of operators; zeros are padding.
            adjacency: ``(A, N, N)`` edges from row to column.
            table: ``(K, D)`` embeddings of the operators.
            columns: ``(A, C)`` further inputs.
        """
        table = self.features(table)
        there = mixture.sum(-1)
        if self.shape.readout == "global":
            mixture, adjacency, there = _with_global(mixture, adjacency, there)
        else:
            mixture = nn.functional.pad(mixture, (0, 1))
        messages = self._messages(adjacency, there)
        x = mixture
        for index, (weights, bias, norm) in enumerate(zip(self.weights, self.biases, self.norms, strict=True)):
            maps = [table @ weight for weight in weights] if index == 0 else list(weights)
            heard = sum(message @ (x @ one) for message, one in zip(messages, maps, strict=True)) + bias
            x = self.dropout(torch.relu(norm(heard, there))) * there[..., None]
        return self.read(self._pooled(x, there), columns)

    def features(self, table: Tensor) -> Tensor:
        """``(K + 1, D + 1)``: embeddings with the flag of the global node, which is the last row."""
        flagged = nn.functional.pad(table, (0, 1, 0, 1))
        flagged[-1, -1] = 1.0
        return flagged

    def read(self, pooled: Tensor, columns: Tensor | None) -> Tensor:
        """``(A,)`` scores of ``(A, H)`` pooled channels and ``(A, C)`` columns."""
        whole = pooled if columns is None else torch.cat([pooled, columns], 1)
        return (whole * self.head).sum(1) + self.offset

    def _messages(self, adjacency: Tensor, there: Tensor) -> list[Tensor]:
        """``(A, N, N)`` matrices that bring to each node what it hears, one a direction."""
        loops = torch.diag_embed(there)
        if self.shape.normalisation == "symmetric":
            adjacency = adjacency * (there > 0)[:, :, None] * (there > 0)[:, None, :]
        found = [adjacency.transpose(1, 2) + loops]
        if self.shape.both_directions:
            found.append(adjacency + loops)
        if self.shape.normalisation == "none":
            return found
        return [
            one * one.sum(2, keepdim=True).clamp(min=1e-6).rsqrt() * one.sum(1, keepdim=True).clamp(min=1e-6).rsqrt()
            for one in found
        ]

    def _pooled(self, x: Tensor, there: Tensor) -> Tensor:
        """``(A, H)``."""
        if self.shape.readout == "global":
            return x[:, -1]
        total = x.sum(1)
        return total / (there.sum(1, keepdim=True).clamp(min=1.0) if self.shape.readout == "mean" else TYPICAL_NODES)


TYPICAL_NODES = 8.0
"""What a sum over nodes is divided by, so that it is of the order of 1."""


def _drawn(size: tuple[int, ...], n_inputs: int, rng: torch.Generator) -> Tensor:
    bound = 1 / math.sqrt(n_inputs)
    return torch.empty(size).uniform_(-bound, bound, generator=rng)


def _with_global(mixture: Tensor, adjacency: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One node more, with an operator of its own, that every node that is there leads to."""
    mixture = nn.functional.pad(mixture, (0, 1, 0, 1))
    mixture[:, -1, -1] = 1.0
    adjacency = nn.functional.pad(adjacency, (0, 1, 0, 1))
    adjacency[:, :-1, -1] = there
    return mixture, adjacency, nn.functional.pad(there, (0, 1), value=1.0)
