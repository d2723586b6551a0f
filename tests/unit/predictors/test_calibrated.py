from dataclasses import dataclass, field

import numpy as np
import pytest
import safetensors.numpy

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.predictors.calibrated import Calibrated
from nasray.predictors.ridge import Ridge
from nasray.predictors.uncertain import Uncertain
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=4, cells_per_stage=1)
VALUES = np.array([0.0, 2.0, 4.0, 8.0])


@dataclass
class Scores:
    """An architecture's score is its gene."""

    higher_is_better: bool = True

    def predict(self, architectures):
        return np.array([float(one.genes[0]) for one in architectures])


@dataclass
class Spread(Scores):
    """Members disagree by as much as the table says."""

    spreads: dict = field(default_factory=lambda: {0: 1.0, 1: 1.0, 2: 2.0, 3: 4.0})

    def uncertainty(self, architectures):
        return np.array([self.spreads[one.genes[0]] for one in architectures])


def numbered(*genes):
    return [Architecture((gene,)) for gene in genes]


def calibrated(predictor, genes=(0, 1, 2, 3), values=VALUES):
    one = Calibrated(predictor=predictor, every=5)
    one.fit(numbered(*genes), np.asarray(values, float))
    return one


def test_four_outcomes_by_hand():
    # Sxx = 5, Sxy = 13: slope 2.6, intercept -0.4. Off the line by .4, .2, .8, .6; leverages .7, .3, .3, .7; so off the
    # line through the others by 4/3, 2/7, 8/7, 2. Rank of level 0.5: ceil(5 * 0.5) = 3, that is 4/3; of 0.8: 4.
    one = calibrated(Scores())
    np.testing.assert_allclose(one.predict(numbered(1, 5)), [2.2, 12.6])
    np.testing.assert_allclose(one.interval(numbered(1), 0.5), [[2.2 - 4 / 3, 2.2 + 4 / 3]])
    np.testing.assert_allclose(one.interval(numbered(1, 5), 0.8), [[0.2, 4.2], [10.6, 14.6]])
    assert one.interval(numbered(1), 0.9).tolist() == [[-np.inf, np.inf]]  # the fifth smallest of four


def test_intervals_are_wider_where_members_disagree():
    # The mean uncertainty, 2, is added: 3, 3, 4, 6. Ratios 4/9, 2/21, 2/7, 1/3; the third smallest is 1/3.
    one = calibrated(Spread())
    assert isinstance(one.predictor, Uncertain)
    np.testing.assert_allclose(one.interval(numbered(1, 3), 0.5), [[1.2, 3.2], [7.4 - 2, 7.4 + 2]])


def test_members_that_all_agree_are_no_division_by_zero():
    agreeing = Spread(spreads=dict.fromkeys(range(4), 0.0))
    np.testing.assert_array_equal(
        calibrated(agreeing).interval(numbered(2), 0.5), calibrated(Scores()).interval(numbered(2), 0.5)
    )


def test_a_miss_is_that_of_the_line_through_the_others():
    rng = np.random.default_rng(0)
    x, y = np.arange(9), np.arange(9) + rng.normal(size=9)
    lines = [np.polyfit(np.delete(x, at), np.delete(y, at), 1) for at in x]
    misses = sorted(abs(y[at] - np.polyval(lines[at], at)) for at in x)
    one = calibrated(Scores(), range(9), y)
    for rank in range(1, 10):
        low, high = one.interval(numbered(4), rank / 10 - 0.01)[0]
        assert (high - low) / 2 == pytest.approx(misses[rank - 1])


@pytest.mark.parametrize(("level", "n"), [(0.5, 19), (0.9, 19), (0.9, 39)])
def test_intervals_hold_as_often_as_they_say(level, n):
    """500 lessons on skewed noise; the standard error of the share is at most 0.023."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(500):
        genes = rng.integers(0, 50, size=n + 1)
        values = 0.3 * genes + rng.exponential(size=n + 1)
        one = calibrated(Scores(), genes[:n].tolist(), values[:n])
        low, high = one.interval(numbered(int(genes[n])), level)[0]
        held += low <= values[n] <= high
    assert held / 500 == pytest.approx(level, abs=0.05)


def test_lower_is_better_inside_is_turned_round():
    one = calibrated(Scores(higher_is_better=False), values=-VALUES)
    np.testing.assert_allclose(one.predict(numbered(1)), [-2.2])
    assert one.higher_is_better


@pytest.mark.parametrize("values", [-VALUES, np.full(4, 7.0)])
def test_scores_in_the_wrong_order_say_nothing(values):
    np.testing.assert_allclose(calibrated(Scores(), values=values).predict(numbered(0, 9)), values.mean())


def test_equal_scores_say_nothing():
    assert calibrated(Scores(), (2, 2, 2, 2)).predict(numbered(0, 9)).tolist() == [3.5, 3.5]


def test_two_outcomes_are_no_line():
    one = calibrated(Scores(), (0, 1), [5.0, 9.0])
    assert one.predict(numbered(3)).tolist() == [3.0]
    assert one.interval(numbered(3), 0.1).tolist() == [[-np.inf, np.inf]]


def test_a_learner_is_not_taught_what_calibrates_it():
    rng = np.random.default_rng(0)
    cells = [SPACE.sample(rng) for _ in range(23)]
    values = rng.normal(size=23)
    taught, alone = (Ridge(space=SPACE, target="values", shrinkage=1.0) for _ in range(2))
    one = Calibrated(predictor=taught, every=5)
    one.fit(cells, values)
    rest = [at for at in range(23) if at not in (4, 9, 14, 19)]
    alone.fit([cells[at] for at in rest], values[rest])
    assert taught.state() == alone.state()
    assert np.isinf(one.interval(cells[:1], 0.9)).all()  # four outcomes do not reach 0.9
    assert np.isfinite(one.interval(cells[:1], 0.8)).all()
    other = Calibrated(predictor=Ridge(space=SPACE, target="values", shrinkage=1.0), every=5)
    other.load(one.state())
    np.testing.assert_array_equal(other.interval(cells, 0.8), one.interval(cells, 0.8))


def test_scores_are_in_the_unit_of_the_truth_once_there_is_a_line():
    assert not Calibrated(predictor=Scores(), every=5).in_unit
    assert not calibrated(Scores(), (0, 1), [5.0, 9.0]).in_unit
    assert calibrated(Scores()).in_unit


def test_a_state_that_is_none_is_refused():
    with pytest.raises(DataError, match=r"calibrated got 4 bytes that are no state \(.*\); load what state"):
        Calibrated(predictor=Scores(), every=5).load(b"junk")
    with pytest.raises(DataError, match=r"calibrated got a state of \['line'\]; load what state"):
        Calibrated(predictor=Scores(), every=5).load(safetensors.numpy.save({"line": np.zeros(3)}))


def test_it_must_learn_first():
    blank = Calibrated(predictor=Scores(), every=5)
    with pytest.raises(CapabilityError, match="before it learnt anything"):
        blank.predict(numbered(1))
    blank.load(Calibrated(predictor=Scores(), every=5).state())
    with pytest.raises(CapabilityError, match="before it learnt anything"):
        blank.interval(numbered(1), 0.5)


@pytest.mark.parametrize(
    ("values", "message"), [([1.0], "2 architectures and values of shape"), ([1.0, float("nan")], "not finite")]
)
def test_bad_lessons(values, message):
    with pytest.raises(DataError, match=message):
        Calibrated(predictor=Scores(), every=5).fit(numbered(0, 1), np.array(values))


def test_bad_settings():
    with pytest.raises(ConfigError, match=r"every \(1\) must be at least 2"):
        Calibrated(predictor=Scores(), every=1)
    with pytest.raises(ConfigError, match=r"level \(1\) must be between 0 and 1"):
        calibrated(Scores()).interval(numbered(0), 1)
