"""A cell space of one's own: nodes, edges and operators said in YAML, no Python."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.network_plan import Layer, Merge, NetworkPlan
from nasray.core.space import Graph
from nasray.spaces.cell_operators import check_operator
from nasray.spaces.edge_cell import Edges, cell_code, cell_family_code, edge_values, operator_graph
from nasray.spaces.edge_layers import EdgeLayers
from nasray.spaces.paths import edges_on_paths
from nasray.spaces.wording import describe_layer, describe_operators

_NAME = re.compile(r"[A-Za-z]\w*(?:-\w+)*")
_NOTES = {
    "sum": "Every node sums what its edges bring.",
    "concat": "project() is ReLU, 1x1 convolution and batch norm.",
}


@dataclass(kw_only=True)
class CellSpace(EdgeLayers):
    """Cells whose edges each carry one of the given operators, stacked into a network.

    Genes: one operator id an edge, ids in the order of ``operators``, edges sorted by target and then by source. The
    network: a 3x3 stem; ``stages`` stages of cells, each after the first behind a 3x3 convolution that halves the
    image and doubles the channels; batch norm, mean, classifier. An edge whose operator is ``zero`` is left out.

    Args:
        nodes: Number of nodes; node 0 is the cell's input, the last its output.
        edges: Pairs (from, to) of nodes; null for every pair with from < to.
        operators: Name -> ``operator`` (of ``nasray/models/operators.py``, or a dotted path to a builder), its
            options, and a ``description`` with short, medium and long where the usual words will not do.
        merge: How a node merges what its edges bring: ``sum``, or ``concat`` followed by a 1x1 convolution back to
            the width of the cell.
        channels: Width of the first stage.
        stages: Number of stages.
        cells_per_stage: Cells in each.
    """

    nodes: int
    edges: Sequence[Sequence[int]] | None
    operators: Mapping[str, Mapping[str, Any]]
    merge: Merge
    channels: int
    stages: int
    cells_per_stage: int

    def __post_init__(self) -> None:
        """Refuse a space that cannot be searched or built.

        Raises:
            ConfigError: What is wrong, which rule it breaks, and the remedy.
        """
        for name, minimum in {"nodes": 2, "channels": 1, "stages": 1, "cells_per_stage": 1}.items():
            value = getattr(self, name)
            require(value >= minimum, f"CellSpace {name} ({value}) must be at least {minimum}: raise it")
        require(self.merge in _NOTES, f"CellSpace merge ({self.merge!r}) must be sum or concat: choose one")
        require(
            len(self.operators) >= 2,
            f"CellSpace has the operators {list(self.operators)}; a search needs at least two to choose from: add some",
        )
        for name, setting in self.operators.items():
            require(
                bool(_NAME.fullmatch(name)) and name not in ("input", "output"),
                f"CellSpace operator {name!r} must begin with a letter, go on with letters, digits, _ and -, and not "
                "be input or output: rename it",
            )
            check_operator(name, setting, self.channels)
        self._edges = _checked_edges(self.nodes, self.edges)
        self._names = tuple(self.operators)
        self._sizes = (len(self._names),) * len(self._edges)
        self._zeros = [at for at, setting in enumerate(self.operators.values()) if setting["operator"] == "zero"]

    @property
    def sizes(self) -> Sequence[int]:
        """Every operator on every edge."""
        return self._sizes

    def wiring(self) -> Edges:
        """The edges, sorted by target and then by source."""
        return self._edges

    def canonical(self, architecture: Architecture) -> Architecture:
        """Edges on no path from input to output become ``zero``; without such an operator, the cell itself."""
        if not self._zeros:
            return architecture
        genes = [*zip(self._edges, architecture.genes, strict=True)]
        live = edges_on_paths([edge for edge, gene in genes if gene not in self._zeros], self.nodes - 1)
        return Architecture(tuple(gene if edge in live else self._zeros[0] for edge, gene in genes))

    def size(self) -> int:
        """Operators to the power of edges."""
        return len(self._names) ** len(self._edges)

    def enumerate(self) -> Iterator[Architecture]:
        """All cells; the last edge changes fastest."""
        return (Architecture(genes) for genes in product(range(len(self._names)), repeat=len(self._edges)))

    def to_text(self, architecture: Architecture) -> str:
        """Edges and their operators, ``0>1:skip,0>2:conv3x3,1>2:zero``."""
        pairs = zip(self._edges, self._chosen(architecture), strict=True)
        return ",".join(f"{source}>{target}:{name}" for (source, target), name in pairs)

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: The text names other edges or operators than this space has.
        """
        names = [part.partition(":")[2] for part in text.split(",")]
        genes = tuple(self._names.index(name) if name in self._names else -1 for name in names)
        if -1 in genes or len(genes) != len(self._edges) or self.to_text(Architecture(genes)) != text:
            edges = ",".join(f"{source}>{target}:OPERATOR" for source, target in self._edges)
            raise InvalidArchitecture(
                f"{text!r} is not a cell of this CellSpace: expected {edges} with OPERATOR among "
                f"{', '.join(self._names)}"
            )
        return Architecture(genes)

    def graph(self, architecture: Architecture) -> Graph:
        """Input, the edge operators in gene order, output."""
        return operator_graph(self._edges, self._chosen(architecture))

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """The description of each operator, or the usual words for what it is made of."""
        said = dict(describe_operators(("input", "output")))
        for name, setting in self.operators.items():
            options = {key: value for key, value in setting.items() if key not in ("operator", "description")}
            said[name] = setting.get("description") or describe_layer(name, setting["operator"], options)
        return said

    def vocabulary(self) -> Sequence[str]:
        """The operators."""
        return self._names

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """The genes."""
        return list(architecture.genes)

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """The genes."""
        return Architecture(tuple(tokens))

    def to_code(self, architecture: Architecture) -> str:
        """The cell as a class."""
        return cell_code(self._edges, self._chosen(architecture), _NOTES[self.merge], self.merge)

    def family_code(self, names: Sequence[str]) -> str:
        """All cells as one class."""
        return cell_family_code(self._edges, names, _NOTES[self.merge], self.merge)

    def to_prompt(self, architecture: Architecture) -> Mapping[str, Any]:
        """Edge -> operator."""
        return edge_values(self._edges, self._chosen(architecture))

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """Stem, stages of cells, head."""
        width = self.channels
        layers = [Layer("conv_bn", (-1,), input_shape[0], width, options={"kernel": 3}, stage="stem")]
        for stage in range(self.stages):
            if stage:
                at, name = (len(layers) - 1,), f"reduction{stage}"
                layers.append(Layer("relu_conv_bn", at, width, 2 * width, 2, options={"kernel": 3}, stage=name))
                width *= 2
            for cell in range(self.cells_per_stage):
                self._append_cell(layers, architecture, width, f"stage{stage}.cell{cell}")
        for operator, written in (("bn_relu", width), ("global_avg_pool", width), ("linear", n_classes)):
            layers.append(Layer(operator, (len(layers) - 1,), width, written, stage="head"))
        return NetworkPlan(tuple(layers), input_shape, n_classes)

    def _append_cell(self, layers: list[Layer], architecture: Architecture, width: int, stage: str) -> None:
        """A layer per edge that is not zero, a merge per node; a node that nothing reaches is zero."""
        at = [len(layers) - 1]
        for node in range(1, self.nodes):
            terms: list[int] = []
            for (source, target), gene in zip(self._edges, architecture.genes, strict=True):
                if target == node and gene not in self._zeros:
                    setting = self.operators[self._names[gene]]
                    options = {key: value for key, value in setting.items() if key not in ("operator", "description")}
                    layers.append(Layer(setting["operator"], (at[source],), width, width, options=options, stage=stage))
                    terms.append(len(layers) - 1)
            if not terms:
                layers.append(Layer("zero", (at[0],), width, width, stage=stage))
            elif self.merge == "concat":
                merged: dict[str, Any] = {"merge": "concat", "options": {"kernel": 1}, "stage": stage}
                layers.append(Layer("relu_conv_bn", tuple(terms), len(terms) * width, width, **merged))
            else:
                layers.append(Layer("identity", tuple(terms), width, width, stage=stage))
            at.append(len(layers) - 1)

    def _chosen(self, architecture: Architecture) -> list[str]:
        """The operator of each edge."""
        return [self._names[gene] for gene in architecture.genes]


def _checked_edges(nodes: int, edges: Sequence[Sequence[int]] | None) -> tuple[tuple[int, int], ...]:
    """The edges, sorted by target and then by source.

    Raises:
        ConfigError: They do not make a cell.
    """
    if edges is None:
        edges = [*combinations(range(nodes), 2)]
    pairs: list[tuple[int, int]] = []
    for edge in edges:
        require(len(edge) == 2, f"CellSpace edge {list(edge)} must be a pair [from, to]: write two nodes")
        source, target = edge
        require(
            min(edge) >= 0 and max(edge) < nodes,
            f"CellSpace edge {list(edge)} leads outside the nodes 0 to {nodes - 1}: change it, or raise nodes",
        )
        require(
            source < target,
            f"CellSpace edge {list(edge)} makes the cell cyclic or runs backwards: every edge must lead from a lower "
            "to a higher node; turn it round or number the nodes in the order of the data flow",
        )
        require((source, target) not in pairs, f"CellSpace edge {list(edge)} is listed twice: remove one")
        pairs.append((source, target))
    for node in range(nodes):
        entered, left = any(edge[1] == node for edge in pairs), any(edge[0] == node for edge in pairs)
        require(node == 0 or entered, f"CellSpace node {node} has no input: add an edge that leads to it, or remove it")
        require(
            node == nodes - 1 or left,
            f"CellSpace node {node} leads nowhere: add an edge from it to a later node, or remove it",
        )
    return tuple(sorted(pairs, key=lambda edge: edge[::-1]))
