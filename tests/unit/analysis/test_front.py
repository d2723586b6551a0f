"""Fronts, by hand."""

import numpy as np
import pytest

from nasray.analysis.front import pareto_front
from nasray.core.errors import DataError


def test_a_front_of_two_objectives():
    # (2, 3) is beaten by (2, 2); (4, 4) by everything; (1, 5) and (5, 1) are extremes.
    losses = [[1, 5], [2, 3], [2, 2], [4, 4], [5, 1]]
    assert pareto_front(losses).tolist() == [0, 2, 4]


def test_equal_points_are_all_in_it():
    assert pareto_front([[1, 1], [2, 2], [1, 1]]).tolist() == [0, 2]


def test_a_point_equal_in_one_objective_and_worse_in_another_is_not():
    assert pareto_front([[1, 2], [1, 1]]).tolist() == [1]


def test_three_objectives_against_the_definition():
    losses = np.random.default_rng(0).integers(0, 4, size=(60, 3)).astype(float)
    beaten = [any((other <= one).all() and (other < one).any() for other in losses) for one in losses]
    assert pareto_front(losses).tolist() == np.flatnonzero(~np.array(beaten)).tolist()


def test_no_point_has_no_front():
    assert pareto_front(np.empty((0, 2))).tolist() == []
    assert pareto_front([]).tolist() == []


def test_a_failed_candidate_must_be_left_out():
    with pytest.raises(DataError, match="not finite"):
        pareto_front([[1.0, np.inf]])


def test_points_come_as_a_matrix():
    with pytest.raises(DataError, match="N points of M objectives"):
        pareto_front([1.0, 2.0])
