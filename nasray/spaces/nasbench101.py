"""NAS-Bench-101: cells of at most seven vertices and nine edges (423,624 distinct cells), or of fewer vertices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.core.space import Graph
from nasray.spaces.choice_space import ChoiceSpace
from nasray.spaces.code import identifier, render_cell
from nasray.spaces.nasbench101_cells import enumerate_cells
from nasray.spaces.nasbench101_genes import (
    MAX_EDGES,
    MAX_VERTICES,
    N_GENES,
    N_INTERIOR,
    N_PAIRS,
    OPERATORS,
    OUTPUT,
    PAIRS,
    canonical_genes,
    genes_of,
    live_edges,
    pruned_graph,
)
from nasray.spaces.nasbench101_network import append_cell
from nasray.spaces.nasbench101_words import genes_of_words, vocabulary, words_of
from nasray.spaces.wording import describe_operators

_LAYERS = (1, 3, 3, 1)
"""Layers of an absent vertex, of convolutions with their normalization and ReLU, and of max pooling."""

_ROWS = tuple(range(OUTPUT, 0, -1))
"""Lengths of the rows of the upper triangle."""


@dataclass(kw_only=True)
class NasBench101(ChoiceSpace):
    """The NAS-Bench-101 cell space.

    Ying et al. 2019, "NAS-Bench-101: Towards Reproducible Neural Architecture Search",
    https://arxiv.org/abs/1902.09635. Genes: 21 edges and 5 operators, see ``nasbench101_genes``. As in the benchmark a
    member may have dangling vertices: it is the cell that is left after pruning which is trained, and which must
    connect input and output with at most nine edges. Several genes therefore mean the same cell; ``canonical`` gives
    its one form, by which published tables are to be looked up. ``distinct_cells`` lists those; their many ways to be
    written in genes are not listed.

    Departures from the paper: none in the cells; the network around them takes any image shape and class count.

    Args:
        channels: Width of stem and first stack; 128 in the benchmark.
        stacks: Each after the first halves the image and doubles the channels; 3 in the benchmark.
        cells_per_stack: 3 in the benchmark.
        max_vertices: 7 in the benchmark, input and output included; with fewer, the last interior vertices are absent.
    """

    channels: int
    stacks: int
    cells_per_stack: int
    max_vertices: int
    _sizes: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a network without depth or too narrow to be shared by five vertices, and cells without operators."""
        require(
            3 <= self.max_vertices <= MAX_VERTICES,
            f"NasBench101 max_vertices ({self.max_vertices}) must be between 3 and {MAX_VERTICES}",
        )
        there = {*range(self.max_vertices - 1), OUTPUT}
        edges = (2 if there.issuperset(pair) else 1 for pair in PAIRS)
        self._sizes = (*edges, *(len(OPERATORS) if v in there else 1 for v in range(1, OUTPUT)))
        least = {"channels": N_INTERIOR, "stacks": 1, "cells_per_stack": 1}
        for name, minimum in least.items():
            value = getattr(self, name)
            require(value >= minimum, f"NasBench101 {name} ({value}) must be at least {minimum}: raise it")

    @property
    def sizes(self) -> Sequence[int]:
        """An edge is there or not; a vertex is absent or has one of three operators; out of bounds it is absent."""
        return self._sizes

    def broken_rule(self, genes: Sequence[int]) -> str:
        """Input and output must be connected after pruning, by at most nine edges.

        A step among dangling vertices is a valid one: without such steps no cell could grow by changing single genes.
        """
        edges = live_edges(genes)
        if not edges:
            return "is disconnected: no path of present vertices leads from input to output; add edges"
        if len(edges) > MAX_EDGES:
            return f"has {len(edges)} edges after pruning: at most {MAX_EDGES} are allowed; remove some"
        return ""

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Every edge with chance 1/2 and every operator uniformly, drawn again until valid, as the authors do."""
        while True:
            drawn = rng.random(N_GENES).tolist()
            edges = [int(u < 0.5 and size > 1) for u, size in zip(drawn, self._sizes[:N_PAIRS], strict=False)]
            interior = zip(drawn[N_PAIRS:], self._sizes[N_PAIRS:], strict=True)
            genes = (*edges, *[1 + int(3 * u) if size > 1 else 0 for u, size in interior])
            if not self.broken_rule(genes):
                return Architecture(genes)

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Keep valid genes where they stand and draw the others; connect; drop edges at random until nine are left."""
        genes = list(super().repair(architecture, rng).genes)
        if not live_edges(genes):
            genes[PAIRS.index((0, OUTPUT))] = 1
        while len(edges := live_edges(genes)) > MAX_EDGES:
            gene = PAIRS.index(edges[int(rng.random() * len(edges))])
            genes[gene] = 0
            genes[gene] = int(not live_edges(genes))
        return Architecture(tuple(genes))

    def canonical(self, architecture: Architecture) -> Architecture:
        """One form for all cells that are isomorphic after pruning, the benchmark's own equivalence."""
        return Architecture(canonical_genes(architecture.genes))

    def distinct_cells(self) -> NDArray[np.int8]:
        """``(M, 26)`` canonical genes of all cells, none twice; a second of work for 7 vertices."""
        return enumerate_cells(self.max_vertices)

    def from_matrix(self, matrix: Sequence[Sequence[int]], operators: Sequence[str]) -> Architecture:
        """The member written as the benchmark's files do.

        Args:
            matrix: ``(V, V)`` upper triangular, entry (i, j) = 1 for an edge i -> j.
            operators: ``(V,)`` names; the first ``input``, the last ``output``.

        Raises:
            InvalidArchitecture: It is not such a matrix, an operator is unknown, or the cell breaks a rule.
        """
        n = len(operators)
        faults = {
            f"{n} vertices: needs 2 to {self.max_vertices}": not 2 <= n <= self.max_vertices,
            f"{len(matrix)} rows for {n} operators: needs a square matrix of 0 and 1": len(matrix) != n
            or any(len(row) != n or not set(row) <= {0, 1} for row in matrix),
            "the first operator must be 'input' and the last 'output'": [*operators[:1], *operators[-1:]]
            != ["input", "output"],
            f"operators {sorted(set(operators[1:-1]) - set(OPERATORS[1:]))} are unknown: use "
            f"{', '.join(OPERATORS[1:])}": not set(operators[1:-1]) <= set(OPERATORS[1:]),
        }
        _refuse([text for text, broken in faults.items() if broken])
        edges = [(i, j) for i, row in enumerate(matrix) for j, entry in enumerate(row) if entry]
        backwards = [edge for edge in edges if edge[0] >= edge[1]]
        _refuse([f"edges {backwards} are cyclic: every edge must lead to a later vertex"] if backwards else [])
        architecture = Architecture(genes_of(Graph(tuple(operators), tuple(edges))))
        self.validate(architecture)
        return architecture

    def to_text(self, architecture: Architecture) -> str:
        """Rows of the upper triangle, then the operators of vertices 1 to 5: ``100001.10000.….0|conv3x3-bn-relu|…``."""
        bits = "".join(map(str, architecture.genes[:N_PAIRS]))
        rows = [bits[sum(_ROWS[:row]) : sum(_ROWS[: row + 1])] for row in range(len(_ROWS))]
        return "|".join([".".join(rows), *(OPERATORS[gene] for gene in architecture.genes[N_PAIRS:])])

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: The text is not of that form, names an unknown operator, or the cell is not valid.
        """
        rows, *names = text.split("|")
        unknown = [name for name in names if name not in OPERATORS]
        fits = tuple(map(len, rows.split("."))) == _ROWS and set(rows) <= set("01.") and len(names) == N_INTERIOR
        if unknown or not fits:
            raise InvalidArchitecture(
                f"{text!r} is not a NAS-Bench-101 cell: expected rows of 6, 5, 4, 3, 2 and 1 bits joined by dots, then "
                f"{N_INTERIOR} of {', '.join(OPERATORS)}, all joined by |" + (f"; {unknown} unknown" if unknown else "")
            )
        architecture = Architecture((*map(int, rows.replace(".", "")), *map(OPERATORS.index, names)))
        self.validate(architecture)
        return architecture

    def graph(self, architecture: Architecture) -> Graph:
        """The cell that is left after pruning, vertex by vertex."""
        return pruned_graph(architecture.genes)

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences for input, output and the three operators."""
        return describe_operators(("input", *OPERATORS[1:], "output"))

    def vocabulary(self) -> Sequence[str]:
        """A word says what a vertex is and what it reads."""
        return vocabulary(self.max_vertices)

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """One word for every interior vertex there may be, one for the output."""
        return words_of(architecture.genes, self.max_vertices)

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """Inverse of ``to_tokens``; a word in a place where it means nothing becomes invalid genes."""
        return Architecture(genes_of_words(tokens, self.max_vertices))

    def unit_layers(self, architecture: Architecture) -> Sequence[int]:
        """The interior vertices and the output, a token each; one that computes nothing counts as one layer."""
        interior = architecture.genes[N_PAIRS : N_PAIRS + self.max_vertices - 2]
        return [*(_LAYERS[gene] for gene in interior), 1]

    def to_code(self, architecture: Architecture) -> str:
        """The pruned cell as a class; projections and cuts to fewer channels are said in words."""
        cell = self.graph(architecture)
        last = len(cell.operators) - 1
        modules = {f"vertex{v}": f"{identifier(cell.operators[v])}()" for v in range(1, last)}
        lines: list[str] = []
        for vertex in range(1, last):
            terms = [f"x{source}" if source else "project(x0)" for source, target in cell.edges if target == vertex]
            lines.append(f"x{vertex} = self.vertex{vertex}({' + '.join(terms)})")
        parts = [f"x{vertex}" for vertex in range(1, last) if (vertex, last) in cell.edges]
        results = [f"concatenate([{', '.join(parts)}])"] if parts else []
        results += ["project(x0)"] if (0, last) in cell.edges else []
        return render_cell(
            "Cell",
            "project() is a 1x1 convolution, batch normalization and ReLU; a sum keeps the first channels.",
            modules,
            ("x0",),
            [*lines, f"return {' + '.join(results)}"],
        )

    def to_prompt(self, architecture: Architecture) -> Mapping[str, Any]:
        """Of the pruned cell: its size, then for every vertex its operator and what it reads."""
        cell = self.graph(architecture)
        named: dict[str, Any] = {"vertices": len(cell.operators), "edges": len(cell.edges)}
        for vertex, operator in enumerate(cell.operators):
            if vertex:
                named[f"vertex {vertex} operator"] = operator
                named[f"vertex {vertex} reads"] = [source for source, target in cell.edges if target == vertex]
        return named

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """Stem; stacks of cells with 2x2 max pooling between and twice the channels after it; mean and classifier."""
        cell, width = self.graph(architecture), self.channels
        layers = [Layer("conv_bn_relu", (-1,), input_shape[0], width, options={"kernel": 3}, stage="stem")]
        for stack in range(self.stacks):
            if stack:
                pooled = Layer(
                    "max_pool", (len(layers) - 1,), width, width, 2, options={"kernel": 2}, stage=f"pool{stack}"
                )
                layers.append(pooled)
                width *= 2
            for number in range(self.cells_per_stack):
                append_cell(layers, cell, width, f"stack{stack}.cell{number}")
        layers.append(Layer("global_avg_pool", (len(layers) - 1,), width, width, stage="head"))
        layers.append(Layer("linear", (len(layers) - 1,), width, n_classes, stage="head"))
        return NetworkPlan(tuple(layers), input_shape, n_classes)


def _refuse(faults: Sequence[str]) -> None:
    """Raise on the first fault.

    Raises:
        InvalidArchitecture: There is one.
    """
    if faults:
        raise InvalidArchitecture(f"NAS-Bench-101 cell: {faults[0]}")
