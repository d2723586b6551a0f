import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench101_cells import enumerate_cells

SPACE = NasBench101(channels=8, stacks=1, cells_per_stack=1, max_vertices=7)


# Two vertices: input -> output. Three: three operators, with and without the edge input -> output.
@pytest.mark.parametrize(("vertices", "cells"), [(2, 1), (3, 7)])
def test_counts_by_hand(vertices, cells):
    assert len(enumerate_cells(vertices)) == cells


def test_every_cell_is_a_canonical_member():
    for genes in enumerate_cells(4).tolist():
        cell = Architecture(tuple(genes))
        SPACE.validate(cell)
        assert SPACE.canonical(cell) == cell


def test_random_cells_are_in_the_list():
    listed = {tuple(genes) for genes in enumerate_cells(6).tolist()}
    rng = np.random.default_rng(0)
    forms = [SPACE.canonical(SPACE.sample(rng)) for _ in range(200)]
    small = [one for one in forms if len(SPACE.graph(one).operators) <= 6]
    assert small
    assert {one.genes for one in small} <= listed


@pytest.mark.parametrize("vertices", [1, 8])
def test_limits(vertices):
    with pytest.raises(ConfigError, match=rf"max_vertices \({vertices}\) must be between 2 and 7"):
        enumerate_cells(vertices)
