"""DARTS: a normal and a reduction cell, four nodes each, every node adding two operators on two earlier nodes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.network_plan import NetworkPlan
from nasray.core.principles import Principles
from nasray.core.restrictable import LayerChoice
from nasray.core.space import Graph
from nasray.spaces.choice_space import ChoiceSpace
from nasray.spaces.code import identifier, render_cell, render_operators
from nasray.spaces.darts_network import darts_plan
from nasray.spaces.darts_supernet import DartsSupernet
from nasray.spaces.restricted import RestrictedChoice, check_principles, restricted
from nasray.spaces.wording import describe_operators

OPERATORS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "none",
)
CellName = Literal["normal", "reduction"]
Pairs = list[tuple[int, int]]
"""``(8,)`` (source, operator) of one cell, two a node."""

CELLS: tuple[CellName, CellName] = ("normal", "reduction")
N_NODES, N_INPUTS = 4, 2
N_PAIRS = 2 * N_NODES
N_SOURCES = N_INPUTS + N_NODES - 1
_SOURCES = [N_INPUTS + node for node in range(N_NODES) for _ in range(2)]
"""How many earlier nodes each of a cell's eight pairs may read."""

_PAIRS = r"\[((?:\('\w+', \d\)(?:, )?){8})\]"
_CONCAT = r"(?:range\(2, 6\)|\[2, 3, 4, 5\])"
_TEXT = re.compile(rf"Genotype\(normal={_PAIRS}, normal_concat={_CONCAT}, reduce={_PAIRS}, reduce_concat={_CONCAT}\)")


@dataclass(kw_only=True)
class Darts(DartsSupernet, ChoiceSpace):
    """The DARTS space of cell pairs, 10^18 of them.

    Liu et al. 2019, "DARTS: Differentiable Architecture Search", https://arxiv.org/abs/1806.09055. Genes: for the
    normal and then the reduction cell, for nodes 2 to 5, two pairs (source, operator); sources 0 and 1 are the
    outputs of the two cells before. The two sources of a node differ. Operator ids follow the published tables of
    measured genotypes: maximum and average pooling, skip, separable 3 and 5, dilated 3 and 5; none comes last.

    Departures from the paper: no drop-path and no auxiliary classifier; any image shape and class count.

    Args:
        channels: C, width of an operator in the first stage; 36 in the paper's CIFAR-10 networks.
        cells: Number of cells, those at one and two thirds being reduction cells; 20 in the paper.
        allow_none: Whether ``none`` may be an operator; a derived genotype of the paper has none.
    """

    channels: int
    cells: int
    allow_none: bool

    def __post_init__(self) -> None:
        """Refuse a network that cannot halve its width or has no place for both cells."""
        require(self.channels >= 2, f"Darts channels ({self.channels}) must be at least 2")
        require(self.cells >= 3, f"Darts cells ({self.cells}) must be at least 3: fewer leave no normal cell")
        self._sizes = tuple(size for sources in 2 * _SOURCES for size in (sources, len(self.operators)))

    @property
    def operators(self) -> Sequence[str]:
        """The operators that a genotype may name."""
        return OPERATORS if self.allow_none else OPERATORS[:-1]

    @property
    def sizes(self) -> Sequence[int]:
        """Sources and operators in turn; a node may read every node before it."""
        return self._sizes

    def broken_rule(self, genes: Sequence[int]) -> str:
        """The two sources of a node must differ."""
        for at in range(0, len(genes), 4):
            if genes[at] == genes[at + 2]:
                cell, node = divmod(at // 4, N_NODES)
                where = f"node {node + N_INPUTS} of its {CELLS[cell]} cell"
                return f"reads source {genes[at]} twice in {where}: the two sources of a node must differ"
        return ""

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Uniform: for every node two different sources and two operators."""
        drawn = rng.random(len(self._sizes)).tolist()
        genes = [int(u * size) for u, size in zip(drawn, self._sizes, strict=True)]
        for at in range(0, len(genes), 4):
            genes[at + 2] = _other(genes[at], drawn[at + 2], self._sizes[at])
        return Architecture(tuple(genes))

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Every node, with both its inputs, from one of the two parents with equal chance."""
        genes: list[int] = []
        for node, u in enumerate(rng.random(2 * N_NODES).tolist()):
            genes += (first if u < 0.5 else second).genes[4 * node : 4 * node + 4]
        return Architecture(tuple(genes))

    def repair(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """Keep the genes that are in range; draw the others, and the second of two equal sources."""
        genes = list(super().repair(architecture, rng).genes)
        for at in range(0, len(genes), 4):
            if genes[at] == genes[at + 2]:
                genes[at + 2] = _other(genes[at], rng.random(), self._sizes[at])
        return Architecture(tuple(genes))

    def canonical(self, architecture: Architecture) -> Architecture:
        """The two inputs of every node sorted by source. Nodes that swap places are not told apart from others."""
        genes: list[int] = []
        for at in range(0, len(architecture.genes), 4):
            one, other = architecture.genes[at : at + 2], architecture.genes[at + 2 : at + 4]
            genes += (*min(one, other), *max(one, other))
        return Architecture(tuple(genes))

    def pairs(self, architecture: Architecture, cell: CellName) -> Pairs:
        """The eight (source, operator) pairs of one cell."""
        start = CELLS.index(cell) * 2 * N_PAIRS
        genes = architecture.genes[start : start + 2 * N_PAIRS]
        return [*zip(genes[::2], genes[1::2], strict=True)]

    def to_text(self, architecture: Architecture) -> str:
        """The genotype as DARTS prints it, ``Genotype(normal=[('sep_conv_3x3', 1), …], normal_concat=…, reduce=…)``."""
        normal, reduction = (
            ", ".join(f"('{OPERATORS[operator]}', {source})" for source, operator in self.pairs(architecture, cell))
            for cell in CELLS
        )
        return (
            f"Genotype(normal=[{normal}], normal_concat=range(2, 6), reduce=[{reduction}], reduce_concat=range(2, 6))"
        )

    def from_text(self, text: str) -> Architecture:
        """Inverse of ``to_text``.

        Raises:
            InvalidArchitecture: The text is not such a genotype, or breaks a rule of the space.
        """
        found = _TEXT.fullmatch(text)
        pairs = re.findall(r"\('(\w+)', (\d)\)", " ".join(found.groups())) if found else []
        unknown = sorted({name for name, _ in pairs} - set(self.operators))
        if not pairs or unknown:
            what = f"unknown operators {unknown}" if unknown else f"{text!r} is not of that form"
            raise InvalidArchitecture(
                f"DARTS genotype: {what}; expected Genotype(normal=[8 pairs ('operator', source)], "
                "normal_concat=range(2, 6), reduce=[8 pairs], reduce_concat=range(2, 6)) with operator among "
                f"{', '.join(self.operators)}"
            )
        genes = [gene for name, source in pairs for gene in (int(source), OPERATORS.index(name))]
        architecture = Architecture(tuple(genes))
        self.validate(architecture)
        return architecture

    def graph(self, architecture: Architecture) -> Graph:
        """Both cells in one graph: the normal cell (nodes 0 to 10), whose output feeds the reduction cell (11-21)."""
        normal, reduction = (self.cell_graph(architecture, cell) for cell in CELLS)
        n = len(normal.operators)
        moved = ((source + n, target + n) for source, target in reduction.edges)
        edges = (*normal.edges, *((n - 1, n + entry) for entry in range(N_INPUTS)), *moved)
        return Graph((*normal.operators[:-1], "cell_output", "cell_input", *reduction.operators[1:]), edges)

    def cell_graph(self, architecture: Architecture, cell: CellName) -> Graph:
        """Eleven nodes (TG-NAS, arXiv 2404.00271): two inputs, the eight operators, output.

        The inputs are called ``input`` and ``cell_input`` and are described alike.

        An operator that reads node c >= 2 gets an edge from each of the two operators which c adds; all operators
        lead to the output.
        """
        pairs = self.pairs(architecture, cell)
        last = N_INPUTS + N_PAIRS
        edges: Pairs = []
        for number, (source, _) in enumerate(pairs):
            first = N_INPUTS + 2 * (source - N_INPUTS)
            edges += [(one, N_INPUTS + number) for one in ((source,) if source < N_INPUTS else (first, first + 1))]
        edges += [(operator, last) for operator in range(N_INPUTS, last)]
        names = [OPERATORS[operator] for _, operator in pairs]
        return Graph(("input", "cell_input", *names, "output"), tuple(edges))

    def operator_descriptions(self) -> Mapping[str, Mapping[str, str]]:
        """Sentences for inputs, outputs and the operators."""
        return describe_operators(("input", "cell_input", *self.operators, "cell_output", "output"))

    def vocabulary(self) -> Sequence[str]:
        """The five sources, then the operators."""
        return (*(f"source {number}" for number in range(N_SOURCES)), *self.operators)

    def to_tokens(self, architecture: Architecture) -> list[int]:
        """Source and operator in turn."""
        return [gene + at % 2 * N_SOURCES for at, gene in enumerate(architecture.genes)]

    def from_tokens(self, tokens: Sequence[int]) -> Architecture:
        """Inverse of ``to_tokens``; a source for an operator, or the reverse, becomes a gene out of range."""
        return Architecture(tuple(token - at % 2 * N_SOURCES for at, token in enumerate(tokens)))

    def to_code(self, architecture: Architecture) -> str:
        """Both cells as classes."""
        return "\n\n".join(self._cell_code(self.pairs(architecture, cell), cell) for cell in CELLS)

    def family_code(self, names: Sequence[str]) -> str:
        """Both cells as classes; ``layer_list`` has sixteen pairs of source and operator, the first eight normal."""
        classes = [self._family_code(cell, first) for cell, first in zip(CELLS, (0, N_PAIRS), strict=True)]
        return "\n\n".join([render_operators(names), *classes])

    def to_prompt(self, architecture: Architecture) -> Mapping[str, Any]:
        """For every node of both cells what it adds, e.g. ``sep_conv_3x3(node 0) + skip_connect(node 1)``."""
        named: dict[str, Any] = {}
        for cell in CELLS:
            terms = [f"{OPERATORS[operator]}(node {source})" for source, operator in self.pairs(architecture, cell)]
            for node in range(N_NODES):
                named[f"{cell} cell, node {node + N_INPUTS}"] = " + ".join(terms[2 * node : 2 * node + 2])
        return named

    def layer_choices(self) -> Sequence[LayerChoice]:
        """The sixteen pairs: each has an operator, and a source among the nodes before it."""
        return [
            LayerChoice(
                f"{cell} cell, node {number // 2 + N_INPUTS}, {('first', 'second')[number % 2]} input",
                tuple(self.operators),
                tuple(f"node {source}" for source in range(sources)),
            )
            for cell in CELLS
            for number, sources in enumerate(_SOURCES)
        ]

    def operators_of(self, architecture: Architecture) -> tuple[int, ...]:
        """Every second gene."""
        return architecture.genes[1::2]

    def sources_of(self, architecture: Architecture) -> tuple[int, ...]:
        """The others."""
        return architecture.genes[::2]

    def restrict(self, principles: Principles) -> RestrictedChoice:
        """The genotypes whose operators and sources all remain; without sources in the principles, all of them do.

        Raises:
            ConfigError: Principles for other layers, an unknown id, an emptied layer, or fewer than two members left.
        """
        layers = self.layer_choices()
        check_principles(principles, layers, type(self).__name__)
        sources = principles.sources or [range(len(layer.sources)) for layer in layers]
        pairs = zip(sources, principles.operators, strict=True)
        return restricted(self, tuple(tuple(sorted(set(ids))) for pair in pairs for ids in pair), width=4, tied=(0, 2))

    def plan(self, architecture: Architecture, input_shape: tuple[int, int, int], n_classes: int) -> NetworkPlan:
        """Stem, cells with reductions at one and two thirds of the depth, mean, classifier."""
        normal, reduction = (
            [(source, OPERATORS[operator]) for source, operator in self.pairs(architecture, cell)] for cell in CELLS
        )
        return darts_plan(normal, reduction, self.channels, self.cells, input_shape, n_classes)

    def _family_code(self, cell: CellName, first: int) -> str:
        modules: dict[str, str] = {}
        for number in range(first, first + N_PAIRS):
            modules[f"source{number}"] = f"layer_list[{number}][0]"
            modules[f"layer{number}"] = f"operators[layer_list[{number}][1]]()"
        calls = [f"self.layer{number}(x[self.source{number}])" for number in range(first, first + N_PAIRS)]
        lines = [f"x.append({calls[2 * node]} + {calls[2 * node + 1]})" for node in range(N_NODES)]
        note = "x[0] and x[1] are the outputs of the two cells before; operators on them halve a reduction's image."
        statements = ["x = [x0, x1]", *lines, "return concatenate(x[2:])"]
        return render_cell(f"{cell.capitalize()}Cell", note, modules, ("x0", "x1"), statements, ("layer_list",))

    def _cell_code(self, pairs: Pairs, cell: CellName) -> str:
        stride = ", stride=2" if cell == "reduction" else ""
        modules: dict[str, str] = {}
        calls: list[str] = []
        for number, (source, operator) in enumerate(pairs):
            name = f"node{number // 2 + N_INPUTS}_{'ab'[number % 2]}"
            modules[name] = f"{identifier(OPERATORS[operator])}({stride[2:] if source < N_INPUTS else ''})"
            calls.append(f"self.{name}(x{source})")
        lines = [f"x{n + N_INPUTS} = {' + '.join(calls[2 * n : 2 * n + 2])}" for n in range(N_NODES)]
        note = "x0 and x1 are the outputs of the two cells before, brought to this cell's width."
        result = "return concatenate([x2, x3, x4, x5])"
        return render_cell(f"{cell.capitalize()}Cell", note, modules, ("x0", "x1"), [*lines, result])


def _other(taken: int, u: float, size: int) -> int:
    """A value of 0 … size-1 other than ``taken``, uniform in ``u``."""
    value = int(u * (size - 1))
    return value + (value >= taken)
