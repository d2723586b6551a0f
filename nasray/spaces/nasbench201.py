"""NAS-Bench-201: cells of four nodes whose six edges each carry one of five operators (15,625 strings)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.core.space import Graph
from nasray.spaces.wording import describe_operators

OPERATORS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(from, to) of each gene, in the order of the benchmark's string."""

N_EDGES, N_OPERATORS = len(EDGES), len(OPERATORS)
_ID = {name: index for index, name in enumerate(OPERATORS)}
_LAYER = {
    "skip_connect": ("identity", {}),
    "nor_conv_1x1": ("relu_conv_bn", {"kernel": 1}),
    "nor_conv_3x3": ("relu_conv_bn", {"kernel": 3}),
    "avg_pool_3x3": ("avg_pool", {"kernel": 3}),
}
_GRAPH_EDGES = ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7))


def unique_string(genes: Sequence[int]) -> str:
    """The benchmark's own unique string: skips are removed and the terms of a sum sorted; ``none`` is kept."""
    nodes = ["0"]
    for node in (1, 2, 3):
        terms: list[str] = []
        for gene, (source, target) in zip(genes, EDGES, strict=True):
            if target == node:
                terms.append(nodes[source] if gene == 1 else f"({nodes[source]})@{OPERATORS[gene]}")
        nodes.append("+".join(sorted(terms)))
    return nodes[3]


@lru_cache(maxsize=1)
def _representatives() -> dict[str, Architecture]:
    """Unique string -> its first cell in enumeration order."""
    found: dict[str, Architecture] = {}
    for genes in product(range(N_OPERATORS), repeat=N_EDGES):
        found.setdefault(unique_string(genes), Architecture(genes))
    return found


@dataclass(kw_only=True)
class NasBench201:
    """The NAS-Bench-201 cell space, called NATS-Bench topology space elsewhere.

    Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search",
    https://arxiv.org/abs/2001.00326. Genes: six operator ids in the order of the benchmark's string
    (0->1, 0->2, 1->2, 0->3, 1->3, 2->3), ids in the order none, skip, 1x1, 3x3, average pooling.

    Departures from the paper: none in the cells; the network around them takes any image shape and class count.

    Args:
        channels: C, width of the first stage; 16 in the benchmark.
        cells_per_stage: N; 5 in the benchmark.
    """

    channels: int
    cells_per_stage: int

    def __post_init__(self) -> None:
        """Refuse a network without width or depth."""
        require(self.channels >= 1, f"NasBench201 channels ({self.channels}) must be at least 1")
        require(self.cells_per_stage >= 1, f"NasBench201 cells_per_stage ({self.cells_per_stage}) must be at least 1")

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Six operators, uniformly."""
        return Architecture(tuple([int(u) for u in (rng.random(N_EDGES) * N_OPERATORS).tolist()]))

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """One edge gets another operator, both drawn uniformly."""
        where, what = rng.random(2).tolist()
        edge = int(where * N_EDGES)
        genes = list(architecture.genes)
        operator = int(what * (N_OPERATORS - 1))
        genes[edge] = operator + (operator >= genes[edge])
        return Architecture(tuple(genes))

    def neighbours(self, architecture: Architecture) -> Sequence[Architecture]:
        """The 24 cells one operator away."""
        genes = architecture.genes
        return [
            Architecture((*genes[:edge], operator, *genes[edge + 1 :]))
            for edge in range(N_EDGES)
            for operator in range(N_OPERATORS)
            if operator != genes[edge]
        ]

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Every edge from one of the two parents, with equal chance."""
        choice = rng.random(N_EDGES).tolist()
        genes = zip(first.genes, second.genes, choice, strict=True)
        return Architecture(tuple([a if u < 0.5 else b for a, b, u in genes]))

    def validate(self, architecture: Architecture) -> None:
        """Six operator ids between 0 and 4.

        Raises:
            InvalidArchitecture: Anything else.
        """
        genes = architecture.genes
        if len(genes) != N_EDGES or min(genes) < 0 or max(genes) >= N_OPERATORS:
            raise InvalidArchitecture(
                f"NAS-Bench-201 cell {list(genes)}: needs {N_EDGES} operator ids between 0 and {N_OPERATORS - 1}"
            )

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Keep the valid genes where they stand; draw the others."""
        drawn = self.sample(rng).genes
        given = (*architecture.genes[:N_EDGES], *[-1] * (N_EDGES - len(architecture.genes)))
        genes = zip(given, drawn, strict=True)
        return Architecture(tuple([old if 0 <= old < N_OPERATORS else new for old, new in genes]))

    def canonical(self, architecture: Architecture) -> Architecture:
        """The first cell with the same unique string, by the benchmark's own definition (6,466 classes).

        Twins under this definition compute the same function, yet their measured accuracies differ (other seeds).
        """
        return _representatives()[unique_string(architecture.genes)]

    def size(self) -> int:
        """15,625 strings."""
        return N_OPERATORS**N_EDGES

    def enumerate(self) -> Iterator[Architecture]:
        """All cells; the last edge changes fastest."""
        return (Architecture(genes) for genes in product(range(N_OPERATORS), repeat=N_EDGES))

    def to_text(self, architecture: Architecture) -> str:
        """The benchmark's string, ``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``."""
        names = [f"{OPERATORS[gene]}~{source}" for gene, (source, _) in zip(architecture.genes, EDGES, strict=True)]
        return f"|{names[0]}|+|{'|'.join(names[1:3])}|+|{'|'.join(names[3:])}|"

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: The text is not such a string, or names an unknown operator.
        """
        names = [name for part in text.split("+") for name in part.strip("|").split("|")]
        genes = tuple(_ID.get(name.partition("~")[0], -1) for name in names)
        if -1 in genes or len(genes) != N_EDGES or self.to_text(Architecture(genes)) != text:
            raise InvalidArchitecture(
                f"{text!r} is not a NAS-Bench-201 cell: expected |op~0|+|op~0|op~1|+|op~0|op~1|op~2| "
                f"with op among {', '.join(OPERATORS)}"
            )
        return Architecture(genes)

    def graph(self, architecture: Architecture) -> Graph:
        """Eight nodes: input, the six edge operators in gene order, output (TG-NAS, arXiv 2404.00271)."""
        return Graph(("input", *(OPERATORS[gene] for gene in architecture.genes), "output"), _GRAPH_EDGES)

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences for input, output and the five operators."""
        return describe_operators(("input", *OPERATORS, "output"))

    def vocabulary(self) -> Sequence[str]:
        """The five operators."""
        return OPERATORS

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """The genes."""
        return list(architecture.genes)

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """The genes."""
        return Architecture(tuple(tokens))

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """Stem, three stages of N cells at C, 2C, 4C channels with residual reductions between, head."""
        width = self.channels
        layers = [Layer("conv_bn", (-1,), input_shape[0], width, options={"kernel": 3}, stage="stem")]
        for stage in range(3):
            if stage:
                _append_reduction(layers, width, f"reduction{stage}")
                width *= 2
            for cell in range(self.cells_per_stage):
                _append_cell(layers, architecture.genes, width, f"stage{stage}.cell{cell}")
        layers.append(Layer("bn_relu", (len(layers) - 1,), width, width, stage="head"))
        layers.append(Layer("global_avg_pool", (len(layers) - 1,), width, width, stage="head"))
        layers.append(Layer("linear", (len(layers) - 1,), width, n_classes, stage="head"))
        return NetworkPlan(tuple(layers), input_shape, n_classes)


def _append_cell(layers: list[Layer], genes: Sequence[int], width: int, stage: str) -> None:
    """One cell: an operator per live edge, a sum per node; a node that nothing reaches is zero."""
    at = [len(layers) - 1]
    for node in (1, 2, 3):
        terms: list[int] = []
        for gene, (source, target) in zip(genes, EDGES, strict=True):
            if target == node and OPERATORS[gene] != "none":
                operator, options = _LAYER[OPERATORS[gene]]
                layers.append(Layer(operator, (at[source],), width, width, options=options, stage=stage))
                terms.append(len(layers) - 1)
        operator, inputs = ("identity", tuple(terms)) if terms else ("zero", (at[0],))
        layers.append(Layer(operator, inputs, width, width, stage=stage))
        at.append(len(layers) - 1)


def _append_reduction(layers: list[Layer], width: int, stage: str) -> None:
    """The benchmark's residual block: two 3x3 convolutions, the first of stride 2, beside a pooled 1x1 shortcut."""
    source = len(layers) - 1
    layers.append(Layer("relu_conv_bn", (source,), width, 2 * width, 2, options={"kernel": 3}, stage=stage))
    layers.append(Layer("relu_conv_bn", (source + 1,), 2 * width, 2 * width, options={"kernel": 3}, stage=stage))
    layers.append(Layer("avg_pool_conv", (source,), width, 2 * width, 2, stage=stage))
    layers.append(Layer("identity", (source + 2, source + 3), 2 * width, 2 * width, stage=stage))
