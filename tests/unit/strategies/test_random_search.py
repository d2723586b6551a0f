"""Random search."""

from collections import Counter

from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.random_search import RandomSearch

SPACE = NasBench201(channels=8, cells_per_stage=1)
STREAMS = Streams(0, "strategy")


def test_each_slot_is_a_sample_of_its_own_stream():
    strategy = RandomSearch(space=SPACE)
    asked = [*strategy.ask(range(3), STREAMS), *strategy.ask(range(3, 5), STREAMS)]
    assert asked == [Proposal(slot, SPACE.sample(STREAMS.fresh(slot))) for slot in range(5)]
    assert {one.operation for one in asked} == {"random"}


def test_nothing_is_learnt():
    told, untold = RandomSearch(space=SPACE), RandomSearch(space=SPACE)
    outcomes = [Outcome(one, Measurement(float(one.slot))) for one in told.ask(range(9), STREAMS)]
    told.tell(outcomes[0])
    told.restore(outcomes)
    assert told == untold
    assert told.ask(range(9, 12), STREAMS) == untold.ask(range(9, 12), STREAMS)


def test_samples_are_drawn_with_replacement():
    # 15,625 cells: of 2,000 samples about 2,000^2 / (2 * 15,625) = 128 were drawn before.
    counts = Counter(one.architecture for one in RandomSearch(space=SPACE).ask(range(2_000), STREAMS))
    assert 80 < 2_000 - len(counts) < 180
    assert all(isinstance(one, Architecture) for one in counts)
