"""Cells with an operator on every edge, seen as a graph of operators, as code and as named values."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from nasray.core.space import Graph
from nasray.spaces.code import identifier, render_cell, render_operators

Edges = Sequence[tuple[int, int]]
"""``(E,)`` pairs (from, to), from < to, sorted by target, then by source; node 0 is the input, the last the output."""


def operator_graph(edges: Edges, operators: Sequence[str]) -> Graph:
    """Input, one node an edge in the given order, output (TG-NAS, arXiv 2404.00271).

    Two operators are connected where the first ends in the node that the second reads.
    """
    return Graph(("input", *operators, "output"), _flow(edges))


@lru_cache(maxsize=64)
def _flow(edges: Edges) -> tuple[tuple[int, int], ...]:
    """Data flow between the operators of a wiring: one of few, asked for every architecture."""
    last = edges[-1][1]
    starts = [(0, number) for number, (source, _) in enumerate(edges, 1) if source == 0]
    inner = [
        (one, other)
        for one, (_, reached) in enumerate(edges, 1)
        for other, (read, _) in enumerate(edges, 1)
        if reached == read
    ]
    ends = [(number, len(edges) + 1) for number, (_, target) in enumerate(edges, 1) if target == last]
    return tuple(sorted(starts + inner + ends))


def edge_values(edges: Edges, operators: Sequence[str]) -> Mapping[str, str]:
    """``edge 0 -> 1`` and so on -> its operator."""
    return {f"edge {source} -> {target}": name for (source, target), name in zip(edges, operators, strict=True)}


def cell_code(edges: Edges, operators: Sequence[str], note: str, merge: str = "sum") -> str:
    """The cell as a class: a module an edge; a node sums what its edges bring, or concatenates and projects it."""
    modules = {f"edge{s}_{t}": f"{identifier(name)}()" for (s, t), name in zip(edges, operators, strict=True)}
    return render_cell("Cell", note, modules, ("x0",), _statements(edges, list(modules), merge))


def cell_family_code(edges: Edges, names: Sequence[str], note: str, merge: str = "sum") -> str:
    """All cells of a wiring as one class: ``layer_list`` says which of the operators each edge carries."""
    modules = {f"layer{number}": f"operators[layer_list[{number}]]()" for number in range(len(edges))}
    statements = _statements(edges, list(modules), merge)
    return render_operators(names) + "\n\n" + render_cell("Cell", note, modules, ("x0",), statements, ("layer_list",))


def _statements(edges: Edges, modules: Sequence[str], merge: str) -> list[str]:
    """The body of ``forward``; the modules are those of the edges."""
    last = edges[-1][1]
    lines: list[str] = []
    for node in range(1, last + 1):
        pairs = zip(edges, modules, strict=True)
        terms = [f"self.{module}(x{source})" for (source, target), module in pairs if target == node]
        whole = f"project(concatenate([{', '.join(terms)}]))" if merge == "concat" else " + ".join(terms)
        lines.append(f"x{node} = {whole}")
    return [*lines, f"return x{last}"]
