"""The graph network of ``gcn.py`` as torch-geometric writes it: messages along an edge list."""

from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.data.data import BaseData
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import scatter

from nasray.models.gcn import TYPICAL_NODES, Gcn


class WeightedSum(MessagePassing):
    """Every node sums what its edges bring, times their weights."""

    def __init__(self) -> None:
        super().__init__(aggr="add")

    def forward(self, x: Tensor, edge_index: Tensor, weights: Tensor) -> Tensor:
        """``(M, H)`` sums for M nodes, E edges ``(2, E)`` and their ``(E,)`` weights."""
        return self.propagate(edge_index, x=x, weights=weights)

    def message(self, x_j: Tensor, weights: Tensor) -> Tensor:
        """What one edge brings."""
        return x_j * weights[:, None]


class SparseGcn(Gcn):
    """Has the weights of a ``Gcn`` and gives its scores; the definition that the dense path is held to.

    Memory grows with the edges instead of with the square of the nodes. Same constructor, same ``state_dict``.
    """

    def forward(self, mixture: Tensor, adjacency: Tensor, table: Tensor, columns: Tensor | None = None) -> Tensor:
        """``(A,)`` scores; arguments as ``Gcn.forward``."""
        return self.score(as_data(mixture, adjacency, self.shape.readout == "global"), table, columns)

    def score(self, graphs: Any, table: Tensor, columns: Tensor | None = None) -> Tensor:
        """``(A,)`` scores of a torch-geometric batch of ``as_data``."""
        mixture, edges, there = graphs.x, graphs.edge_index, graphs.there
        table, sums = self.features(table), WeightedSum()
        x = mixture
        for index, (weights, bias, norm) in enumerate(zip(self.weights, self.biases, self.norms, strict=True)):
            heard = bias
            for direction, weight in enumerate(weights):
                support = x @ (table @ weight if index == 0 else weight)
                way = edges if direction == 0 else edges.flip(0)
                heard = heard + sums(support, way, self._edge_weights(way, graphs.edge_attr, len(x)))
            x = self.dropout(torch.relu(norm(heard, there))) * there[:, None]
        return self.read(self._gathered(x, there, graphs), columns)

    def _edge_weights(self, edges: Tensor, weights: Tensor, n: int) -> Tensor:
        """``(E,)``, divided by the roots of what leaves the source and what enters the target if so wanted."""
        if self.shape.normalisation == "none":
            return weights
        leaving, entering = (scatter(weights, ends, 0, n, reduce="sum").clamp(min=1e-6) for ends in edges)
        return weights * leaving[edges[0]].rsqrt() * entering[edges[1]].rsqrt()

    def _gathered(self, x: Tensor, there: Tensor, graphs: Any) -> Tensor:
        """``(A, H)``."""
        if self.shape.readout == "global":
            return x[graphs.ptr[1:] - 1]
        total = scatter(x, graphs.batch, 0, graphs.num_graphs, reduce="sum")
        if self.shape.readout == "sum":
            return total / TYPICAL_NODES
        return total / scatter(there, graphs.batch, 0, graphs.num_graphs, reduce="sum").clamp(min=1.0)[:, None]


def as_data(mixture: Tensor, adjacency: Tensor, with_global: bool) -> Any:
    """The same graphs as torch-geometric holds them: no padding, self-loops as edges, the global node last.

    Args:
        mixture: ``(A, N, K)`` shares of operators.
        adjacency: ``(A, N, N)`` edges from row to column.
        with_global: Whether each graph gets a node that all others lead to.
    """
    found: list[BaseData] = []
    for shares, edges in zip(mixture, adjacency, strict=True):
        there = shares.sum(-1)
        kept = torch.nonzero(there)[:, 0]
        rows = torch.nn.functional.pad(shares[kept], (0, 1))
        matrix, there = edges[kept][:, kept] + torch.diag(there[kept]), there[kept]
        if with_global:
            rows = torch.nn.functional.pad(rows, (0, 0, 0, 1))
            rows[-1, -1] = 1.0
            matrix = torch.nn.functional.pad(matrix, (0, 1, 0, 1))
            matrix[:-1, -1], matrix[-1, -1] = there, 1.0
            there = torch.nn.functional.pad(there, (0, 1), value=1.0)
        edge_index = torch.nonzero(matrix).T
        found.append(Data(x=rows, edge_index=edge_index, edge_attr=matrix[edge_index[0], edge_index[1]], there=there))
    return Batch.from_data_list(found)
