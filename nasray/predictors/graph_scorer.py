"""What the predictors of graphs share: how an architecture becomes tensors, and tensors become a score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, require
from nasray.core.graph_batch import GraphBatch
from nasray.core.predictor import Predictor
from nasray.core.space import GraphView, SearchSpace, need
from nasray.models.data_flow import DataFlow, data_flow
from nasray.models.gcn import Gcn
from nasray.models.one_thread import one_thread
from nasray.predictors.operator_embeddings import OperatorEmbeddings

ABSENT, PASSING = ("None",), ("Residual connection",)
"""Short sentences of operators that pass nothing on, and of those that pass their input on unchanged."""

_BLOCK = 2048
"""Graphs at a time, so that a layer's numbers stay in the cache."""

FLOOR = -4.0
"""The score of a cell whose output nothing reaches, in standard deviations of the labels: below all that is trained."""


@dataclass(frozen=True, kw_only=True)
class GraphScorer:
    """Reads architectures of one space as graphs of embedded operators.

    Attributes:
        space: Must offer GraphView.
        embeddings: What operators look like.
        data_flow: Whether ``none``, skips and dead ends are resolved (``data_flow``), or stay nodes as in the paper.
        features: Predictors whose scores are further inputs.
    """

    space: SearchSpace
    embeddings: OperatorEmbeddings
    data_flow: bool
    features: Sequence[Predictor]

    @property
    def view(self) -> GraphView:
        """The space as graphs.

        Raises:
            CapabilityError: It cannot be seen so.
        """
        return need(self.space, GraphView, "predictor gcn")

    @property
    def operators(self) -> tuple[str, ...]:
        """``(K,)`` names, in the order of the table's rows."""
        return tuple(self.view.operator_descriptions())

    def table(self) -> Tensor:
        """``(K, D)`` embeddings of the space's operators.

        Raises:
            CapabilityError: One cannot be embedded.
        """
        return self.embeddings.table(self.view.operator_descriptions())

    def batch(self, architectures: Sequence[Architecture]) -> GraphBatch:
        """The graphs of A architectures."""
        view = self.view
        return GraphBatch.of([view.graph(one) for one in architectures], self.operators)

    def flow(self, graphs: GraphBatch) -> DataFlow:
        """What a network reads of them.

        Raises:
            DataError: They are over other operators than the space's.
        """
        require(
            graphs.operators == self.operators,
            f"gcn got graphs over {graphs.operators}; its space has {self.operators}, in this order: make the batch "
            "of the same space",
            DataError,
        )
        mixture, adjacency = torch.from_numpy(graphs.mixture), torch.from_numpy(graphs.adjacency)
        if not self.data_flow:
            return DataFlow(mixture, adjacency, torch.ones(len(mixture)))
        short = [said["short"] for said in self.view.operator_descriptions().values()]
        absent, passing = ([at for at, one in enumerate(short) if one in known] for known in (ABSENT, PASSING))
        blocks = [
            data_flow(*pair, absent, passing)
            for pair in zip(mixture.split(_BLOCK), adjacency.split(_BLOCK), strict=True)
        ]
        return DataFlow(*(torch.cat(part) for part in zip(*blocks, strict=True))) if blocks else _nothing(mixture)

    def columns(self, architectures: Sequence[Architecture]) -> Tensor | None:
        """``(A, C)`` scores of the features, higher being better; None without features."""
        if not self.features:
            return None
        signed = [(1 if one.higher_is_better else -1) * one.predict(architectures) for one in self.features]
        return torch.from_numpy(np.stack(signed, 1).astype(np.float32))

    @torch.no_grad()
    @one_thread()
    def scores(self, model: Gcn, flow: DataFlow, table: Tensor, columns: Tensor | None) -> NDArray[np.float64]:
        """``(A,)`` scores of one network; ``FLOOR`` as far as the output is not reached."""
        found: list[Tensor] = []
        for start in range(0, len(flow.mixture), _BLOCK):
            part = slice(start, start + _BLOCK)
            further = None if columns is None else columns[part]
            found.append(model(flow.mixture[part], flow.adjacency[part], table, further))
        raw = torch.cat(found) if found else torch.zeros(0)
        return (raw * flow.connected + FLOOR * (1 - flow.connected)).double().numpy()


def _nothing(mixture: Tensor) -> DataFlow:
    """The flow of no graphs."""
    n = mixture.shape[1]
    return DataFlow(mixture, torch.zeros(0, n, n), torch.zeros(0))
