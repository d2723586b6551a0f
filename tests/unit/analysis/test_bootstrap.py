import numpy as np
import pytest

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.core.errors import ConfigError


def test_two_seeds_give_the_range_of_their_resampled_means():
    # Means of two draws from {0, 1}: 0 with p = 1/4, 0.5 with 1/2, 1 with 1/4. So the 25 % tails of a 0.4 interval
    # (quantiles 0.3 and 0.7) lie on 0.5, and those of a 0.95 interval on 0 and 1.
    narrow = bootstrap_interval([0.0, 1.0], np.random.default_rng(0), level=0.4)
    wide = bootstrap_interval([0.0, 1.0], np.random.default_rng(0), level=0.95)
    assert (narrow.low, narrow.high) == (0.5, 0.5)
    assert (wide.low, wide.high) == (0.0, 1.0)
    assert wide.mean == 0.5
    assert (wide.level, wide.n) == (0.95, 2)


def test_a_large_sample_agrees_with_the_normal_interval():
    rng = np.random.default_rng(1)
    samples = rng.normal(10.0, 2.0, size=400)
    found = bootstrap_interval(samples, rng)
    half = 1.96 * samples.std() / 20
    assert found.low == pytest.approx(samples.mean() - half, abs=0.03)
    assert found.high == pytest.approx(samples.mean() + half, abs=0.03)


def test_columns_are_resampled_together():
    samples = np.random.default_rng(2).normal(size=(6, 3))
    found = bootstrap_interval(np.hstack([samples, samples + 1]), np.random.default_rng(3))
    np.testing.assert_allclose(found.low[3:], found.low[:3] + 1)
    assert found.mean.shape == found.high.shape == (6,)


def test_the_same_generator_gives_the_same_interval():
    first, second = (bootstrap_interval([1.0, 2.0, 4.0], np.random.default_rng(5)) for _ in range(2))
    assert (first.low, first.high) == (second.low, second.high)


def test_one_seed_has_no_interval():
    with pytest.raises(ConfigError, match="at least 2 seeds, got 1"):
        bootstrap_interval([1.0], np.random.default_rng(0))


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_a_level_is_a_share(level):
    with pytest.raises(ConfigError, match=r"must be between 0 and 1"):
        bootstrap_interval([1.0, 2.0], np.random.default_rng(0), level=level)
