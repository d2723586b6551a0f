"""What a composed strategy trades off, and what the end of a search makes of it."""

from types import SimpleNamespace

import numpy as np
import pytest

from nasray.analysis.trade_off import NOTHING, TradeOff
from nasray.app.finale import ranked
from nasray.app.trade_offs import check_bounds, check_columns, trade_off_of
from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.objective import Constraint, Objective
from nasray.core.proposal import Proposal
from nasray.evaluators.noisy import Noisy
from nasray.evaluators.synthetic import Synthetic
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.constrained import Constrained
from nasray.strategies.nsga2 import Nsga2
from nasray.strategies.random_search import RandomSearch

SPACE = NasBench201(channels=4, cells_per_stage=1)
OBJECTIVES = (Objective(column="value", direction="maximize"), Objective(column="ms", direction="minimize"))
FAST, SMALL = Constraint(column="ms", at_most=10.0), Constraint(column="parameters", at_most=5.0)


def outcome(slot, value, ms):
    return Outcome(Proposal(slot, Architecture((slot,))), Measurement(value, columns={"ms": ms}))


def test_a_strategy_with_one_objective_trades_nothing_off():
    assert trade_off_of(RandomSearch(space=SPACE)) == NOTHING


def test_constraints_of_wrappers_add_up():
    inner = Constrained(inner=RandomSearch(space=SPACE), constraints=[FAST])
    assert trade_off_of(Constrained(inner=inner, constraints=[SMALL])) == TradeOff(constraints=(SMALL, FAST))


def test_several_objectives_come_with_their_constraints_and_reference():
    strategy = Nsga2(
        space=SPACE,
        population_size=4,
        objectives=list(OBJECTIVES),
        constraints=[FAST],
        crossover_probability=0.9,
        mutation_probability=1.0,
        reference=[0, 10],
    )
    assert trade_off_of(strategy) == TradeOff(objectives=OBJECTIVES, constraints=(FAST,), reference=(0, 10))


class Measures(Synthetic):
    columns = ("ms",)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_column_that_the_evaluator_does_not_measure(wrapped):
    evaluator = Measures(n_choices=5, chunk_size=8)
    if wrapped:
        evaluator = Noisy(inner=evaluator, std=1.0)
    check_columns(TradeOff(objectives=OBJECTIVES, constraints=(FAST,)), evaluator)
    with pytest.raises(CapabilityError, match="measures no column 'parameters'; it measures: value, ms"):
        check_columns(TradeOff(constraints=(SMALL,)), evaluator)
    with pytest.raises(CapabilityError, match=r"no column 'mss' \(did you mean ms\?\); it measures: value, ms"):
        check_columns(TradeOff(constraints=(Constraint(column="mss", at_most=3.0),)), evaluator)


def test_an_evaluator_that_does_not_say_is_believed():
    check_columns(TradeOff(constraints=(SMALL,)), Synthetic(n_choices=5, chunk_size=8))


def test_bounds_that_no_row_of_a_table_keeps():
    columns = {"ms": np.array([1.0, 5.0, np.nan]), "mj": np.array([9.0, 2.0, 1.0])}
    tables = {"hardware": SimpleNamespace(names=tuple(columns), column=columns.__getitem__)}
    low, high = Constraint(column="ms", at_most=2.0), Constraint(column="mj", at_least=5.0, at_most=10.0)
    check_bounds(TradeOff(constraints=(low, high, SMALL)), tables)
    with pytest.raises(ConfigError, match="no row of table hardware keeps the constraints on ms; there is ms from 1"):
        check_bounds(TradeOff(constraints=(Constraint(column="ms", at_most=0.5),)), tables)
    apart = Constraint(column="mj", at_most=5.0)
    with pytest.raises(ConfigError, match="on ms, mj; there is ms from 1 to 5; mj from 1 to 9: loosen or drop one"):
        check_bounds(TradeOff(constraints=(low, apart)), tables)


def test_the_winner_is_feasible():
    failed = Outcome(Proposal(9, Architecture((9,))), Failure("exception", "boom"))
    told = [outcome(0, 50, 5), outcome(1, 99, 30), outcome(2, 98, 12), failed, outcome(3, 60, 10)]
    assert [one.proposal.slot for one in ranked(told, TradeOff(constraints=(FAST,)))] == [3, 0, 2, 1]
    assert [one.proposal.slot for one in ranked(told)] == [1, 2, 3, 0]


def test_among_equal_values_the_winner_is_on_the_front():
    told = [outcome(0, 50, 5), outcome(1, 50, 4), outcome(2, 50, 4)]
    assert [one.proposal.slot for one in ranked(told, TradeOff(objectives=OBJECTIVES))] == [1, 2, 0]
