"""The cell that NAS-Bench-201 and TransNAS-Bench-101 share: four nodes, an operator on each of six edges."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, ClassVar

from nasray.core.architecture import Architecture
from nasray.core.network_plan import Layer
from nasray.core.space import Graph
from nasray.spaces.edge_cell import Edges, cell_code, cell_family_code, edge_values, operator_graph
from nasray.spaces.edge_layers import EdgeLayers
from nasray.spaces.wording import describe_operators

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(from, to) of each gene, in the order of the benchmarks' strings."""

N_EDGES = len(EDGES)
NOTE = "Every node sums what its edges bring; skip_connect is the identity, none is zero."
_LAYER = {
    "skip_connect": ("identity", {}),
    "nor_conv_1x1": ("relu_conv_bn", {"kernel": 1}),
    "nor_conv_3x3": ("relu_conv_bn", {"kernel": 3}),
    "avg_pool_3x3": ("avg_pool", {"kernel": 3}),
}
_LAYERS_OF_CONVOLUTION = 3
"""It comes with ReLU and normalization."""


def append_cell(layers: list[Layer], operators: Sequence[str], out_channels: int, stride: int, stage: str) -> None:
    """One cell behind the last layer: an operator per live edge, a sum per node; a node that nothing reaches is zero.

    Args:
        layers: The network so far.
        operators: One an edge.
        out_channels: Width of nodes 1 to 3.
        stride: Of the edges that leave node 0.
        stage: Where the cell stands.
    """
    at, in_channels = [len(layers) - 1], layers[-1].out_channels
    for node in (1, 2, 3):
        terms: list[int] = []
        for name, (source, target) in zip(operators, EDGES, strict=True):
            if target == node and name != "none":
                read, step = (out_channels, 1) if source else (in_channels, stride)
                operator, options = ("factorized_reduce", {}) if name == "skip_connect" and step > 1 else _LAYER[name]
                layers.append(Layer(operator, (at[source],), read, out_channels, step, options=options, stage=stage))
                terms.append(len(layers) - 1)
        if terms:
            layers.append(Layer("identity", tuple(terms), out_channels, out_channels, stage=stage))
        else:
            layers.append(Layer("zero", (at[0],), in_channels, out_channels, stride, stage=stage))
        at.append(len(layers) - 1)


class FourNodeCell(EdgeLayers):
    """What the spaces of this cell share, whatever their operators and the network around the cell.

    Attributes:
        operators: The names that the genes stand for, in gene order.
    """

    operators: ClassVar[tuple[str, ...]]

    def wiring(self) -> Edges:
        """Six edges."""
        return EDGES

    def size(self) -> int:
        """Strings: every operator on every edge."""
        return len(self.operators) ** N_EDGES

    def enumerate(self) -> Iterator[Architecture]:
        """All cells; the last edge changes fastest."""
        return (Architecture(genes) for genes in product(range(len(self.operators)), repeat=N_EDGES))

    def graph(self, architecture: Architecture) -> Graph:
        """Eight nodes: input, the six edge operators in gene order, output."""
        return operator_graph(EDGES, self.names(architecture))

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences for input, output and the operators."""
        return describe_operators(("input", *self.operators, "output"))

    def vocabulary(self) -> Sequence[str]:
        """The operators."""
        return self.operators

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """The genes."""
        return list(architecture.genes)

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """The genes."""
        return Architecture(tuple(tokens))

    def unit_layers(self, architecture: Architecture) -> Sequence[int]:
        """The six edges, one token each; one that computes nothing counts as one layer."""
        return [_LAYERS_OF_CONVOLUTION if "conv" in name else 1 for name in self.names(architecture)]

    def to_code(self, architecture: Architecture) -> str:
        """The cell as a class."""
        return cell_code(EDGES, self.names(architecture), NOTE)

    def family_code(self, names: Sequence[str]) -> str:
        """All cells as one class."""
        return cell_family_code(EDGES, names, "Every node sums what its edges bring.")

    def to_prompt(self, architecture: Architecture) -> Mapping[str, Any]:
        """Edge -> operator."""
        return edge_values(EDGES, self.names(architecture))

    def names(self, architecture: Architecture) -> list[str]:
        """The operator of each edge."""
        return [self.operators[gene] for gene in architecture.genes]
