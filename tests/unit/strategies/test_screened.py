import pickle
from dataclasses import dataclass, field

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.screened import NOTE, Screened

STREAMS = Streams(0, "strategy")


class Gene:
    """Scores a point of the line by where it is."""

    def __init__(self, higher_is_better=True, missing=()):
        self.higher_is_better = higher_is_better
        self.missing = missing
        self.asked = []

    def predict(self, architectures):
        self.asked.append(list(architectures))
        return np.array([np.nan if one.genes[0] in self.missing else one.genes[0] for one in architectures], float)


class Pupil(Gene):
    """The same, once it was taught."""

    def __init__(self):
        super().__init__()
        self.lessons = []

    def fit(self, architectures, values):
        self.lessons.append(list(zip(architectures, values.tolist(), strict=True)))

    def state(self):
        return b""

    def load(self, state):
        pass


class Mute(Gene):
    """Scores everything alike."""

    def predict(self, architectures):
        self.asked.append(list(architectures))
        return np.full(len(architectures), np.nan if self.missing else 7.0)


class MutePupil(Pupil):
    """Likewise, whatever it was taught."""

    def predict(self, architectures):
        return np.full(len(architectures), 7.0)


@dataclass
class Counting:
    """Proposes the number of asks so far and a random number; stops after ``limit`` asks."""

    limit: int = 1_000
    asks: int = 0
    told: list[int] = field(default_factory=list)

    def ask(self, slots, streams):
        if self.asks >= self.limit:
            return []
        self.asks += len(slots)
        return [Proposal(slot, Architecture((int(streams.at(slot).random() * 50), self.asks))) for slot in slots]

    def tell(self, outcome):
        self.told.append(outcome.proposal.slot)

    def restore(self, history):
        self.asks = sum(isinstance(event, Proposal) for event in history)
        self.told = [event.proposal.slot for event in history if isinstance(event, Outcome)]


def screened(inner, predictor, **changes):
    settings = {"candidates": 4, "warm_up": 2, "refit_every": 2, "reserved": 0.0} | changes
    return Screened(inner=inner, predictor=predictor, **settings)


def tell(strategy, proposals, value=1.0):
    for proposal in proposals:
        strategy.tell(Outcome(proposal, Measurement(value)))


def drawn(line, slot, k):
    """The candidates of a slot: candidate j draws from the stream of the virtual slot ``slot * k + j``."""
    return [line.sample(STREAMS.at(slot * k + j)).genes[0] for j in range(k)]


def test_the_best_of_k_candidates_is_proposed_and_its_rivals_scores_are_noted(line):
    predictor = Gene()
    (proposal,) = screened(RandomSearch(space=line), predictor).ask(range(3, 4), STREAMS)
    rivals = drawn(line, 3, 4)
    assert proposal.architecture.genes == (max(rivals),)
    assert proposal.slot == 3
    assert proposal.notes == {NOTE: {"candidate": rivals.index(max(rivals)), "scores": [float(one) for one in rivals]}}
    assert len(predictor.asked) == 1, "the candidates of a slot are scored in one batch"


def test_lower_is_better_where_the_predictor_says_so(line):
    (proposal,) = screened(RandomSearch(space=line), Gene(higher_is_better=False)).ask(range(3, 4), STREAMS)
    assert proposal.architecture.genes == (min(drawn(line, 3, 4)),)


def test_a_missing_score_comes_last_and_the_first_of_equals_wins(line):
    rivals = drawn(line, 3, 4)
    without_best = Gene(missing={max(rivals)})
    (proposal,) = screened(RandomSearch(space=line), without_best).ask(range(3, 4), STREAMS)
    assert proposal.architecture.genes == (sorted(rivals)[-2],)
    (proposal,) = screened(RandomSearch(space=line), Gene(missing=set(rivals))).ask(range(3, 4), STREAMS)
    assert proposal.notes[NOTE]["candidate"] == 0


def test_an_infinite_score_is_a_missing_one(line):
    class Diverging(Gene):
        def predict(self, architectures):
            scores = super().predict(architectures)
            return np.where(scores == scores.min(), np.inf, scores)

    rivals = drawn(line, 3, 4)
    (proposal,) = screened(RandomSearch(space=line), Diverging()).ask(range(3, 4), STREAMS)
    assert proposal.architecture.genes == (max(rivals),)
    assert None in proposal.notes[NOTE]["scores"]


def test_what_was_measured_before_is_taken_only_if_all_were(line):
    rivals = drawn(line, 3, 4)
    strategy = screened(RandomSearch(space=line), Gene())
    for rank, best in enumerate(sorted(set(rivals), reverse=True)):
        (proposal,) = strategy.ask(range(3, 4), STREAMS)
        assert proposal.architecture.genes == (best,)
        tell(strategy, [Proposal(rank, Architecture((best,)))])
    (proposal,) = strategy.ask(range(3, 4), STREAMS)
    assert proposal.architecture.genes == (max(rivals),)


def test_with_one_candidate_it_is_the_inner_strategy(line):
    alone = RandomSearch(space=line).ask(range(8), STREAMS)
    assert screened(RandomSearch(space=line), Gene(), candidates=1).ask(range(8), STREAMS) == alone


def test_the_inner_strategy_goes_on_as_if_it_had_been_asked_once_a_slot():
    strategy = screened(Counting(), Gene())
    proposals = strategy.ask(range(5), STREAMS)
    assert [proposal.architecture.genes[1] for proposal in proposals] == [1, 2, 3, 4, 5]
    tell(strategy, proposals)
    assert strategy.inner.asks == 5
    assert strategy.inner.told == [0, 1, 2, 3, 4]


def test_an_inner_strategy_that_waits_is_waited_for():
    strategy = screened(Counting(limit=2), Gene())
    assert len(strategy.ask(range(5), STREAMS)) == 2
    assert strategy.ask(range(2, 5), STREAMS) == []


def test_a_learner_is_taught_everything_measured_at_the_warm_up_and_then_every_so_often():
    pupil = Pupil()
    strategy = screened(Counting(), pupil, warm_up=3, refit_every=2)
    for slot in range(9):
        (proposal,) = strategy.ask(range(slot, slot + 1), STREAMS)
        assert (proposal.notes is None) == (slot < 3), "before the warm-up nothing is scored"
        failed = Failure("exception", "on purpose")
        strategy.tell(Outcome(proposal, failed if slot == 1 else Measurement(float(slot))))
    assert [[value for _, value in lesson] for lesson in pupil.lessons] == [
        [0.0, 2.0],
        [0.0, 2.0, 3.0, 4.0],
        [0.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    ]


def test_a_learner_without_a_lesson_is_not_asked():
    pupil = Pupil()
    strategy = screened(Counting(), pupil)
    for proposal in strategy.ask(range(4), STREAMS):
        strategy.tell(Outcome(proposal, Failure("exception", "on purpose")))
    assert strategy.ask(range(4, 5), STREAMS)[0].notes is None
    assert not pupil.lessons


def test_a_restored_one_asks_no_predictor_for_what_was_asked_and_goes_on_alike():
    usual, history = screened(Counting(), Pupil()), []
    for slot in range(6):
        (proposal,) = usual.ask(range(slot, slot + 1), STREAMS)
        history += [proposal, Outcome(proposal, Measurement(float(slot)))]
        usual.tell(history[-1])
    pupil = Pupil()
    restored = screened(Counting(), pupil)
    restored.restore(history)
    assert not pupil.asked
    assert not pupil.lessons
    assert restored.ask(range(6, 7), STREAMS) == usual.ask(range(6, 7), STREAMS)
    assert len(pupil.lessons) == 1


def test_a_pickled_one_goes_on_alike(line):
    strategy = screened(RandomSearch(space=line), Gene())
    tell(strategy, strategy.ask(range(20), STREAMS))
    there = pickle.loads(pickle.dumps(strategy))
    assert there.ask(range(20, 40), STREAMS) == strategy.ask(range(20, 40), STREAMS)
    assert not [name for name, value in vars(there).items() if isinstance(value, dict)], "no ids are kept"


def test_the_first_candidate_of_a_reserved_slot_is_taken_and_scored(line):
    (proposal,) = screened(RandomSearch(space=line), Gene(), reserved=1.0).ask(range(3, 4), STREAMS)
    first = drawn(line, 3, 4)[0]
    assert proposal.architecture.genes == (first,)
    assert proposal.notes == {NOTE: {"candidate": 0, "scores": [float(first)], "reserved": True}}


class Claiming(Gene):
    """Guesses the value itself, give or take 2."""

    in_unit = True

    def interval(self, architectures, level):
        genes = np.array([one.genes[0] for one in architectures], float)
        return np.stack([genes - 2.5 * level, genes + 2.5 * level], axis=1)


@dataclass
class Wrapped:
    """Gives batches a shape."""

    inner: Gene
    higher_is_better: bool = True

    def predict(self, architectures):
        return self.inner.predict(architectures)


@pytest.mark.parametrize("predictor", [Claiming(), Wrapped(Wrapped(Claiming()))])
def test_what_the_predictor_claims_of_the_candidate_it_takes_is_noted(line, predictor):
    (proposal,) = screened(RandomSearch(space=line), predictor).ask(range(3, 4), STREAMS)
    best = max(drawn(line, 3, 4))
    assert proposal.architecture.genes == (best,)
    assert proposal.notes[NOTE]["in_unit"] is True
    assert proposal.notes[NOTE]["interval"] == [best - 2, best + 2]


def test_no_claim_is_made_where_the_predictor_makes_none(line):
    class Shy(Claiming):
        in_unit = False

        def interval(self, architectures, level):
            return np.full((1, 2), [-np.inf, np.inf])

    (proposal,) = screened(RandomSearch(space=line), Shy()).ask(range(3, 4), STREAMS)
    assert set(proposal.notes[NOTE]) == {"candidate", "scores"}


def test_lots_decide_which_slots_are_reserved_whatever_is_asked_at_once(line):
    def reserved(width):
        strategy = screened(RandomSearch(space=line), Gene(), reserved=0.25)
        asked = [one for start in range(0, 200, width) for one in strategy.ask(range(start, start + width), STREAMS)]
        return [one.slot for one in asked if "reserved" in one.notes[NOTE]]

    lots = Streams(STREAMS.seed, "strategy/reserved")
    assert reserved(1) == reserved(40) == [slot for slot in range(200) if lots.at(slot).random() < 0.25]
    assert 35 < len(reserved(1)) < 65  # 50 are expected, with a standard deviation of 6


@pytest.mark.parametrize(
    ("missing", "why"),
    [(range(100), "no finite score for the last 30 candidates"), ((), "the same score (7) for the last 30 candidates")],
)
def test_a_predictor_that_tells_nothing_apart_is_dropped(line, caplog, missing, why):
    mute = Mute(missing=missing)
    strategy = screened(RandomSearch(space=line), mute)
    asked = strategy.ask(range(12), STREAMS)
    assert len(mute.asked) == 8, "8 x 4 scores are the first 30"
    assert [one.notes[NOTE].get("stopped") for one in asked] == [None] * 8 + [why] * 4
    assert [one.architecture.genes[0] for one in asked] == [drawn(line, slot, 4)[0] for slot in range(12)]
    assert caplog.messages == [f"screened: the predictor gave {why}; it is not asked any more"]
    tell(strategy, [Proposal(0, Architecture((drawn(line, 12, 4)[0],)))])
    (proposal,) = strategy.ask(range(12, 13), STREAMS)
    assert proposal.architecture.genes != (drawn(line, 12, 4)[0],), "what was measured is avoided without scores, too"
    restored = screened(RandomSearch(space=line), mute)
    restored.restore(asked)
    assert restored.ask(range(12, 13), STREAMS)[0].notes[NOTE]["stopped"] == why
    assert len(mute.asked) == 8


def test_a_learner_is_given_another_chance_by_its_next_fit(caplog):
    strategy, history = screened(Counting(), MutePupil(), refit_every=12), []
    stopped = []
    for slot in range(26):
        (proposal,) = strategy.ask(range(slot, slot + 1), STREAMS)
        stopped += [slot] if "stopped" in (proposal.notes or {}).get(NOTE, {}) else []
        history += [proposal, Outcome(proposal, Measurement(1.0))]
        strategy.tell(history[-1])
    assert stopped == [10, 11, 12, 13, 22, 23, 24, 25], "fits are after 2, 14 and 26 outcomes; 8 slots are watched"
    assert "it is not asked any more until its next fit" in caplog.messages[0]
    for n in range(0, len(history) + 1, 2):
        restored = screened(Counting(), MutePupil(), refit_every=12)
        restored.restore(history[:n])
        expected = history[n] if n < len(history) else strategy.ask(range(26, 27), STREAMS)[0]
        assert restored.ask(range(n // 2, n // 2 + 1), STREAMS) == [expected]


def test_it_needs_a_predictor():
    with pytest.raises(CapabilityError, match="screened needs a predictor and got none; choose one"):
        screened(Counting(), None)


@pytest.mark.parametrize("name", ["candidates", "warm_up", "refit_every"])
def test_impossible_numbers_are_refused(name):
    with pytest.raises(ConfigError, match=rf"Screened {name} \(0\) must be at least 1"):
        screened(Counting(), Gene(), **{name: 0})


@pytest.mark.parametrize("reserved", [-0.1, 1.1])
def test_a_share_is_between_nothing_and_everything(reserved):
    with pytest.raises(ConfigError, match=rf"Screened reserved \({reserved}\) must be between 0 and 1"):
        screened(Counting(), Gene(), reserved=reserved)


def test_an_inner_strategy_that_cannot_be_copied_is_refused_at_once(line):
    class Unique(RandomSearch):
        def __deepcopy__(self, memo):
            raise CapabilityError("there is but one")

    with pytest.raises(CapabilityError, match="there is but one"):
        screened(Unique(space=line), Gene())
