from dataclasses import dataclass, field

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.predictors.reordered import Reordered

CELLS = [Architecture((number,)) for number in range(10)]


@dataclass
class Rows:
    """A table that lists the cells, last one first."""

    index: dict = field(default_factory=lambda: {one.genes: 9 - row for row, one in enumerate(CELLS)})

    def rows(self, architectures):
        return np.array([self.index[one.genes] for one in architectures], np.int64)


@dataclass
class By:
    """Scores a cell by a list."""

    values: list
    higher_is_better: bool = True

    def predict(self, architectures):
        return np.array([self.values[one.genes[0]] for one in architectures], float)


def reordered(coarse, fine, share):
    return Reordered(space=object(), table=Rows(), coarse=coarse, fine=fine, share=share)


def test_the_best_share_is_ordered_by_the_fine_and_the_rest_by_the_coarse():
    coarse, fine = By([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), By([1, 2, 3, 9, 9, 9, 9, 9, 9, 9])
    scores = reordered(coarse, fine, 0.3).predict(CELLS)
    assert np.argsort(-scores).tolist() == [2, 1, 0, 3, 4, 5, 6, 7, 8, 9]


def test_directions_are_respected_and_the_whole_share_is_the_fine_alone():
    falling, rising = By([*range(10)], higher_is_better=False), By([*range(10)])
    assert np.argsort(-reordered(falling, rising, 0.2).predict(CELLS)).tolist() == [1, 0, 2, 3, 4, 5, 6, 7, 8, 9]
    assert np.argsort(-reordered(falling, rising, 1.0).predict(CELLS)).tolist() == [*range(9, -1, -1)]


def test_a_score_does_not_depend_on_what_else_is_asked():
    predictor = reordered(By([*range(10)]), By([3, 1, 4, 1, 5, 9, 2, 6, 5, 8]), 0.5)
    assert predictor.predict(CELLS[2:4]).tolist() == predictor.predict(CELLS)[2:4].tolist()
    assert predictor.predict([]).shape == (0,)


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(ConfigError, match=r"Reordered share \(.*\) must be above 0 and at most 1"):
        reordered(By([0] * 10), By([0] * 10), share)


def test_the_name_of_a_table_is_no_table():
    with pytest.raises(CapabilityError, match="reordered got the name 'features' in place of an open table"):
        Reordered(space=object(), table="features", coarse=By([]), fine=By([]), share=0.1)
