"""NAS-Bench-201: cells of four nodes whose six edges each carry one of five operators (15,625 strings)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import ClassVar

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.spaces.four_node_cell import EDGES, N_EDGES, FourNodeCell, append_cell
from nasray.spaces.four_node_supernet import FourNodeSupernet

OPERATORS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
N_OPERATORS = len(OPERATORS)
_ID = {name: index for index, name in enumerate(OPERATORS)}
_SIZES = (N_OPERATORS,) * N_EDGES


def unique_string(genes: Sequence[int]) -> str:
    """The benchmark's own unique string, ``to_unique_str(consider_zero=True)`` in its code.

    A skip is what it reads; ``none``, and an operator that reads ``#`` alone, are ``#``; the terms of a sum are sorted.
    A sum of several ``#`` is not ``#``: with that too there would be 5,390 classes.
    """
    nodes = ["0"]
    for node in (1, 2, 3):
        terms: list[str] = []
        for gene, (source, target) in zip(genes, EDGES, strict=True):
            if target == node:
                absent = gene == 0 or nodes[source] == "#"
                kept = nodes[source] if gene == 1 else f"({nodes[source]})@{OPERATORS[gene]}"
                terms.append("#" if absent else kept)
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
class NasBench201(FourNodeCell, FourNodeSupernet):
    """The NAS-Bench-201 cell space, called NATS-Bench topology space elsewhere.

    Dong and Yang 2020, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search",
    https://arxiv.org/abs/2001.00326. Genes: six operator ids in the order of the benchmark's string
    (0->1, 0->2, 1->2, 0->3, 1->3, 2->3), ids in the order none, skip, 1x1, 3x3, average pooling.

    Departures from the paper: none in the cells; the network around them takes any image shape and class count.

    Args:
        channels: C, width of the first stage; 16 in the benchmark.
        cells_per_stage: N; 5 in the benchmark.
    """

    operators: ClassVar[tuple[str, ...]] = OPERATORS
    channels: int
    cells_per_stage: int

    def __post_init__(self) -> None:
        """Refuse a network without width or depth."""
        require(self.channels >= 1, f"NasBench201 channels ({self.channels}) must be at least 1")
        require(self.cells_per_stage >= 1, f"NasBench201 cells_per_stage ({self.cells_per_stage}) must be at least 1")

    @property
    def sizes(self) -> Sequence[int]:
        """Five operators on each of six edges."""
        return _SIZES

    def canonical(self, architecture: Architecture) -> Architecture:
        """The first cell with the same unique string, by the benchmark's own definition (6,466 classes).

        Twins under this definition compute the same function, yet their measured accuracies differ (other seeds).
        """
        return _representatives()[unique_string(architecture.genes)]

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

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """Stem, three stages of N cells at C, 2C, 4C channels with residual reductions between, head."""
        width = self.channels
        layers = [Layer("conv_bn", (-1,), input_shape[0], width, options={"kernel": 3}, stage="stem")]
        for stage in range(3):
            if stage:
                _append_reduction(layers, width, f"reduction{stage}")
                width *= 2
            for cell in range(self.cells_per_stage):
                append_cell(layers, self.names(architecture), width, 1, f"stage{stage}.cell{cell}")
        layers.append(Layer("bn_relu", (len(layers) - 1,), width, width, stage="head"))
        layers.append(Layer("global_avg_pool", (len(layers) - 1,), width, width, stage="head"))
        layers.append(Layer("linear", (len(layers) - 1,), width, n_classes, stage="head"))
        return NetworkPlan(tuple(layers), input_shape, n_classes)


def _append_reduction(layers: list[Layer], width: int, stage: str) -> None:
    """The benchmark's residual block: two 3x3 convolutions, the first of stride 2, beside a pooled 1x1 shortcut."""
    source = len(layers) - 1
    layers.append(Layer("relu_conv_bn", (source,), width, 2 * width, 2, options={"kernel": 3}, stage=stage))
    layers.append(Layer("relu_conv_bn", (source + 1,), 2 * width, 2 * width, options={"kernel": 3}, stage=stage))
    layers.append(Layer("avg_pool_conv", (source,), width, 2 * width, 2, stage=stage))
    layers.append(Layer("identity", (source + 2, source + 3), 2 * width, 2 * width, stage=stage))
