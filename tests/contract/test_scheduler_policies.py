"""What every policy must keep: one archive on any number of workers and after any stop; one tell a candidate."""

import functools
from dataclasses import dataclass, field

import numpy as np
import pytest

from nasray.app.parts import EvaluatorFactory
from nasray.core.budget import Budget
from nasray.core.event_log import Past
from nasray.core.measurement import Failure, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.evaluators.delayed import Delayed
from nasray.evaluators.failing import Failing
from nasray.evaluators.synthetic import Synthetic
from nasray.predictors.ridge import Ridge
from nasray.schedulers.evolution import Evolution
from nasray.schedulers.median import Median
from nasray.schedulers.never_stop import NeverStop
from nasray.schedulers.predictor_switch import PredictorSwitch
from nasray.schedulers.successive_halving import SuccessiveHalving
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution

SPACE = NasBench201(channels=4, cells_per_stage=1)
SEED = 5
CALLS: list[int] = []


@dataclass(kw_only=True)
class Generational:
    """A strategy that waits: a generation of six, each the mutation of two parents' better one."""

    space: NasBench201
    asked: int = field(init=False, default=0)
    told: list[Outcome] = field(init=False, default_factory=list)

    def ask(self, slots, streams):
        free = range(slots.start, min(slots.stop, (len(self.told) // 6 + 1) * 6))
        made = []
        for slot in free:
            rng = streams.at(slot)
            if slot < 6:
                made.append(Proposal(slot, self.space.sample(rng)))
                continue
            last = self.told[(slot // 6 - 1) * 6 : (slot // 6) * 6]
            pair = sorted((last[int(draw * 6)] for draw in rng.random(2)), key=lambda one: -one.value)
            parents = tuple(one.proposal.slot for one in pair)
            child = self.space.mutate(pair[0].proposal.architecture, rng)
            made.append(Proposal(slot, child, "mutation", parents, notes={"mark": slot}))
        return made

    def tell(self, outcome):
        assert outcome.proposal.slot == len(self.told), "told once each, in order"
        self.told.append(outcome)

    def restore(self, history):
        for event in history:
            if isinstance(event, Outcome):
                self.tell(event)


class GenePredictor:
    """Fewer empty edges first; counts its calls."""

    higher_is_better = False

    def predict(self, architectures):
        CALLS.append(len(architectures))
        return np.array([one.genes.count(0) + 0.01 * one.genes[0] for one in architectures], dtype=np.float64)


def evolving():
    return RegularizedEvolution(space=SPACE, population_size=8, tournament_size=3)


def waiting():
    return Generational(space=SPACE)


POLICIES = {
    "never_stop": lambda strategy: NeverStop(strategy=strategy),
    "successive_halving": lambda strategy: SuccessiveHalving(strategy=strategy, rungs=[1, 2, 4], eta=2, bracket_size=8),
    "median": lambda strategy: Median(strategy=strategy, rungs=[1, 2, 4], grace=3),
    "evolution": lambda strategy: Evolution(
        strategy=strategy,
        generation_size=8,
        survivors=3,
        short_epochs=1,
        long_epochs=4,
        remembered_generations=2,
    ),
    "predictor_switch": lambda strategy: PredictorSwitch(
        strategy=strategy, space=SPACE, predictor=GenePredictor(), warm_up=1, switch_after=30, parents=6, batch_size=6
    ),
    "predictor_switch_that_learns": lambda strategy: PredictorSwitch(
        strategy=strategy,
        space=SPACE,
        predictor=Ridge(space=SPACE, target="ranks", shrinkage=1.0),
        warm_up=12,
        switch_after=30,
        parents=6,
        batch_size=6,
    ),
}
each_policy = pytest.mark.parametrize("policy", POLICIES)
each_strategy = pytest.mark.parametrize("strategy", [evolving, waiting])


def slow_failing() -> Failing:
    inner = Synthetic(n_choices=5, chunk_size=8)
    return Failing(inner=Delayed(inner=inner, seconds=1.0, jitter=0.9, sleep=False), share=0.1, kind="exception")


FACTORY = EvaluatorFactory(functools.partial(slow_failing), None)


class Diary:
    """An event log that can be cut after any event."""

    def __init__(self):
        self.events = []

    def asked(self, told, proposals):
        self.events.append(("ask", told, list(proposals)))

    def arrived(self, slots, results, wall_seconds):
        self.events.append(("results", list(slots), list(results)))

    def stopped(self, reason):
        self.events.append(("stopped", reason))

    def commit(self, *, durable):
        pass

    def past(self, n):
        """The first ``n`` events, through JSON as a journal would have them."""
        past = Past()
        for event in self.events[:n]:
            if event[0] == "ask":
                again = [Proposal.from_json(one.to_json()) for one in event[2]]
                past.asks.append((event[1], again))
            elif event[0] == "results":
                past.results.update(zip(event[1], event[2], strict=True))
            else:
                past.stopped = event[1]
        return past


def searched(scheduler, *, width, workers, n=45, log=None, past=None):
    log = log or Diary()
    budget = Budget(evaluations=n)
    search = Search(space=SPACE, strategy=scheduler, budget=budget, width=width, seed=SEED, log=log, past=past)
    Simulator(workers=workers).run(search, FACTORY, Streams(SEED, "evaluator"))
    return search


@each_policy
@each_strategy
@pytest.mark.parametrize("width", [1, 4, 16])
def test_the_archive_does_not_depend_on_the_number_of_workers(policy, strategy, width):
    made = [searched(POLICIES[policy](strategy()), width=width, workers=workers) for workers in (1, 5)]
    assert len(made[0].outcomes) == 45, "the budget is used up, and no more"
    assert archive_hash(made[0].outcomes) == archive_hash(made[1].outcomes)
    assert [one.proposal for one in made[0].outcomes] == [one.proposal for one in made[1].outcomes]


@each_policy
@each_strategy
@pytest.mark.parametrize(("width", "workers"), [(1, 1), (4, 5)])
def test_a_search_resumed_after_any_event_ends_as_if_it_had_never_stopped(policy, strategy, width, workers):
    diary, scheduler = Diary(), POLICIES[policy](strategy())
    whole = searched(scheduler, width=width, workers=workers, log=diary)
    n_calls = len(CALLS)
    for n in range(1, len(diary.events)):
        again = POLICIES[policy](strategy())
        resumed = searched(again, width=width, workers=workers, past=diary.past(n))
        assert archive_hash(resumed.outcomes) == archive_hash(whole.outcomes)
        assert [one.proposal for one in resumed.outcomes] == [one.proposal for one in whole.outcomes]
        assert again.live() == scheduler.live()
    assert len(CALLS) == n_calls, "no model is called again"


class Listening:
    """Around a strategy: what it was asked and told."""

    def __init__(self, strategy):
        self.strategy, self.asked, self.told = strategy, [], []

    def ask(self, slots, streams):
        made = self.strategy.ask(slots, streams)
        assert [one.slot for one in made] == list(slots)[: len(made)]
        self.asked += made
        return made

    def tell(self, outcome):
        assert outcome.proposal.slot == len(self.told), "told once each, in order"
        self.told.append(outcome)
        self.strategy.tell(outcome)


@each_strategy
@pytest.mark.parametrize("policy", ["never_stop", "successive_halving", "median", "evolution"])
def test_the_strategy_is_told_every_candidate_once_at_the_highest_rung_it_reached(policy, strategy):
    inner = Listening(strategy())
    search = searched(POLICIES[policy](inner), width=4, workers=5, n=80)
    candidate_of, highest = {}, {}
    for outcome in search.outcomes:
        proposal = outcome.proposal
        begun = proposal.slot if proposal.continues is None else proposal.continues
        candidate = candidate_of.setdefault(begun, len(candidate_of))
        highest[candidate] = outcome
    assert [one.slot for one in inner.asked] == list(range(len(candidate_of)))
    assert len(inner.told) >= len(candidate_of) - 16, "all but those of the last brackets"
    for candidate, told in enumerate(inner.told):
        reached = highest[candidate]
        assert told.result is reached.result
        assert told.proposal.fidelity == reached.proposal.fidelity
        assert told.proposal.architecture == inner.asked[candidate].architecture
        assert told.proposal.parents == inner.asked[candidate].parents
        assert told.proposal.notes == inner.asked[candidate].notes


@each_strategy
@pytest.mark.parametrize("policy", ["successive_halving", "median", "evolution"])
def test_a_promotion_continues_a_measured_candidate_at_a_higher_fidelity(policy, strategy):
    search = searched(POLICIES[policy](strategy()), width=4, workers=5, n=80)
    by_slot = {one.proposal.slot: one for one in search.outcomes}
    promotions = [one.proposal for one in search.outcomes if one.proposal.continues is not None]
    assert len(promotions) > 10
    for promotion in promotions:
        before, origin = by_slot[promotion.parents[0]], by_slot[promotion.continues]
        assert not isinstance(before.result, Failure)
        assert before.proposal.fidelity.epochs < promotion.fidelity.epochs
        assert origin.proposal.continues is None
        assert promotion.architecture == before.proposal.architecture == origin.proposal.architecture
        assert promotion.inherits == origin.proposal.inherits


@each_policy
@each_strategy
def test_what_is_asked_continues_and_inherits_live_slots_only(policy, strategy):
    scheduler = POLICIES[policy](strategy())
    needed, asked_live = [], []

    class Watching(Diary):
        def asked(self, told, proposals):
            live = scheduler.live()
            assert all(slot < told for slot in live)
            asked_live.append(len(live))
            for one in proposals:
                # a promotion goes on from the rung before it; its parent names it
                needs = [*(one.parents if one.continues is not None else ()), one.inherits]
                needed.extend(slot for slot in needs if slot is not None)
                assert live.issuperset(slot for slot in needs if slot is not None)

    searched(scheduler, width=4, workers=5, n=80, log=Watching())
    assert max(asked_live) <= 24, "bounded by what may go on, not by what was told"
    assert bool(needed) == scheduler.needs_weights


@each_strategy
def test_never_stop_changes_nothing(strategy):
    plain = searched(strategy(), width=4, workers=5)
    assert [one.proposal for one in searched(NeverStop(strategy=strategy()), width=4, workers=5).outcomes] == [
        one.proposal for one in plain.outcomes
    ]


class Forgetful(Median):
    """Broken: does not remember the values it was told before it was restored."""

    def restore(self, history):
        super().restore(history)
        self._values = [[] for _ in self.rungs]


def test_the_contract_notices_a_policy_that_forgets():
    diary = Diary()
    whole = searched(Forgetful(strategy=evolving(), rungs=[1, 2], grace=1), width=4, workers=5, log=diary)
    again = Forgetful(strategy=evolving(), rungs=[1, 2], grace=1)
    resumed = searched(again, width=4, workers=5, past=diary.past(len(diary.events) // 2))
    assert archive_hash(resumed.outcomes) != archive_hash(whole.outcomes)
