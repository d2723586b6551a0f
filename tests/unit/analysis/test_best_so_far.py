import math

import numpy as np
import pytest

from nasray.analysis.best_so_far import best_so_far, regret, stack_curves
from nasray.core.errors import ConfigError


def test_best_so_far_never_falls_and_ignores_failures():
    assert best_so_far([-math.inf, 3.0, 1.0, -math.inf, 4.0]).tolist() == [-math.inf, 3.0, 3.0, 3.0, 4.0]


def test_best_so_far_of_nothing_is_nothing():
    assert len(best_so_far([])) == 0


def test_regret_is_the_distance_to_the_optimum():
    assert regret([-math.inf, 3.0, 1.0, 4.5], 5.0).tolist() == [math.inf, 2.0, 2.0, 0.5]
    assert len(regret([], 5.0)) == 0


def test_regret_refuses_a_foreign_optimum():
    with pytest.raises(ConfigError, match=r"a value \(6.0\) is above the optimum \(5.0\)"):
        regret([1.0, 6.0, 2.0], 5.0)


def test_curves_are_cut_to_the_shortest():
    stacked = stack_curves([[1.0, 2.0, 3.0], [4.0, 5.0]])
    np.testing.assert_array_equal(stacked, [[1.0, 2.0], [4.0, 5.0]])


def test_stacking_nothing_is_refused():
    with pytest.raises(ConfigError, match="got no curve"):
        stack_curves([])
