"""NAS-Bench-101's cells, networks and parameter counts against what was published."""

import ast

import numpy as np
import pyarrow.parquet as pq
import pytest

from nasray.models.parameter_count import plan_parameters
from nasray.spaces.nasbench101 import NasBench101
from nasray.spaces.nasbench101_cells import enumerate_cells

pytestmark = pytest.mark.golden
SPACE = NasBench101(channels=128, stacks=3, cells_per_stack=3, max_vertices=7)
SMALL = {-1: "input", -2: "output", 0: "conv3x3-bn-relu", 1: "conv1x1-bn-relu", 2: "maxpool3x3"}
LARGE = {0: "input", 1: "output", 2: "maxpool3x3", 3: "conv1x1-bn-relu", 4: "conv3x3-bn-relu"}


def _small_cells(mirror):
    """(cell, parameters) of the 2,532 cells of at most five vertices."""
    rows = pq.read_table(mirror / "nasbench101_4v5v_cells_4epochs.parquet", columns=["space", "graph", "params"])
    for row in rows.to_pylist():
        if row["space"] == "5V9E":
            matrix, labels = ast.literal_eval(row["graph"])
            yield SPACE.from_matrix(matrix, [SMALL[label] for label in labels]), row["params"]


# Ying et al. 2019, section 2.1: 423,624 cells; EC-NAS-Bench lists those of at most 4 and of at most 5 vertices.
@pytest.mark.parametrize(("vertices", "cells"), [(4, 91), (5, 2_532), (7, 423_624)])
def test_numbers_of_distinct_cells(vertices, cells):
    found = enumerate_cells(vertices)
    assert found.shape == (cells, 26)
    assert len(set(map(bytes, found))) == cells


@pytest.mark.parametrize(("space", "vertices"), [("4V9E", 4), ("5V9E", 5)])
def test_the_small_cells_are_the_measured_ones(mirror, space, vertices):
    rows = pq.read_table(mirror / "nasbench101_4v5v_cells_4epochs.parquet", columns=["space", "graph"]).to_pylist()
    cells = (ast.literal_eval(row["graph"]) for row in rows if row["space"] == space)
    measured = {SPACE.canonical(SPACE.from_matrix(m, [SMALL[label] for label in labels])).genes for m, labels in cells}
    assert measured == {tuple(genes) for genes in enumerate_cells(vertices).tolist()}


def test_parameters_of_the_2532_small_cells(mirror):
    cells = list(_small_cells(mirror))
    assert len(cells) == 2_532
    assert [plan_parameters(SPACE.plan(cell, (3, 32, 32), 10)) for cell, _ in cells] == [count for _, count in cells]


def test_an_order_of_vertices_moves_few_parameters(mirror):
    """Channels that do not divide go to the first vertices, so the canonical order of 140 cells counts otherwise."""
    moved = 0
    for cell, published in _small_cells(mirror):
        canonical = plan_parameters(SPACE.plan(SPACE.canonical(cell), (3, 32, 32), 10))
        moved += canonical != published
        assert abs(canonical / published - 1) < 0.02
    assert moved == 140


def test_parameters_of_the_500_cells(mirror):
    rows = pq.read_table(mirror / "nasbench101_500_cells.parquet", columns=["arch", "params"]).to_pylist()
    forms = set()
    for row in rows:
        numbers = ast.literal_eval(row["arch"])
        matrix = np.reshape(numbers[:49], (7, 7)).tolist()
        cell = SPACE.from_matrix(matrix, [LARGE[label] for label in numbers[49:]])
        assert plan_parameters(SPACE.plan(cell, (3, 32, 32), 10)) == round(row["params"] * 1e6)
        forms.add(SPACE.canonical(cell))
    assert (len(rows), len(forms)) == (500, 292)  # counted in the file: it lists many cells several times
