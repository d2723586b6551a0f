"""NSGA-II, with sorting and crowding computed by hand."""

import math

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.objective import Constraint, Objective
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.strategies.nsga2 import Nsga2

STREAMS = Streams(0, "strategy")
UP, DOWN = Objective(column="value", direction="maximize"), Objective(column="cost", direction="minimize")


def outcome(slot: int, value: float, cost: float) -> Outcome:
    return Outcome(Proposal(slot, Architecture((slot,))), Measurement(value, columns={"cost": cost}))


@pytest.fixture
def make(line):
    usual = {
        "space": line,
        "population_size": 4,
        "objectives": [UP, DOWN],
        "constraints": [],
        "crossover_probability": 0.9,
        "mutation_probability": 1.0,
        "reference": None,
    }
    return lambda **changes: Nsga2(**{**usual, **changes})


def survivors(strategy: Nsga2, outcomes: list[Outcome]) -> dict[int, tuple[float, int, float]]:
    return {one.outcome.proposal.slot: one.key for one in strategy._survivors(outcomes)}


def test_rank_comes_before_crowding(make):
    # As losses (-value, cost): 0 (-4,4), 1 (-3,2), 2 (-1,1) are the first front; 3 (-2,3) is beaten by 1 alone,
    # 4 (-1,4) by 0, 1, 2 and 3.
    told = [outcome(0, 4, 4), outcome(1, 3, 2), outcome(2, 1, 1), outcome(3, 2, 3), outcome(4, 1, 4)]
    kept = survivors(make(), told)
    assert list(kept) == [0, 2, 1, 3]
    assert [key[1] for key in kept.values()] == [0, 0, 0, 1]


def test_the_crowded_middle_of_a_front_goes_first(make):
    # One front (value, cost): (0,0) (1,1) (2,2) (5,5) (10,10). The ends are infinitely far; the gaps around the middle
    # ones, over the range of 10 and averaged over both objectives: 2/10, 4/10, 8/10.
    told = [outcome(slot, at, at) for slot, at in enumerate((0, 1, 2, 5, 10))]
    kept = survivors(make(), told)
    assert set(kept) == {0, 4, 3, 2}
    assert [-key[2] for key in kept.values()] == pytest.approx([math.inf, math.inf, 0.8, 0.4])


def test_ties_are_broken_by_age(make):
    # Where all points are equal there is no range, and pymoo gives all of them the distance 0.
    assert list(survivors(make(), [outcome(slot, 1.0, 1.0) for slot in (3, 5, 0, 4, 1)])) == [0, 1, 3, 4]


def test_feasible_beats_infeasible_and_less_violation_beats_more(make):
    # At most 10: 20 misses it by 1.0, 15 by 0.5; a failure is worse than both.
    strategy = make(constraints=[Constraint(column="cost", at_most=10.0)])
    failed = Outcome(Proposal(3, Architecture((3,))), Failure("exception", "boom"))
    kept = survivors(strategy, [outcome(0, 99, 20), outcome(1, 99, 15), outcome(2, 1, 10), failed])
    assert list(kept) == [2, 1, 0, 3]
    assert [key[0] for key in kept.values()] == [0.0, 0.5, 1.0, math.inf]


def test_a_generation_waits_for_the_one_before(make):
    strategy = make()
    first = strategy.ask(range(10), STREAMS)
    assert [one.slot for one in first] == [0, 1, 2, 3]
    assert strategy.ask(range(4, 10), STREAMS) == []
    for slot in range(3):
        strategy.tell(outcome(slot, slot, slot))
        assert strategy.ask(range(4, 10), STREAMS) == []
    strategy.tell(outcome(3, 3, 3))
    second = strategy.ask(range(4, 10), STREAMS)
    assert [one.slot for one in second] == [4, 5, 6, 7]
    assert all(parent < 4 for one in second for parent in one.parents)


def test_a_child_is_nobodys_twin(make):
    strategy = make(mutation_probability=0.0)
    told = [Outcome(Proposal(slot, Architecture((16 * slot,))), outcome(slot, slot, slot).result) for slot in range(4)]
    for one in told:
        strategy.tell(one)
    children = [one.architecture for one in strategy.ask(range(4, 8), STREAMS)]
    assert len({*children, *(one.proposal.architecture for one in told)}) == 8


def test_a_tournament_prefers_the_better(make):
    strategy = make(population_size=2)
    strategy.tell(outcome(0, 9.0, 1.0))
    strategy.tell(outcome(1, 1.0, 9.0))
    rng = Streams(1, "strategy").at(0)
    assert [strategy._tournament(rng).proposal.slot for _ in range(50)].count(0) > 25


def test_how_a_child_was_made(make):
    told = [outcome(slot, slot, slot) for slot in range(4)]

    def made(**changes):
        strategy = make(**changes)
        strategy.ask(range(4), STREAMS)
        for one in told:
            strategy.tell(one)
        return {(one.operation, len(one.parents)) for one in strategy.ask(range(4, 8), STREAMS)}

    assert made(crossover_probability=0.0) == {("mutation", 1)}
    assert made(crossover_probability=1.0) == {("crossover and mutation", 2)}
    assert made(crossover_probability=1.0, mutation_probability=0.0) == {("crossover", 2)}


def test_restored_in_mid_generation_it_asks_the_same(make):
    strategy, restored = make(), make()
    history = list(strategy.ask(range(4), STREAMS))
    history += [outcome(slot, slot % 3, slot) for slot in range(4)]
    for one in history[4:]:
        strategy.tell(one)
    begun = strategy.ask(range(4, 6), STREAMS)
    restored.restore([*history, *begun])
    assert restored.ask(range(6, 8), STREAMS) == strategy.ask(range(6, 8), STREAMS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"population_size": 1}, "population_size .1. must be at least 2"),
        ({"objectives": [UP]}, "objectives .value. must be at least 2"),
        ({"objectives": [UP, UP]}, "must be of different columns"),
        ({"crossover_probability": 1.5}, "crossover_probability .1.5. must be between 0 and 1"),
        ({"mutation_probability": -0.1}, "mutation_probability .-0.1. must be between 0 and 1"),
        ({"reference": [1.0]}, "reference .* needs 2 numbers"),
        (
            {"constraints": [Constraint(column="cost", at_most=1.0), Constraint(column="cost", at_least=2.0)]},
            "Nsga2: the constraints on cost contradict",
        ),
    ],
)
def test_impossible_values(make, changes, message):
    with pytest.raises(ConfigError, match=message):
        make(**changes)


def test_a_space_without_crossover(make, bare):
    with pytest.raises(CapabilityError, match="Nsga2 needs a space with Crossable"):
        make(space=bare)


def test_a_column_that_is_not_measured_is_said_at_the_first_outcome(make):
    strategy = make()
    with pytest.raises(CapabilityError, match="no column 'cost'"):
        strategy.tell(Outcome(Proposal(0, Architecture((0,))), Measurement(1.0)))
