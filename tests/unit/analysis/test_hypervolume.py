"""Hypervolumes, by hand: areas of staircases."""

import numpy as np
import pytest

from nasray.analysis.hypervolume import hypervolume, hypervolume_curve, worst_corner
from nasray.core.errors import DataError


def test_the_area_under_a_staircase():
    # Below (4, 4): (1, 3) covers 3 x 1, (2, 1) covers 2 x 3, together 3 + 6 - 2 x 1 = 7.
    assert hypervolume([[1, 3], [2, 1]], [4, 4]) == 7.0


def test_a_dominated_point_adds_nothing():
    assert hypervolume([[1, 3], [2, 1], [3, 3]], [4, 4]) == 7.0


def test_a_point_beyond_the_reference_adds_nothing():
    assert hypervolume([[1, 3], [2, 1], [0, 5], [0, 4]], [4, 4]) == 7.0


def test_a_box():
    assert hypervolume([[0, 0, 0]], [2, 3, 4]) == 24.0


def test_no_point_covers_nothing():
    assert hypervolume(np.empty((0, 2)), [1, 1]) == 0.0


def test_the_curve_over_evaluations():
    # (3, 3) covers 1; a failure; (1, 3) covers 3; a dominated one; (2, 1) makes it 7.
    curve = hypervolume_curve([(3, 3), None, (1, 3), (3, 3), (2, 1)], [4, 4])
    assert curve.tolist() == [1.0, 1.0, 3.0, 3.0, 7.0]


def test_the_curve_ends_at_the_hypervolume():
    losses = np.random.default_rng(0).random((50, 3))
    curve = hypervolume_curve([tuple(one) for one in losses], [1, 1, 1])
    assert curve[-1] == pytest.approx(hypervolume(losses, [1, 1, 1]))
    assert (np.diff(curve) >= 0).all()


def test_the_worst_corner():
    assert worst_corner([[1, 5], [2, 3]]).tolist() == [2, 5]


def test_no_corner_of_nothing():
    with pytest.raises(DataError, match="at least one measured point"):
        worst_corner(np.empty((0, 2)))


@pytest.mark.parametrize("reference", [[4, 4, 4], [4, np.nan], 4])
def test_a_reference_that_does_not_fit(reference):
    with pytest.raises(DataError, match="one finite number an objective"):
        hypervolume([[1, 3]], reference)
