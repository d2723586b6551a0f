"""Elimination schedules and the draw, by hand."""

import numpy as np
import pytest

from nasray.core.errors import ConfigError
from nasray.strategies.constant_rate import ConstantRate
from nasray.strategies.cosine_decay import CosineDecay
from nasray.strategies.elimination import eliminated
from nasray.strategies.linear_decay import LinearDecay


def test_the_linear_decay_is_equation_3_of_the_paper():
    # 0.4 (1 - t / 20): the first generation has 0.4, the last 0.02, what comes later 0.
    rates = [LinearDecay(rate=0.4).at(t, 20) for t in (0, 5, 10, 19, 20, 35)]
    assert rates == pytest.approx([0.4, 0.3, 0.2, 0.02, 0.0, 0.0])


def test_a_constant_rate_stays():
    assert {ConstantRate(rate=0.3).at(t, 20) for t in (0, 10, 19, 100)} == {0.3}


def test_the_cosine_decay_halves_in_the_middle_and_ends_at_0():
    # (1 + cos(pi / 4)) / 2 = 0.853553
    rates = [CosineDecay(rate=0.4).at(t, 20) for t in (0, 5, 10, 20, 30)]
    assert rates == pytest.approx([0.4, 0.4 * 0.8535534, 0.2, 0.0, 0.0])


@pytest.mark.parametrize("schedule", [LinearDecay, ConstantRate, CosineDecay])
@pytest.mark.parametrize("rate", [-0.1, 1.2, float("nan")])
def test_a_rate_that_is_no_probability_is_refused(schedule, rate):
    with pytest.raises(ConfigError, match=r"elimination.rate \((-0.1|1.2|nan)\) must be between 0 and 1"):
        schedule(rate=rate)


class Draws:
    """A generator of random numbers that gives what it was told to give."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def random(self, size):
        assert size == len(self.numbers)
        return np.array(self.numbers)


def test_a_unit_goes_when_its_draw_is_below_the_rate():
    assert eliminated([1, 9, 3, 1], 0.4, "block", Draws(0.39, 0.41, 0.0, 0.99)) == (0, 2)
    assert eliminated([1, 1], 0.0, "block", Draws(0.0, 0.5)) == ()
    assert eliminated([1, 1], 1.0, "block", Draws(0.0, 0.999)) == (0, 1)


def test_by_layers_a_long_unit_goes_more_often():
    # At rate 0.4: one layer 0.4, two 1 - 0.36 = 0.64, three 1 - 0.216 = 0.784.
    assert eliminated([1, 2, 3], 0.4, "layer", Draws(0.41, 0.63, 0.78)) == (1, 2)
    assert eliminated([1, 2, 3], 0.4, "layer", Draws(0.39, 0.65, 0.79)) == (0,)
    assert eliminated([5], 1.0, "layer", Draws(0.999)) == (0,)


def test_the_same_draws_eliminate_by_layers_whatever_goes_by_blocks():
    rng = np.random.default_rng(0)
    for _ in range(50):
        layers = rng.integers(1, 8, size=12).tolist()
        draws = rng.random(12).tolist()
        assert set(eliminated(layers, 0.3, "block", Draws(*draws))) <= set(
            eliminated(layers, 0.3, "layer", Draws(*draws))
        )


def test_the_expected_share_goes():
    # 40,000 draws at 0.4 have a standard deviation of 98.
    gone = eliminated([1] * 40_000, 0.4, "block", np.random.default_rng(0))
    assert abs(len(gone) - 16_000) < 400
