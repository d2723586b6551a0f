"""What the checkpoints are trained on: no accuracy of any network is read."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.layer_properties import LayerProperties
from nasray.core.space import Graph
from nasray.models.plan_layers import staged_layers
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench101_cells import enumerate_cells
from nasray.spaces.nasbench101_genes import canonical_genes, genes_of
from nasray.spaces.nasbench201 import NasBench201

IMAGE = (3, 32, 32)
CELLS101 = NasBench101(channels=128, stacks=3, cells_per_stack=1, max_vertices=7)
SMALL101 = NasBench101(channels=128, stacks=3, cells_per_stack=1, max_vertices=5)
CELLS201 = NasBench201(channels=16, cells_per_stage=1)
_OPERATOR_101 = {
    "nor_conv_1x1": "conv1x1-bn-relu",
    "nor_conv_3x3": "conv3x3-bn-relu",
    "avg_pool_3x3": "maxpool3x3",
}


def withheld(genes: Sequence[int]) -> bool:
    """Half of the isomorphism classes, by a hash of the canonical genes."""
    return bool(hashlib.blake2b(bytes(genes), digest_size=1).digest()[0] & 1)


def classes101() -> list[Architecture]:
    """All 423,624 cells of NAS-Bench-101, each in its canonical form."""
    return [Architecture(tuple(row)) for row in enumerate_cells(7).tolist()]


def seen_classes101() -> list[Architecture]:
    """The half that is not withheld."""
    return [one for one in classes101() if not withheld(one.genes)]


def _as_graph101(genes: Sequence[int]) -> Graph | None:
    """A NAS-Bench-201 cell as operators on vertices, skips resolved; None where it is not of NAS-Bench-101's form.

    An operator reads what is added up in the node its edge leaves: the operators that end there, and those that end in
    nodes from which skips lead there. Average pooling stands for max pooling.
    """
    cell = CELLS201.graph(Architecture(tuple(genes)))
    readers: dict[int, set[int]] = {0: {0}}
    for vertex, operator in enumerate(cell.operators[1:], start=1):
        read = {
            origin for source, target in cell.edges if target == vertex for origin in readers.get(source, frozenset())
        }
        if operator == "none" or not read:
            continue
        readers[vertex] = read if operator in ("skip_connect", "output") else {vertex}
        if operator in _OPERATOR_101:
            readers[-vertex] = read
    last = len(cell.operators) - 1
    if last not in readers:
        return None
    kept = sorted(vertex for vertex in readers if -vertex in readers and vertex > 0)
    number = {vertex: place for place, vertex in enumerate([0, *kept, last])}
    edges = [(number[origin], number[vertex]) for vertex in kept for origin in readers[-vertex]]
    edges += [(number[origin], number[last]) for origin in readers[last]]
    names = [_OPERATOR_101[cell.operators[vertex]] for vertex in kept]
    return Graph(("input", *names, "output"), tuple(sorted(edges)))


def translated_cells() -> list[Architecture]:
    """NAS-Bench-101 cells in NAS-Bench-201's form: one string for each cell that both benchmarks have.

    Of the strings that mean the same cell of NAS-Bench-101, the one with most operators that compute. Cells that both
    have are those of at most five operators and nine edges; which of them are good is not known here.
    """
    best: dict[tuple[int, ...], tuple[tuple[int, ...], Architecture]] = {}
    for one in CELLS201.enumerate():
        graph = _as_graph101(one.genes)
        if graph is None or not 2 <= len(graph.operators) <= 7 or len(graph.edges) > 9:
            continue
        key = canonical_genes(genes_of(graph))
        rank = (sum(gene > 0 for gene in one.genes), *one.genes)
        if key not in best or rank > best[key][0]:
            best[key] = (rank, one)
    return sorted((one for _, one in best.values()), key=lambda one: one.genes)


def cell_layers(cell: Architecture, space: NasBench101 = CELLS101) -> list[tuple[str, LayerProperties]]:
    """(stage, layer) of a NAS-Bench-101 cell in its network, stem and classifier included."""
    return list(staged_layers(space.plan(cell, IMAGE, 10)))


def sampled_cells(n: int, seed: int, *, of_withheld: bool) -> Iterator[Architecture]:
    """``n`` cells of one half, uniformly among isomorphism classes."""
    every = [one for one in classes101() if withheld(one.genes) == of_withheld]
    for place in np.random.default_rng(seed).choice(len(every), n, replace=False):
        yield every[place]
