import pytest

from nasray.reports.axis import Axis


def test_numbers_become_pixels_and_stay_inside():
    axis = Axis(0, 10, 50, 250)
    assert (axis(0), axis(5), axis(10)) == (50, 150, 250)
    assert (axis(-3), axis(99)) == (50, 250)


def test_an_axis_may_point_upwards():
    assert Axis(0, 10, 300, 100)(2.5) == 250


def test_equal_factors_are_equal_distances():
    axis = Axis(1, 10_000, 0, 400, log=True)
    assert [axis(10.0**power) for power in range(5)] == [0, 100, 200, 300, 400]
    assert axis.ticks(8) == [1, 10, 100, 1_000, 10_000]


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (1, 200, 8, [50, 100, 150, 200]),
        (88.9, 91.7, 6, [89.0, 89.5, 90.0, 90.5, 91.0, 91.5]),
        (0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-1, 1, 4, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round(low, high, most, ticks):
    assert Axis(low, high, 0, 1).ticks(most) == ticks
