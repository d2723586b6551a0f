"""Policies of a ladder, by hand."""

import math

import numpy as np
import pytest

from nasray.core.errors import ConfigError
from nasray.strategies.switch import SoFar
from nasray.strategies.switch_by_budget import SwitchByBudget
from nasray.strategies.switch_by_cost import SwitchByCost
from nasray.strategies.switch_by_iteration import SwitchByIteration
from nasray.strategies.switch_by_tau import SwitchByTau, kendall


def before(iteration, rung=0, scored=(0, 0), seconds=(0.0, 0.0), reserved=((), ())):
    return SoFar(iteration=iteration, rung=rung, scored=scored, seconds=seconds, reserved=reserved)


@pytest.mark.parametrize(
    ("start", "end", "rungs"),
    [(0, 2, [0, 0, 1, 1]), (0, 0, [1, 1, 1, 1]), (0, 4, [0, 0, 0, 0]), (2, 4, [1, 1, 0, 0])],
)
def test_by_iteration(start: int, end: int, rungs: list[int]) -> None:
    switch = SwitchByIteration(start=start, end=end)
    assert switch.reserved == 0
    assert [switch.rung(before(iteration)) for iteration in range(4)] == rungs


def test_lower_rungs_share_the_iterations() -> None:
    switch = SwitchByIteration(start=0, end=4)
    assert [switch.rung(before(iteration, scored=(0, 0, 0))) for iteration in range(5)] == [0, 0, 1, 1, 2]
    assert [switch.rung(before(iteration, scored=(0,))) for iteration in range(2)] == [0, 0]


def test_by_budget() -> None:
    switch = SwitchByBudget(candidates=100, latest=9)
    assert switch.rung(before(3, 0, (99, 0, 0))) == 0
    assert switch.rung(before(3, 0, (100, 0, 0))) == 1
    assert switch.rung(before(3, 2, (100, 100, 500))) == 2
    assert switch.rung(before(9, 0, (1, 0, 0))) == 2


def test_by_cost() -> None:
    switch = SwitchByCost(seconds=60.0, latest=9)
    assert switch.rung(before(3, 0, seconds=(59.0, 0.0))) == 0
    assert switch.rung(before(3, 0, seconds=(60.0, 0.0))) == 1
    assert switch.rung(before(9, 0, seconds=(0.0, 0.0))) == 1


def test_by_tau() -> None:
    truth, good, bad = (1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 4.0, 3.0), (4.0, 3.0, 2.0, 1.0)
    point = SwitchByTau(sample=4, at_least=0.5, interval=False, end=4)
    assert point.reserved == 4
    seen = [point.rung(before(iteration, scored=(0, 0, 0), reserved=(bad, good, truth))) for iteration in (0, 3, 4)]
    assert seen == [1, 1, 2]
    # tau = 4/6; its largest error is sqrt(2 (1 - 4/9) / 4) = 0.527, so that the lower end is below 0.
    assert SwitchByTau(sample=4, at_least=0.0, interval=True, end=4).rung(before(0, reserved=(good, truth))) == 1
    assert SwitchByTau(sample=4, at_least=-0.5, interval=True, end=4).rung(before(0, reserved=(good, truth))) == 0


def test_kendall_by_hand() -> None:
    tau, error = kendall(np.array([1.0, 2.0, 4.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert tau == pytest.approx(4 / 6)
    assert error == pytest.approx(math.sqrt(2 * (1 - 4 / 9) / 4))
    # One tied pair of six: 5 / sqrt(5 * 6).
    assert kendall(np.array([1.0, 1, 2, 3]), np.array([1.0, 2, 3, 4]))[0] == pytest.approx(5 / math.sqrt(30))
    assert kendall(np.array([math.nan, 1, 2]), np.array([9.0, 1, 2]))[0] == 1
    assert math.isnan(kendall(np.ones(3), np.arange(3.0))[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SwitchByIteration(start=3, end=2), r"switch.start \(3\) must be between 0 and switch.end \(2\)"),
        (lambda: SwitchByBudget(candidates=0, latest=1), r"switch.candidates \(0\) must be at least 1"),
        (lambda: SwitchByBudget(candidates=1, latest=-1), r"switch.latest \(-1\) must not be negative"),
        (lambda: SwitchByCost(seconds=0.0, latest=1), r"switch.seconds \(0.0\) must be above 0"),
        (lambda: SwitchByCost(seconds=1.0, latest=-1), r"switch.latest \(-1\) must not be negative"),
        (lambda: SwitchByTau(sample=2, at_least=0.0, interval=True, end=1), r"switch.sample \(2\) must be at least 3"),
        (lambda: SwitchByTau(sample=9, at_least=2.0, interval=True, end=1), r"switch.at_least \(2.0\) must be between"),
        (lambda: SwitchByTau(sample=9, at_least=0.0, interval=True, end=-1), r"switch.end \(-1\) must not be negative"),
    ],
)
def test_what_they_refuse(make, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()
