"""A refined space as pictures: in every place of a cell its candidates, those that were removed struck out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nasray.core.space import Graph
from nasray.reports.cell_drawing import curve, operator_label
from nasray.reports.graph_layout import Point, lay_out

_LINE, _CHARACTER, _PADDING, _GAP, _MARGIN = 15.0, 6.3, 18.0, 12.0, 8.0
_ACROSS = 2
_EDGE = re.compile(r"edge (\d+) -> (\d+)")

Words = tuple[tuple[str, str], ...]
"""``(word, CSS class)`` of each word of a line."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place: left and top, height, and its lines, each with the y of its middle."""

    x: float
    y: float
    height: float
    lines: tuple[tuple[float, Words], ...]


@dataclass(frozen=True, slots=True)
class RefinedDrawing:
    """A picture of all cells that remain.

    Attributes:
        name: Of the cell; empty where there is one kind.
        boxes: The places.
        edges: SVG path of each edge.
        top: Of the picture, in pixels at normal size, as all that follow.
        width: Of the picture.
        height: Of the picture.
        box_width: Of each box.
        description: What remains, in words.
    """

    name: str
    boxes: tuple[Box, ...]
    edges: tuple[str, ...]
    top: float
    width: float
    height: float
    box_width: float
    description: str


@dataclass(frozen=True, slots=True)
class _Place:
    """What is written into a box."""

    cell: str
    title: str
    lines: tuple[Words, ...]
    in_words: str


def draw_refined(principles: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> tuple[RefinedDrawing, ...]:
    """One picture for each kind of cell.

    Places called ``edge 0 -> 1`` are joined as data flows. Others, whose wiring is itself a choice, stand two by two
    and name what they may read.

    Args:
        principles: ``(L,)`` ids that remain, of ``operators`` and perhaps of ``sources``.
        layers: ``(L,)`` places with their ``name``, ``operators`` and ``sources``.
    """
    sources = principles.get("sources") or [range(len(layer["sources"])) for layer in layers]
    places = [_place(*one) for one in zip(layers, principles["operators"], sources, strict=False)]
    if places and all(_EDGE.fullmatch(place.title) for place in places):
        return (_joined(places),)
    return tuple(_two_by_two(cell, list(members)) for cell, members in groupby(places, lambda place: place.cell))


def _place(layer: Mapping[str, Any], operators: Sequence[int], sources: Sequence[int]) -> _Place:
    """A line for the name, one for what is read where that is a choice, one for each operator."""
    cell, comma, rest = layer["name"].partition(", ")
    title = rest if comma else cell
    lines: list[Words] = [((title.removesuffix(" input"), "place"),)]
    if layer["sources"]:
        numbers = [(name.rpartition(" ")[2], _style(at, sources)) for at, name in enumerate(layer["sources"])]
        lines.append((("reads", "muted"), *numbers))
    lines += [((operator_label(name), _style(at, operators)),) for at, name in enumerate(layer["operators"])]
    kept = [name for at, name in enumerate(layer["operators"]) if at in operators]
    return _Place(cell if comma else "", title, tuple(lines), f"{title}: {', '.join(kept)}")


def _style(at: int, kept: Sequence[int]) -> str:
    return "kept" if at in kept else "removed"


def _joined(places: Sequence[_Place]) -> RefinedDrawing:
    """Between fixed nodes, an edge follows those that end where it starts."""
    width, height = _size(places)
    graph = _flow(places)
    layout = lay_out(graph, width, height)
    end = _height(1)
    (x0, y0), *centres, (x1, y1) = layout.nodes
    boxes = [_box(place.lines, x - width / 2, y - height / 2) for place, (x, y) in zip(places, centres, strict=True)]
    boxes.append(_box(((("input", "muted"),),), x0 - width / 2, y0 + height / 2 - end))
    boxes.append(_box(((("output", "muted"),),), x1 - width / 2, y1 - height / 2))
    paths = tuple(curve(_upright(route, height), height) for route in layout.routes)
    spare = height - end  # input and output have a single line: the picture is cut there
    return RefinedDrawing(
        "", tuple(boxes), paths, spare, layout.width, layout.height - 2 * spare, width, _in_words(places)
    )


def _upright(route: Sequence[Point], height: float) -> list[Point]:
    """The way that passes the boxes of each row it crosses without leaning into them."""
    start, *between, end = route
    return [start, *((x, y + side * height / 2) for x, y in between for side in (-1, 1)), end]


def _flow(places: Sequence[_Place]) -> Graph:
    """The places as nodes between an input and an output."""
    ends = [(int(match[1]), int(match[2])) for place in places if (match := _EDGE.fullmatch(place.title))]
    first, last = min(start for start, _ in ends), max(end for _, end in ends)
    numbered = list(enumerate(ends, 1))
    edges = [(0, at) for at, (start, _) in numbered if start == first]
    edges += [(a, b) for a, (_, end) in numbered for b, (start, _) in numbered if end == start]
    edges += [(at, len(places) + 1) for at, (_, end) in numbered if end == last]
    return Graph(("input", *(place.title for place in places), "output"), tuple(edges))


def _two_by_two(name: str, places: Sequence[_Place]) -> RefinedDrawing:
    width, height = _size(places)
    boxes = tuple(
        _box(place.lines, _MARGIN + at % _ACROSS * (width + _GAP), _MARGIN + at // _ACROSS * (height + _GAP))
        for at, place in enumerate(places)
    )
    whole = max(box.x for box in boxes) + width + _MARGIN, max(box.y for box in boxes) + height + _MARGIN
    return RefinedDrawing(name, boxes, (), 0.0, *whole, width, _in_words(places))


def _size(places: Sequence[_Place]) -> tuple[float, float]:
    """Width and height of the box that holds any of them."""
    longest = max(len(" ".join(word for word, _ in line)) for place in places for line in place.lines)
    return round(longest * _CHARACTER + _PADDING, 1), _height(max(len(place.lines) for place in places))


def _height(n_lines: int) -> float:
    return n_lines * _LINE + _PADDING / 2


def _box(lines: Sequence[Words], x: float, y: float) -> Box:
    middles = [y + _PADDING / 4 + (at + 0.5) * _LINE for at in range(len(lines))]
    return Box(round(x, 1), round(y, 1), _height(len(lines)), tuple(zip(middles, lines, strict=True)))


def _in_words(places: Sequence[_Place]) -> str:
    return f"What remains: {'; '.join(place.in_words for place in places)}."
