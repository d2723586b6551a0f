"""Where the nodes and edges of a small graph are drawn: layers from top to bottom, few crossings (Sugiyama 1981).

Edges that span several layers get a waypoint in each, so that they go around nodes and not through them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from nasray.core.space import Graph

Point = tuple[float, float]

_RANK, _GAP, _WAYPOINT, _MARGIN = 26.0, 10.0, 12.0, 8.0
_SWEEPS, _STRAIGHTENINGS = 12, 30


@dataclass(frozen=True, slots=True)
class GraphLayout:
    """A drawing in pixels.

    Attributes:
        nodes: ``(N,)`` centres.
        routes: ``(E,)`` ways of the edges: start, waypoints, end; all centres.
        width: Of the whole.
        height: Of the whole.
    """

    nodes: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def lay_out(graph: Graph, node_width: float, node_height: float) -> GraphLayout:
    """Place a graph whose nodes are all equally large.

    Args:
        graph: N nodes, the first the input and the last the output, every edge from a lower to a higher index.
        node_width: Pixels.
        node_height: Pixels.
    """
    depth, row_height = layers_of(graph), node_height + _RANK
    links, chains, layers = _with_waypoints(graph, depth)
    n_nodes = len(depth)
    widths = np.array([node_width] * n_nodes + [_WAYPOINT] * (sum(map(len, layers)) - n_nodes))
    x = _columns(layers, links, widths)
    left = float((x - widths / 2).min())
    row_of = {item: row for row, layer in enumerate(layers) for item in layer}
    places = {
        item: (round(float(x[item]) - left + _MARGIN, 1), _MARGIN + node_height / 2 + row * row_height)
        for item, row in row_of.items()
    }
    return GraphLayout(
        nodes=tuple(places[node] for node in range(n_nodes)),
        routes=tuple(tuple(places[item] for item in chain) for chain in chains),
        width=round(float((x + widths / 2).max()) - left + 2 * _MARGIN, 1),
        height=2 * _MARGIN + node_height + (len(layers) - 1) * row_height,
    )


def layers_of(graph: Graph) -> list[int]:
    """``(N,)`` layers: the longest way from the input; the output alone in the last one."""
    depth = [0] + [1] * (len(graph.operators) - 1)
    for start, end in sorted(graph.edges):
        depth[end] = max(depth[end], depth[start] + 1)
    if len(depth) > 1:
        depth[-1] = max([depth[-1], *(each + 1 for each in depth[:-1])])
    return depth


def _with_waypoints(
    graph: Graph, depth: Sequence[int]
) -> tuple[list[tuple[int, int]], list[list[int]], list[list[int]]]:
    """Links between neighbouring layers, the chain of each edge, and the members of each layer."""
    layers: list[list[int]] = [[] for _ in range(max(depth) + 1)]
    for node, layer in enumerate(depth):
        layers[layer].append(node)
    links: list[tuple[int, int]] = []
    chains: list[list[int]] = []
    waypoint = len(depth)
    for start, end in graph.edges:
        chain = [start]
        for layer in range(depth[start] + 1, depth[end]):
            layers[layer].append(waypoint)
            chain.append(waypoint)
            waypoint += 1
        chain.append(end)
        chains.append(chain)
        links.extend(pairwise(chain))
    return links, chains, layers


def _columns(
    layers: Sequence[list[int]], links: Sequence[tuple[int, int]], widths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Horizontal centres, each item near its neighbours: the order with fewest crossings, then straightened."""
    above: list[list[int]] = [[] for _ in widths]
    below: list[list[int]] = [[] for _ in widths]
    for start, end in links:
        above[end].append(start)
        below[start].append(end)
    x = np.zeros(len(widths))
    for layer in layers:
        x[layer] = _spread(np.zeros(len(layer)), widths[layer])
    best, fewest = x.copy(), (np.inf, np.inf)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            wish = _wishes(layer, above if downwards else below, x)
            order = np.argsort(wish, kind="stable")
            layer[:] = [layer[index] for index in order]
            x[layer] = _spread(wish[order], widths[layer])
        found = (_crossings(layers, links, x), sum(abs(x[start] - x[end]) for start, end in links))
        if found < fewest:
            best, fewest = x.copy(), found
    both = [up + down for up, down in zip(above, below, strict=True)]
    for _ in range(_STRAIGHTENINGS):
        for layer in layers:
            layer.sort(key=lambda item: best[item])
            best[layer] = _spread(_wishes(layer, both, best), widths[layer])
    return best


def _wishes(layer: Sequence[int], neighbours: Sequence[Sequence[int]], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean position of the neighbours of each item; where it is, without any."""
    return np.array([float(x[list(neighbours[item])].mean()) if neighbours[item] else x[item] for item in layer])


def _spread(wish: NDArray[np.float64], widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """The positions nearest to the wishes (least squares) that keep order and distance: an isotonic regression."""
    if not len(wish):
        return wish
    steps = (widths[:-1] + widths[1:]) / 2 + _GAP
    offsets = np.concatenate([[0.0], np.cumsum(steps)])
    return isotonic_regression(wish - offsets).x + offsets


def _crossings(layers: Sequence[list[int]], links: Sequence[tuple[int, int]], x: NDArray[np.float64]) -> int:
    """Number of pairs of links that cross."""
    row_of = {item: row for row, layer in enumerate(layers) for item in layer}
    crossings = 0
    for index, (a, b) in enumerate(links):
        for c, d in links[index + 1 :]:
            crossings += row_of[a] == row_of[c] and (x[a] - x[c]) * (x[b] - x[d]) < 0
    return crossings
