"""Graphs as arrays: what is refused, and what comes of a plain graph."""

import numpy as np
import pytest

from nasray.core.errors import DataError
from nasray.core.graph_batch import GraphBatch
from nasray.core.space import Graph

NAMES = ("input", "cell_input", "conv", "output")
CHAIN = Graph(("input", "conv", "output"), ((0, 1), (1, 2)))


def test_a_plain_graph_is_ones():
    batch = GraphBatch.of([CHAIN], NAMES)
    assert len(batch) == 1
    assert batch.mixture.shape == (1, 8, 4)
    assert batch.mixture[0, :3].tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert not batch.mixture[0, 3:].any()
    assert np.argwhere(batch.adjacency[0]).tolist() == [[0, 1], [1, 2]]


def test_nodes_are_rounded_up_to_a_multiple_of_eight():
    long = Graph(("input", *["conv"] * 7, "output"), tuple((i, i + 1) for i in range(8)))
    assert GraphBatch.of([CHAIN, long], NAMES).adjacency.shape == (2, 16, 16)
    assert GraphBatch.of([], NAMES).mixture.shape == (0, 8, 4)


@pytest.mark.parametrize("edges", [((0, 1), (1, 2), (2, 1)), ((0, 1), (1, 1), (1, 2)), ((0, 1), (1, 3))])
def test_a_cycle_is_refused(edges):
    with pytest.raises(DataError, match="lead outside, or backwards"):
        GraphBatch.of([Graph(CHAIN.operators, edges)], NAMES)


@pytest.mark.parametrize("edges", [((0, 1), (0, 2)), ((0, 2), (1, 2))])
def test_a_dangling_node_is_refused(edges):
    with pytest.raises(DataError, match=r"node 1 \(conv\) of a graph dangles"):
        GraphBatch.of([Graph(CHAIN.operators, edges)], NAMES)


def test_a_second_input_may_come_from_outside_and_be_unused():
    batch = GraphBatch.of([Graph(("input", "cell_input", "output"), ((0, 2),))], NAMES)
    assert int(batch.adjacency[0].sum()) == 1


def test_an_unknown_operator_is_refused():
    with pytest.raises(DataError, match="operator 'conv', which is unknown here; known are input, output"):
        GraphBatch.of([CHAIN], ("input", "output"))


def test_arrays_that_are_no_graphs_are_refused():
    mixture, adjacency = np.zeros((1, 8, 4), np.float32), np.zeros((1, 8, 8), np.float32)
    with pytest.raises(DataError, match=r"must be \(A, N, K\) and \(A, N, N\)"):
        GraphBatch(NAMES, mixture, adjacency[:, :4])
    for value in (0.9, -0.1, np.nan):
        bad = mixture.copy()
        bad[0, 0] = value
        with pytest.raises(DataError, match="negative, NaN, or add up to more than 1"):
            GraphBatch(NAMES, bad, adjacency)
    for place, value, message in (((0, 2, 1), 1.0, "makes a cycle"), ((0, 1, 2), np.nan, "negative or not finite")):
        bad = adjacency.copy()
        bad[place] = value
        with pytest.raises(DataError, match=message):
            GraphBatch(NAMES, mixture, bad)
