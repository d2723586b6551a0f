"""TransNAS-Bench-101, micro level: cells of four nodes whose six edges carry one of four operators (4,096 strings)."""

import re
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
from nasray.spaces.paths import edges_on_paths

OPERATORS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3")
N_OPERATORS = len(OPERATORS)
MODULES = (2, 1, 2, 1, 2)
"""41414: modules that halve the image and double the channels (4, here 2), and modules that keep both (1)."""

CELLS_PER_MODULE = 2
_SIZES = (N_OPERATORS,) * N_EDGES
_TEXT = re.compile(r"64-41414-([0-3])_([0-3])([0-3])_([0-3])([0-3])([0-3])")


def computed_function(genes: Sequence[int]) -> str:
    """What a cell computes: edges off the paths are left out, skips between inner nodes resolved, sums sorted.

    A skip that leaves node 0 stays, since it is a convolution where a module halves the image. The second part lists
    the operators that own weights, so that one used twice is not taken for two.
    """
    live = edges_on_paths([edge for edge, gene in zip(EDGES, genes, strict=True) if gene], 3)
    terms: list[list[str]] = [["x"], [], [], []]
    weighted: list[str] = []
    for gene, (source, target) in zip(genes, EDGES, strict=True):
        if (source, target) not in live:
            continue
        if gene == 1 and source:
            terms[target] += terms[source]
        else:
            weighted.append(f"{OPERATORS[gene]}({'+'.join(sorted(terms[source]))})")
            terms[target].append(weighted[-1])
    return f"{'+'.join(sorted(terms[3]))} with {', '.join(sorted(weighted))}"


@lru_cache(maxsize=1)
def _representatives() -> dict[str, Architecture]:
    """Computed function -> its first cell in enumeration order."""
    found: dict[str, Architecture] = {}
    for genes in product(range(N_OPERATORS), repeat=N_EDGES):
        found.setdefault(computed_function(genes), Architecture(genes))
    return found


@dataclass(kw_only=True)
class TransNasMicro(FourNodeCell, FourNodeSupernet):
    """The micro space of TransNAS-Bench-101.

    Duan et al. 2021, "TransNAS-Bench-101: Improving Transferability and Generalizability of Cross-Task Neural
    Architecture Search", https://arxiv.org/abs/2105.11871. Genes: six operator ids in the order of the digits of
    ``64-41414-a_bc_def`` (0->1, 0->2, 1->2, 0->3, 1->3, 2->3), ids none, skip, 1x1, 3x3.

    Departures from the paper: a classifier stands behind the backbone for every data set; the stem may halve the
    image less often, for small images. With the benchmark's stem an image is reduced 32 times (64 x 64 to 2 x 2).

    Args:
        channels: Width of the stem; 64 in the benchmark.
        stem_halvings: How often the stem halves the image, 0 to 2; 2 in the benchmark.
    """

    operators: ClassVar[tuple[str, ...]] = OPERATORS
    channels: int
    stem_halvings: int

    def __post_init__(self) -> None:
        """Refuse a stem that cannot be built."""
        require(
            self.channels >= 2 and self.channels % 2 == 0,
            f"TransNasMicro channels ({self.channels}) must be even and at least 2: the stem begins with half of them",
        )
        require(0 <= self.stem_halvings <= 2, f"TransNasMicro stem_halvings ({self.stem_halvings}) must be 0, 1 or 2")

    @property
    def sizes(self) -> Sequence[int]:
        """Four operators on each of six edges."""
        return _SIZES

    def canonical(self, architecture: Architecture) -> Architecture:
        """The first cell that computes the same function (``computed_function``, 1,376 classes).

        The definition is ours, the benchmark has none. It measured twins one by one, so their values differ.
        """
        return _representatives()[computed_function(architecture.genes)]

    def to_text(self, architecture: Architecture) -> str:
        """The benchmark's string, ``64-41414-a_bc_def``; its numbers are the benchmark's whatever the width here."""
        a, b, c, d, e, f = architecture.genes
        return f"64-41414-{a}_{b}{c}_{d}{e}{f}"

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: The text is not such a string.
        """
        found = _TEXT.fullmatch(text)
        if not found:
            raise InvalidArchitecture(
                f"{text!r} is not a TransNAS-Bench-101 micro cell: expected 64-41414-a_bc_def with digits 0 to 3 for "
                f"{', '.join(OPERATORS)}"
            )
        return Architecture(tuple(map(int, found.groups())))

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """Stem of two convolutions; five modules of two cells, every other one halving the image; mean, classifier."""
        width, strides = self.channels, [1 + (self.stem_halvings > number) for number in range(2)]
        kernel = {"kernel": 3}
        layers = [
            Layer("conv_bn", (-1,), input_shape[0], width // 2, strides[0], options=kernel, stage="stem"),
            Layer("relu_conv_bn", (0,), width // 2, width, strides[1], options=kernel, stage="stem"),
        ]
        for module, stride in enumerate(MODULES):
            width *= stride
            for cell in range(CELLS_PER_MODULE):
                step = 1 if cell else stride
                append_cell(layers, self.names(architecture), width, step, f"module{module}.cell{cell}")
        layers.append(Layer("global_avg_pool", (len(layers) - 1,), width, width, stage="head"))
        layers.append(Layer("linear", (len(layers) - 1,), width, n_classes, stage="head"))
        return NetworkPlan(tuple(layers), input_shape, n_classes)
