import math

import numpy as np
import pytest

from nasray.analysis.paired_test import sign_flip_test
from nasray.core.errors import DataError


def test_all_wins_give_the_smallest_p():
    # 2**3 sign patterns, of which only +++ and --- are as far from zero.
    found = sign_flip_test([1.0, 2.0, 3.0], np.random.default_rng(0))
    assert found.p_value == found.minimum_p == 2 / 8
    assert found.mean == 2.0
    assert (found.n, found.exact) == (3, True)


def test_a_mixed_result_by_hand():
    # |±1 ±2 ±3| >= |1 + 2 - 3| = 0 always.
    assert sign_flip_test([1.0, 2.0, -3.0], np.random.default_rng(0)).p_value == 1.0
    # |±1 ±2 ±3| >= |-1 + 2 + 3| = 4: sums 6, 4, -4, -6 of 8 patterns.
    assert sign_flip_test([-1.0, 2.0, 3.0], np.random.default_rng(0)).p_value == 4 / 8


def test_rounding_does_not_break_ties():
    # 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1 in floating point.
    assert sign_flip_test([0.1, 0.2, 0.3], np.random.default_rng(0)).p_value == 2 / 8


def test_many_pairs_are_sampled_and_agree_with_the_normal_approximation():
    differences = np.random.default_rng(1).normal(0.5, 1.0, size=40)
    found = sign_flip_test(differences, np.random.default_rng(2))
    z = differences.sum() / math.sqrt((differences**2).sum())
    assert found.p_value == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.01)
    assert not found.exact
    assert found.minimum_p == 1 / 10_001


def test_a_sampled_p_is_never_zero():
    found = sign_flip_test(np.ones(60), np.random.default_rng(0), n_samples=100)
    assert found.p_value == found.minimum_p == 1 / 101


def test_no_pair_is_refused():
    with pytest.raises(DataError, match="got no pair"):
        sign_flip_test([], np.random.default_rng(0))


def test_a_failed_run_is_refused():
    with pytest.raises(DataError, match="not finite"):
        sign_flip_test([1.0, math.nan], np.random.default_rng(0))
