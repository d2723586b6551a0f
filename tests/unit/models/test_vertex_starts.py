"""Counted by hand: every stack has one first cell, and every vertex of it begins with one layer of its own."""

import pytest

from nasray.models.vertex_starts import vertex_starts
from nasray.spaces.nasbench101 import NasBench101

CONV1, CONV3, POOL = "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"
CHAIN = [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize("cells", [1, 2])
def test_each_vertex_of_a_stacks_first_cell_begins_once(cells: int) -> None:
    space = NasBench101(channels=8, stacks=3, cells_per_stack=cells, max_vertices=7)
    cell = space.from_matrix(CHAIN, ["input", CONV3, CONV1, "output"])
    layers, starts = vertex_starts(space.plan(cell, (3, 16, 16), 10))
    assert len(starts) == 2 * 3
    # The first vertex reads the cell's input, so it begins with the 1x1 that brings it; the second is itself a 1x1.
    assert [layers[at].kernel for at in starts] == [(1, 1)] * 6
    assert [layers[at + 3].kernel for at in starts[::2]] == [(3, 3)] * 3


def test_a_pooling_is_a_vertex_too() -> None:
    space = NasBench101(channels=8, stacks=2, cells_per_stack=1, max_vertices=7)
    cell = space.from_matrix(CHAIN, ["input", CONV3, POOL, "output"])
    layers, starts = vertex_starts(space.plan(cell, (3, 16, 16), 10))
    assert [layers[at].family for at in starts] == ["conv", "pooling"] * 2
