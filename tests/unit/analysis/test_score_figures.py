"""Figures of scores, by hand."""

import numpy as np
import pytest

from nasray.analysis.score_figures import FIGURES, score_figures
from nasray.analysis.scored import Scored
from nasray.core.architecture import Architecture

RNG = np.random.default_rng(0)


def found(scores, values, **claims):
    return [
        Scored(Architecture((at,)), float(score), float(value), False, None, **claims)
        for at, (score, value) in enumerate(zip(scores, values, strict=True))
    ]


def test_scores_in_the_unit_of_the_value_are_held_against_it():
    # value = 0.5 * score + 3: a slope of 0.5; means 4.5 and 5.25
    figures = score_figures(found(range(10), 0.5 * np.arange(10) + 3, in_unit=True), RNG)
    assert figures["calibration_slope"] == pytest.approx(0.5)
    assert figures["bias"] == pytest.approx(-0.75)
    assert set(figures) <= set(FIGURES)


def test_a_constant_guess_has_a_bias_and_no_slope():
    figures = score_figures(found([5.0] * 10, range(10), in_unit=True), RNG)
    assert figures == {"n": 10, "distinct": 1, "bias": 0.5}


def test_scores_that_only_order_are_not_calibrated():
    assert not {"calibration_slope", "bias", "coverage"} & set(score_figures(found(range(10), range(10)), RNG))


def test_guesses_are_told_from_the_scores_before_them():
    mixed = found(range(10), range(10, 20)) + found(range(10), range(10), in_unit=True)
    assert score_figures(mixed, RNG)["bias"] == 0.0


def test_nine_claims_are_too_few():
    few = found(range(9), range(9), in_unit=True, interval=(0.0, 9.0)) + found(range(9), range(9))
    assert not {"calibration_slope", "bias", "coverage"} & set(score_figures(few, RNG))


def test_the_share_of_the_intervals_that_held():
    """Ends count: of 0 to 9, 2 to 5 hold."""
    figures = score_figures(found(range(10), range(10), interval=(2.0, 5.0)), RNG)
    assert figures["coverage"] == 0.4
    assert "bias" not in figures


@pytest.mark.parametrize(("n", "k"), [(10, 2), (39, 9), (40, 10), (100, 10)])
def test_the_best_are_a_quarter_and_at_most_ten(n, k):
    assert score_figures(found(range(n), range(n)), RNG)["k"] == k
