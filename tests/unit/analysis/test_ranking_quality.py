"""Hand-computed figures of rankings."""

import math

import numpy as np
import pytest

from nasray.analysis.paired_ranking import paired_ranking
from nasray.analysis.ranking_quality import ranking_quality, relative_ranks, top_share
from nasray.core.errors import ConfigError, DataError

VALUES = [10.0, 20.0, 30.0, 40.0]
RNG = np.random.default_rng(0)


def test_a_perfect_ranking():
    quality = ranking_quality([1, 2, 3, 4], VALUES, 2, RNG)
    assert (quality.correlation.kendall, quality.precision, quality.k) == (1.0, 1.0, 2)
    assert quality.ndcg == pytest.approx(1.0)
    assert quality.size_bias is None


def test_one_of_the_two_best_is_found():
    """By score the best are the third (gain 2/3) and the first (gain 0); ideal: 1 and 2/3."""
    quality = ranking_quality([3, 2, 4, 1], VALUES, 2, RNG)
    assert quality.precision == 0.5
    ideal = 1 + (2 / 3) / math.log2(3)
    assert quality.ndcg == pytest.approx((2 / 3) / ideal)


def test_a_score_that_is_size_overrates_size():
    """Score = size: rho 1. Value against size: ranks 1 2 3 4 against 2 1 4 3, rho = 1 - 6 * 4 / 60 = 0.6."""
    quality = ranking_quality([2, 1, 4, 3], VALUES, 1, RNG, sizes=[2, 1, 4, 3])
    assert quality.size_bias == pytest.approx(0.4)
    assert quality.size == quality.correlation, "the control is the same score"
    assert ranking_quality([2, 1, 4, 3], VALUES, 1, RNG, sizes=[1, 1, 1, 1]).size_bias is None


def test_ties_are_broken_at_random():
    found = {ranking_quality([1, 1, 1, 0], VALUES, 1, np.random.default_rng(seed)).ndcg for seed in range(20)}
    assert sorted(found) == pytest.approx([0.0, 1 / 3, 2 / 3])


@pytest.mark.parametrize("k", [0, 5])
def test_an_impossible_k_is_refused(k):
    with pytest.raises(ConfigError, match=f"k \\({k}\\) must be between 1 and the 4"):
        ranking_quality([1, 2, 3, 4], VALUES, k, RNG)


def test_the_top_share_keeps_ties():
    assert top_share([1, 2, 3, 3], 0.25).tolist() == [False, False, True, True]
    assert top_share(range(30), 0.1).sum() == 3  # though 0.1 * 30 is a little above 3
    with pytest.raises(ConfigError, match="must be above 0"):
        top_share([1.0], 0.0)
    with pytest.raises(DataError, match="no value"):
        top_share([], 0.5)


def test_ranks_are_relative_and_shared():
    assert relative_ranks([5.0, 1.0, 5.0]).tolist() == [0.75, 0.0, 0.75]


def test_a_better_ranking_is_found_better():
    truth = np.arange(60.0)
    noise = np.random.default_rng(1).normal(size=60)
    found = paired_ranking(truth + noise, truth + 40 * noise, truth, np.random.default_rng(2))
    assert found.low > 0
    assert found.low < found.difference < found.high
    same = paired_ranking(truth, truth, truth, np.random.default_rng(2), n_resamples=20)
    assert (same.difference, same.low, same.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("first", "message"), [([1.0, 2.0], "three of one length"), ([1.0, 2.0, float("nan")], "not finite")]
)
def test_lists_that_cannot_be_compared_are_refused(first, message):
    with pytest.raises(DataError, match=message):
        paired_ranking(first, [1, 2, 3], [1, 2, 3], RNG)
