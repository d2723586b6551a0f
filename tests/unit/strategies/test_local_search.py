"""Hill climbing, followed step by step."""

from functools import partial

import pytest

from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.event_log import NoLog
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.search import Search
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.local_search import LocalSearch
from nasray.testing.strategy_contract import StrategyContract

STREAMS = Streams(0, "strategy")


def told(proposal: Proposal, value: float) -> Outcome:
    return Outcome(proposal, Measurement(value))


def climb(space, height, *, query_until="first", starts=1, width=1, n=60, seed=0):
    """Architectures of a search in the order of its slots; ``height`` gives the value of a place on the line."""
    strategy = LocalSearch(space=space, query_until=query_until, starts=starts)
    search = Search(space=space, strategy=strategy, budget=Budget(evaluations=n), width=width, seed=seed, log=NoLog())
    while (chunk := search.take(1)) is not None:
        search.deliver(chunk, [Measurement(height(chunk.proposals[0].architecture.genes[0]))])
    return [outcome.proposal for outcome in search.outcomes]


def test_it_climbs_to_the_top_of_a_single_hill(line):
    places = [one.architecture.genes[0] for one in climb(line, lambda at: -abs(at - 40))]
    start = places[0]
    assert 40 in places[: 2 * abs(start - 40) + 1], "every step costs two evaluations at most"


def test_a_local_optimum_ends_the_climb_and_a_random_sample_begins_the_next(line):
    asked = climb(line, lambda at: -abs(at - 40))
    begun = [one.slot for one in asked if one.operation == "random"]
    assert len(begun) >= 2
    first = [one.architecture for one in asked[: begun[1]]]
    assert {39, 40, 41} <= {one.genes[0] for one in first}, "a local optimum has better neighbours on no side"
    assert len(set(first)) == len(first), "a climb evaluates nothing twice"


def test_the_first_better_neighbour_is_moved_to_at_once(line):
    strategy = LocalSearch(space=line, query_until="first", starts=1)
    (start,) = strategy.ask(range(1), STREAMS)
    strategy.tell(told(start, 1.0))
    (one,) = strategy.ask(range(1, 2), STREAMS)
    strategy.tell(told(one, 2.0))
    (next_one,) = strategy.ask(range(2, 3), STREAMS)
    assert next_one.parents == (one.slot,)
    assert abs(next_one.architecture.genes[0] - one.architecture.genes[0]) == 1
    assert next_one.architecture != start.architecture


def test_with_all_the_best_of_the_whole_neighbourhood_is_moved_to(line):
    strategy = LocalSearch(space=line, query_until="all", starts=1)
    (start,) = strategy.ask(range(1), STREAMS)
    strategy.tell(told(start, 1.0))
    first, second = strategy.ask(range(1, 3), STREAMS)
    assert not strategy.ask(range(3, 4), STREAMS), "nothing is decided before both sides are known"
    strategy.tell(told(first, 2.0))
    strategy.tell(told(second, 3.0))
    (next_one,) = strategy.ask(range(3, 4), STREAMS)
    assert next_one.parents == (second.slot,)


def test_an_equal_neighbour_is_not_better(line):
    asked = climb(line, lambda at: 0.0, n=9)
    # A plain: each climb is its start and the start's two neighbours (one at the ends of the line).
    assert [one.operation for one in asked].count("random") >= 3


def test_a_climb_begins_from_the_best_of_its_starts(line):
    strategy = LocalSearch(space=line, query_until="first", starts=3)
    starts = strategy.ask(range(8), STREAMS)
    assert [one.operation for one in starts] == ["random"] * 3
    for start, value in zip(starts, (1.0, 5.0, 3.0), strict=True):
        strategy.tell(told(start, value))
    (neighbour, *_) = strategy.ask(range(3, 5), STREAMS)
    assert neighbour.parents == (starts[1].slot,)


def test_a_failed_start_is_left_for_any_neighbour_that_works(line):
    strategy = LocalSearch(space=line, query_until="first", starts=1)
    (start,) = strategy.ask(range(1), STREAMS)
    strategy.tell(Outcome(start, Failure("exception", "boom")))
    (one,) = strategy.ask(range(1, 2), STREAMS)
    strategy.tell(told(one, -99.0))
    (next_one,) = strategy.ask(range(2, 3), STREAMS)
    assert next_one.parents == (one.slot,)


def test_in_flight_neighbours_that_come_back_better_are_moved_to(line):
    strategy = LocalSearch(space=line, query_until="first", starts=1)
    (start,) = strategy.ask(range(1), STREAMS)
    strategy.tell(told(start, 1.0))
    left, right = strategy.ask(range(1, 3), STREAMS)
    strategy.tell(told(left, 2.0))
    strategy.tell(told(right, 3.0))
    (next_one,) = strategy.ask(range(3, 4), STREAMS)
    assert next_one.parents == (right.slot,)


def test_with_all_the_archive_is_the_same_for_every_width(line):
    def rugged(at):
        return float(at * 37 % 23)

    narrow = climb(line, rugged, query_until="all", width=1)
    assert climb(line, rugged, query_until="all", width=7) == narrow


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query_until": "best"}, "query_until .'best'. must be one of first, all"),
        ({"starts": 0}, "starts .0. must be at least 1"),
    ],
)
def test_impossible_values(line, changes, message):
    with pytest.raises(ConfigError, match=message):
        LocalSearch(**{"space": line, "query_until": "first", "starts": 1, **changes})


def test_a_space_without_neighbours(bare):
    with pytest.raises(CapabilityError, match="LocalSearch needs a space with Neighbourly"):
        LocalSearch(space=bare, query_until="first", starts=1)


@pytest.mark.parametrize("n_seen", [3, 24])
def test_a_neighbourhood_that_was_seen_is_not_evaluated_again(n_seen):
    """In a real space: no cell twice between two random samples."""
    space = NasBench201(channels=4, cells_per_stage=1)
    asked = climb(space, lambda gene: float(gene), n=5 * n_seen, width=n_seen)
    begun = [one.slot for one in asked if one.operation == "random"]
    for begin, end in zip(begun, [*begun[1:], len(asked)], strict=True):
        within = [one.architecture for one in asked[begin:end]]
        assert len(set(within)) == len(within)


class TestLocalSearchAll(StrategyContract):
    """The preset is ``first``; the other rule keeps the contract too."""

    n = 60

    @pytest.fixture
    def space(self):
        return NasBench201(channels=4, cells_per_stage=1)

    @pytest.fixture
    def make_strategy(self, space):
        return partial(LocalSearch, space=space, query_until="all", starts=2)

    @pytest.fixture
    def variants(self, space):
        return {"query_until": partial(LocalSearch, space=space, query_until="first", starts=2)}


def test_repaired_proposals_are_known_by_their_raw_form(line):
    """What was proposed is what must not be proposed again, whatever the gate made of it."""
    strategy, other = (LocalSearch(space=line, query_until="all", starts=1) for _ in range(2))
    (start,) = strategy.ask(range(1), STREAMS)
    strategy.tell(told(start, 1.0))
    first, second = strategy.ask(range(1, 3), STREAMS)
    repaired = Proposal(1, Architecture((63,)), "neighbour", (0,), raw=first.architecture)
    other.restore([start, told(start, 1.0), repaired])
    assert other.ask(range(2, 3), STREAMS) == [second]
