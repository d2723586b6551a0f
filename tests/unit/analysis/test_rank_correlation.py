import math

import pytest

from nasray.analysis.rank_correlation import rank_correlation
from nasray.core.errors import DataError


def test_without_ties():
    # Pairs of (1,2,3,4) against (1,3,2,4): 5 concordant, 1 discordant: tau = 4/6. Rank differences 0,1,1,0:
    # rho = 1 - 6*2/(4*15) = 0.8.
    found = rank_correlation([1.0, 2.0, 3.0, 4.0], [10.0, 30.0, 20.0, 40.0])
    assert found.kendall == pytest.approx(4 / 6)
    assert found.spearman == pytest.approx(0.8)
    assert (found.n, found.distinct_scores, found.distinct_values) == (4, 4, 4)


def test_with_ties():
    # (1,1,2) against (1,2,3): 2 concordant, 1 tie in x of 3 pairs: tau-b = 2 / sqrt(2 * 3). Average ranks
    # (1.5, 1.5, 3) against (1, 2, 3): covariance 1.5, variances 1.5 and 2: rho = 1.5 / sqrt(3).
    found = rank_correlation([1.0, 1.0, 2.0], [1.0, 2.0, 3.0])
    assert found.kendall == pytest.approx(2 / math.sqrt(6))
    assert found.spearman == pytest.approx(1.5 / math.sqrt(3))
    assert found.distinct_scores == 2


def test_lengths_must_agree():
    with pytest.raises(DataError, match="one length"):
        rank_correlation([1.0, 2.0], [1.0, 2.0, 3.0])


def test_failures_must_be_left_out():
    with pytest.raises(DataError, match="not finite"):
        rank_correlation([1.0, 2.0], [1.0, -math.inf])


def test_a_constant_orders_nothing():
    with pytest.raises(DataError, match="1 distinct scores"):
        rank_correlation([1.0, 1.0], [1.0, 2.0])
