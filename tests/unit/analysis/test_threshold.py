import math

import numpy as np
import pytest

from nasray.analysis.threshold import evaluations_to, reach, top_share_threshold
from nasray.core.errors import ConfigError, DataError


def test_evaluations_are_counted_from_one_and_ties_reach():
    assert evaluations_to([1.0, -math.inf, 3.0, 5.0], 3.0) == 3
    assert evaluations_to([1.0, 2.0], 3.0) is None
    assert evaluations_to([], 3.0) is None


@pytest.mark.parametrize(
    ("counts", "median", "censored"),
    [
        ([10, 30, 20], 20.0, 0.0),
        ([10, 20], 15.0, 0.0),
        ([10, None, 30], 30.0, 1 / 3),
        ([10, None], None, 0.5),  # the upper of the two middle runs never arrived, nor does their mean
        ([None, None, 5], None, 2 / 3),
    ],
)
def test_a_censored_run_counts_as_above_every_budget(counts, median, censored):
    found = reach(counts)
    assert found.median == median
    assert found.censored == pytest.approx(censored)
    assert found.n == len(counts)


def test_no_run_reaches_nothing():
    with pytest.raises(DataError, match="got no run"):
        reach([])


def test_the_top_share_is_the_ceiling_th_best_with_ties():
    values = np.arange(1.0, 31.0)  # 1 … 30
    assert top_share_threshold(values, 0.1) == 28.0  # ceil(3) = 3: 30, 29, 28
    assert top_share_threshold(values, 0.11) == 27.0  # ceil(3.3) = 4
    assert top_share_threshold(values, 0.0001) == 30.0
    assert top_share_threshold(values, 1.0) == 1.0
    assert top_share_threshold([5.0, 5.0, 4.0, 1.0], 0.25) == 5.0  # both fives are then at least as good


def test_nas_bench_201_has_sixteen_in_the_top_thousandth():
    # ceil(15,625 / 1,000) = 16
    assert top_share_threshold(np.arange(15_625), 0.001) == 15_625 - 16


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5])
def test_a_share_is_a_share(share):
    with pytest.raises(ConfigError, match="above 0 and at most 1"):
        top_share_threshold([1.0], share)


def test_a_share_of_nothing_is_refused():
    with pytest.raises(DataError, match="got no values"):
        top_share_threshold([], 0.5)
