"""The wrapper that makes a strategy keep bounds."""

from dataclasses import dataclass, field

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.objective import Constraint, Objective
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.strategies.constrained import FLOOR, Constrained
from nasray.strategies.nsga2 import Nsga2
from nasray.strategies.random_search import RandomSearch

SMALL = Constraint(column="parameters", at_most=100.0)


@dataclass
class Listener:
    """A strategy that remembers what it was told."""

    told: list = field(default_factory=list)
    restored: list = field(default_factory=list)

    def ask(self, slots, streams):
        return [Proposal(slot, Architecture((slot,))) for slot in slots]

    def tell(self, outcome):
        self.told.append(outcome)

    def restore(self, history):
        self.restored.extend(history)


def outcome(slot: int, value: float, parameters: float) -> Outcome:
    return Outcome(Proposal(slot, Architecture((slot,))), Measurement(value, columns={"parameters": parameters}))


@pytest.fixture
def inner() -> Listener:
    return Listener()


@pytest.fixture
def strategy(inner) -> Constrained:
    return Constrained(inner=inner, constraints=[SMALL])


def test_debs_rule(strategy, inner):
    # Worst feasible, best infeasible by a hair, infeasible by 1.0 (200 against 100), in that order whatever the values.
    for slot, (value, parameters) in enumerate([(-5.0, 100.0), (99.0, 100.0001), (99.9, 200.0)]):
        strategy.tell(outcome(slot, value, parameters))
    feasible, near, far = (one.value for one in inner.told)
    assert feasible == -5.0
    assert far == 2 * FLOOR
    assert far < near < FLOOR < feasible


def test_everything_but_the_value_is_passed_on_as_it_was(strategy, inner):
    told = outcome(3, 99.0, 200.0)
    strategy.tell(told)
    assert inner.told[0].proposal is told.proposal
    assert inner.told[0].result.columns == {"parameters": 200.0}
    assert told.value == 99.0, "the archive's outcome must not change"


def test_a_failure_is_told_as_it_is(strategy, inner):
    failed = Outcome(Proposal(0, Architecture((0,))), Failure("exception", "boom"))
    strategy.tell(failed)
    assert inner.told == [failed]


def test_it_asks_what_the_inner_strategy_asks(strategy):
    assert [one.slot for one in strategy.ask(range(4, 6), Streams(0, "strategy"))] == [4, 5]


def test_a_restored_strategy_was_told_the_same(strategy, inner):
    asked, told = Proposal(0, Architecture((0,))), outcome(0, 99.0, 200.0)
    strategy.restore([asked, told])
    strategy.tell(told)
    assert inner.restored == [asked, inner.told[0]]


def test_a_column_that_is_not_measured(strategy):
    with pytest.raises(CapabilityError, match="no column 'parameters'"):
        strategy.tell(Outcome(Proposal(0, Architecture((0,))), Measurement(1.0)))


def test_no_constraint_is_a_mistake(inner):
    with pytest.raises(ConfigError, match="at least one constraint"):
        Constrained(inner=inner, constraints=[])


def test_contradictory_constraints(inner):
    with pytest.raises(ConfigError, match="Constrained: the constraints on parameters contradict"):
        Constrained(inner=inner, constraints=[SMALL, Constraint(column="parameters", at_least=101.0)])


def test_a_strategy_with_several_objectives_brings_its_own(line):
    objectives = [Objective(column="value", direction="maximize"), Objective(column="parameters", direction="minimize")]
    several = Nsga2(
        space=line,
        population_size=4,
        objectives=objectives,
        constraints=[],
        crossover_probability=0.9,
        mutation_probability=1.0,
        reference=None,
    )
    with pytest.raises(ConfigError, match="Nsga2 has several; give it the constraints itself"):
        Constrained(inner=several, constraints=[SMALL])
    Constrained(inner=RandomSearch(space=line), constraints=[SMALL])
