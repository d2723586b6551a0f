"""A cell as a small picture: what its template needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nasray.core.space import Graph
from nasray.reports.graph_layout import Point, lay_out

_NODE_HEIGHT, _CHARACTER, _PADDING = 24.0, 6.3, 18.0
_LONGEST = 16
_ENDS = ("input", "output")
_COLOURS = 7


@dataclass(frozen=True, slots=True)
class Node:
    """One operator in a picture: centre, label, full name, CSS class."""

    x: float
    y: float
    label: str
    name: str
    style: str


@dataclass(frozen=True, slots=True)
class CellDrawing:
    """A picture of a cell.

    Attributes:
        nodes: What is written.
        edges: ``(SVG path, CSS class)`` of each edge.
        width: Pixels at normal size.
        height: Pixels at normal size.
        node_width: Pixels.
        node_height: Pixels.
        description: The cell in words, for those who do not see it.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    width: float
    height: float
    node_width: float
    node_height: float
    description: str


def draw_cell(graph: Graph, palette: Sequence[str]) -> CellDrawing:
    """Draw ``graph``; operators are coloured by their place in ``palette``, dead parts are grey."""
    longest = max(len(operator_label(name)) for name in graph.operators)
    width = round(max(8, longest) * _CHARACTER + _PADDING, 1)
    layout = lay_out(graph, width, _NODE_HEIGHT)
    live = live_nodes(graph)
    nodes = tuple(
        Node(x, y, operator_label(name), name, operator_style(name, palette) if index in live else "op-dead")
        for index, ((x, y), name) in enumerate(zip(layout.nodes, graph.operators, strict=True))
    )
    edges = tuple(
        (curve(route, _NODE_HEIGHT), "flow" if start in live and end in live else "flow dead")
        for (start, end), route in zip(graph.edges, layout.routes, strict=True)
    )
    return CellDrawing(nodes, edges, layout.width, layout.height, width, _NODE_HEIGHT, _in_words(graph, live))


def live_nodes(graph: Graph) -> set[int]:
    """Nodes on a way from the input to the output that passes no ``none``; empty when there is no such way."""
    passable = {node for node, name in enumerate(graph.operators) if name != "none"}
    edges = [(start, end) for start, end in sorted(graph.edges) if start in passable and end in passable]
    reached, leading = {0} & passable, {len(graph.operators) - 1} & passable
    for start, end in edges:
        if start in reached:
            reached.add(end)
    for start, end in reversed(edges):
        if end in leading:
            leading.add(start)
    return reached & leading


def operator_label(name: str) -> str:
    """An operator's name as people write it, cut to fit: ``nor_conv_3x3`` is ``nor conv 3x3``."""
    text = name.strip("_").replace("_", " ") or name
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def operator_style(name: str, palette: Sequence[str]) -> str:
    """The CSS class that colours an operator."""
    if name in _ENDS:
        return "op-end"
    return "op-dead" if name == "none" else f"op-{palette.index(name) % _COLOURS}"


def operators_of(graphs: Sequence[Graph]) -> list[str]:
    """The operators of several cells in alphabetical order, without input and output."""
    return sorted({name for graph in graphs for name in graph.operators} - set(_ENDS))


def curve(route: Sequence[Point], node_height: float) -> str:
    """A smooth line from the lower rim of the first node, by the waypoints, to the upper rim of the last, as a path.

    A Catmull-Rom spline as Bezier curves: at a waypoint it runs along its neighbours, at both ends straight down.
    """
    points = list(route)
    points[0] = (points[0][0], points[0][1] + node_height / 2)
    points[-1] = (points[-1][0], points[-1][1] - node_height / 2)
    slopes = [(0.0, 0.0), *((c[0] - a[0], c[1] - a[1]) for a, c in zip(points, points[2:], strict=False)), (0.0, 0.0)]
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        (dx0, dy0), (dx1, dy1) = slopes[index], slopes[index + 1]
        start = (x0 + dx0 / 6, y0 + (dy0 / 6 or (y1 - y0) / 2))
        end = (x1 - dx1 / 6, y1 - (dy1 / 6 or (y1 - y0) / 2))
        path += f"C{start[0]:.1f} {start[1]:.1f} {end[0]:.1f} {end[1]:.1f} {x1:g} {y1:g}"
    return path


def _in_words(graph: Graph, live: set[int]) -> str:
    parts = [f"{index} {name}{'' if index in live else ' (dead)'}" for index, name in enumerate(graph.operators)]
    return f"Nodes: {', '.join(parts)}. Edges: {', '.join(f'{start} to {end}' for start, end in graph.edges)}."
