"""Design principle transfer, step by step, on NAS-Bench-201 cells with scores that nobody measured."""

from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.principles import Principles
from nasray.core.seeds import Streams
from nasray.core.transfer_source import TransferSource
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.local_search import LocalSearch
from nasray.strategies.principle_transfer import NOTE, PrincipleTransfer
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.testing.drawn_table import DrawnTable

SPACE = NasBench201(channels=4, cells_per_stage=1)
TABLE = DrawnTable(SPACE, ["cifar100_valid_200", "imagenet16_120_valid_200"], 60)
SOURCE = TransferSource(table=TABLE, column="cifar100_valid_200", top=10)
OTHER = TransferSource(table=TABLE, column="imagenet16_120_valid_200", top=10)
EIGHT = ((2, 3), (2, 3), (2, 3), (1,), (3,), (3,))
STREAMS = Streams(0, "strategy")


def left(operators, text="these"):
    return Principles(text, operators)


@dataclass
class Written:
    """Principles that are written down here; remembers what it was shown."""

    learnt: Principles
    adapted: list = field(default_factory=list)
    shown: list = field(default_factory=list)

    def learn(self, sources):
        self.shown.append(list(sources))
        return self.learnt

    def adapt(self, principles, found, improved):
        self.shown.append((list(found), improved))
        return self.adapted.pop(0)


def transfer(refiner, **changes):
    settings = {
        "space": SPACE,
        "refiner": refiner,
        "sources": [SOURCE],
        "inner": partial(RegularizedEvolution, population_size=3, tournament_size=2),
        "copied": 0,
        "adapt_at": (),
        "shown": 2,
        "outside": 0.0,
        "history": "kept",
    }
    return PrincipleTransfer(**settings | changes)


def run(strategy, n, value=lambda architecture: float(sum(architecture.genes))):
    """Ask and tell with width 1; how far it came."""
    made = []
    for slot in range(n):
        asked = strategy.ask(range(slot, slot + 1), STREAMS)
        if not asked:
            break
        made += asked
        strategy.tell(Outcome(asked[0], Measurement(value(asked[0].architecture))))
    return made


def test_it_asks_for_every_member_of_the_refined_space_once_and_ends():
    made = run(transfer(Written(left(EIGHT))), 20)
    assert len(made) == len({one.architecture for one in made}) == 8
    refined = SPACE.restrict(left(EIGHT))
    for one in made:
        refined.validate(one.architecture)
    assert made[0].notes[NOTE] == {
        "principles": {"text": "these", "operators": EIGHT},
        "improved": None,
        "size": 8,
    }
    assert all(one.notes is None for one in made[1:])


def test_the_refiner_learns_from_the_best_of_all_sources_in_turn():
    refiner = Written(left(EIGHT))
    run(transfer(refiner, sources=[SOURCE, OTHER]), 1)
    first, second = SOURCE.best(), OTHER.best()
    assert refiner.shown[0][:2] == [first[0], second[0]]
    assert set(refiner.shown[0]) == {*first, *second}


def test_copies_come_first_in_the_order_of_the_source():
    made = run(transfer(Written(left(EIGHT)), copied=4), 6)
    assert [one.architecture for one in made[:4]] == SOURCE.best()[:4]
    assert [one.operation == "source" for one in made] == [True] * 4 + [False] * 2
    more = run(transfer(Written(left(EIGHT)), copied=99), 30)
    assert [one.operation == "source" for one in more[:11]] == [True] * 10 + [False]


def test_it_adapts_at_its_slots_to_the_best_found():
    refiner = Written(left(EIGHT), [left(((0, 1),) * 6, "second"), left(((4, 1),) * 6, "third")])
    made = run(transfer(refiner, adapt_at=(3, 5)), 7, lambda one: -float(sum(one.genes)))
    best = sorted(made[:3], key=lambda one: sum(one.architecture.genes))[:2]
    assert refiner.shown[1] == ([one.architecture for one in best], True)
    assert [made[slot].notes[NOTE]["principles"]["text"] for slot in (0, 3, 5)] == ["these", "second", "third"]
    assert [made[slot].notes[NOTE]["improved"] for slot in (3, 5)] == [True, True]
    assert all(gene in (4, 1) for one in made[5:] for gene in one.architecture.genes)


def test_without_a_better_one_the_refiner_is_told_so():
    refiner = Written(left(EIGHT), [left(EIGHT), left(EIGHT)])
    run(transfer(refiner, adapt_at=(2, 4)), 5, lambda _: 1.0)
    assert [improved for _, improved in refiner.shown[1:]] == [True, False]


def test_an_exhausted_space_is_adapted_early():
    refiner = Written(left(EIGHT), [left(((0,), (0, 1), (0,), (0,), (0,), (0,)))])
    made = run(transfer(refiner, adapt_at=(15,)), 20)
    assert len(made) == 10
    assert made[8].notes[NOTE]["size"] == 2


def test_principles_that_cannot_be_kept_to_are_put_down():
    refiner = Written(left(((3,),) * 6), [left(EIGHT), left(((9,),) * 6)])
    made = run(transfer(refiner, adapt_at=(1, 2)), 3)
    notes = [one.notes[NOTE] for one in made]
    assert "leave 1 of the members" in notes[0]["refused"]
    assert notes[0]["size"] == 15_625
    assert "refused" not in notes[1]
    assert "unknown" in notes[2]["refused"]
    assert notes[2]["size"] == 8


def test_a_share_leaves_the_refined_space():
    made = run(transfer(Written(left(((2, 3),) * 6)), outside=0.5), 40)
    outside = [one for one in made if set(one.architecture.genes) - {2, 3}]
    assert [one.operation for one in outside] == ["outside"] * len(outside)
    assert 10 < len(outside) < 30
    assert len({one.architecture for one in made}) == 40


@pytest.mark.parametrize("history", ["kept", "projected"])
def test_a_new_stage_is_told_the_past(history):
    told = []

    class Watching(RandomSearch):
        def tell(self, outcome):
            told.append(outcome.proposal.architecture)

    inner = partial(Watching)
    refiner = Written(left(EIGHT), [left(((0, 1),) * 6)])
    strategy = transfer(refiner, inner=inner, history=history, adapt_at=(2,))
    told.clear()  # of the probe
    made = run(strategy, 3)
    assert told[:2] == [one.architecture for one in made[:2]]
    inside = [set(one.genes) <= {0, 1} for one in told[2:4]]
    assert inside == [history == "projected"] * 2


def test_a_failure_is_no_find():
    refiner = Written(left(EIGHT), [left(EIGHT)])
    strategy = transfer(refiner, adapt_at=(1,))
    (first,) = strategy.ask(range(1), STREAMS)
    strategy.tell(Outcome(first, Failure("exception", "broken")))
    strategy.ask(range(1, 2), STREAMS)
    assert refiner.shown[1] == ([], False)


def test_restored_it_asks_no_refiner():
    refiner = Written(left(EIGHT), [left(((0, 1),) * 6)])
    made = run(transfer(refiner, adapt_at=(2,)), 4)
    history = [event for one in made for event in (one, Outcome(one, Measurement(float(sum(one.architecture.genes)))))]
    again = transfer(Written(left(EIGHT)), adapt_at=(2,))
    again.restore(history)
    (following,) = again.ask(range(4, 5), STREAMS)
    assert set(following.architecture.genes) <= {0, 1}
    assert following.architecture not in {one.architecture for one in made}


def test_an_inner_strategy_that_waits_is_waited_for():
    class Waiting(RandomSearch):
        def ask(self, slots, streams):
            return []

    assert transfer(Written(left(EIGHT)), inner=Waiting).ask(range(3), STREAMS) == []


@pytest.mark.parametrize("changes", [{"adapt_at": [3]}, {"copied": 1}])
def test_an_inner_strategy_that_knows_its_own_steps_only_is_refused(changes):
    climber = partial(LocalSearch, query_until="first", starts=1)
    with pytest.raises(CapabilityError, match=r"LocalSearch was told of slot 0, for which it had not asked"):
        transfer(Written(left(EIGHT)), inner=climber, **changes)
    assert run(transfer(Written(left(EIGHT)), inner=climber), 2), "alone in one stage it is told of its own"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"refiner": None}, CapabilityError, "needs a refiner and got none; choose one, e.g. refiner=frequency"),
        ({"space": object()}, CapabilityError, "strategy principle_transfer needs a space with Restrictable"),
        ({"sources": []}, ConfigError, "sources are empty: name at least one source task"),
        ({"copied": -1}, ConfigError, r"copied \(-1\) must not be negative"),
        ({"shown": 0}, ConfigError, r"shown \(0\) must be at least 1"),
        ({"outside": 1.0}, ConfigError, r"outside \(1.0\) must be at least 0 and below 1"),
        ({"adapt_at": [5, 5]}, ConfigError, r"adapt_at \(\[5, 5\]\) must be slots above 0 in ascending order"),
        ({"adapt_at": [0]}, ConfigError, r"adapt_at \(\[0\]\) must be slots above 0"),
        ({"history": "lost"}, ConfigError, r"history \('lost'\) must be kept or projected"),
    ],
)
def test_impossible_settings_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        replace(transfer(Written(left(EIGHT))), **changes)
