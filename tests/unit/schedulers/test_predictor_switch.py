"""The switch from predicted to trained fitness on a handful of candidates, computed by hand."""

import re

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.schedulers.predictor_switch import PredictorSwitch
from nasray.strategies.random_search import RandomSearch

STREAMS = Streams(0, "strategy")


class Line:
    """Integers; odd ones are invalid and repaired to the next even one."""

    def sample(self, rng):
        return Architecture((int(rng.integers(50)) * 2,))

    def validate(self, architecture):
        from nasray.core.errors import InvalidArchitecture

        if architecture.genes[0] % 2:
            raise InvalidArchitecture("odd")

    def repair(self, architecture, rng):
        return Architecture((architecture.genes[0] + 1,))


class Loss:
    """Distance from 6; nothing is known about 98."""

    higher_is_better = False

    def predict(self, architectures):
        genes = np.array([one.genes[0] for one in architectures])
        return np.where(genes == 98, np.nan, np.abs(genes - 6.0))


def switch(inner, **changes):
    settings = {"space": Line(), "predictor": Loss(), "warm_up": 2, "switch_after": 6, "parents": 2, "batch_size": 4}
    return PredictorSwitch(strategy=inner, **{**settings, **changes})


class Learnt:
    """Scores a gene by its distance from the gene that was measured best; remembers what it was fitted on."""

    higher_is_better = False

    def __init__(self):
        self.fits = []

    def fit(self, architectures, values):
        self.fits.append(([one.genes[0] for one in architectures], values.tolist()))
        self.best = architectures[int(values.argmax())].genes[0]

    def predict(self, architectures):
        return np.array([abs(one.genes[0] - self.best) for one in architectures], dtype=np.float64)

    def state(self):
        return b""

    def load(self, state):
        raise AssertionError("no state is kept")


class Flat(Learnt):
    """Scores all alike, whatever it was taught."""

    def predict(self, architectures):
        return np.zeros(len(architectures))


def scripted_component(*genes):
    from dataclasses import dataclass, field

    @dataclass(kw_only=True)
    class Component:
        genes: tuple[int, ...]
        events: list = field(init=False, default_factory=list)

        def ask(self, slots, streams):
            self.events.append((slots, streams.part))
            return [Proposal(slot, Architecture((self.genes[slot],))) for slot in slots if slot < len(self.genes)]

        def tell(self, outcome):
            self.events.append((outcome.proposal.slot, outcome.proposal.architecture.genes[0], outcome.value))

        def restore(self, history):
            self.events.append([type(event).__name__[0] for event in history])

    return Component(genes=genes)


def test_the_best_predicted_are_measured_and_the_strategy_goes_on_from_them():
    inner = scripted_component(20, 7, 98, 8, 4, 2, 30, 40)
    policy = switch(inner)
    asked = list(policy.ask(range(5), STREAMS))
    # 7 is repaired to 8, so 8 counts once; 8 and 4 are both 2 away from 6, and 8 came first
    assert [(one.slot, one.architecture.genes, one.operation) for one in asked] == [
        (0, (8,), "parent"),
        (1, (4,), "parent"),
    ]
    assert inner.events == [
        (range(4), "strategy/predicted"),
        (0, 20, -14.0),
        (1, 8, -2.0),
        (2, 98, -np.inf),
        (3, 8, -2.0),
        (range(4, 6), "strategy/predicted"),
        (4, 4, -2.0),
        (5, 2, -4.0),
    ]
    assert asked[0].notes == {
        "predicted": [[20], [8], [98], [8], [4], [2]],
        "scores": [-14.0, -2.0, None, -2.0, -2.0, -4.0],
        "score": -2.0,
    }
    assert asked[1].notes == {"score": -2.0}
    policy.tell(Outcome(asked[0], Measurement(50.0)))
    assert policy.ask(range(2, 6), STREAMS) == [], "not before both parents are told"
    policy.tell(Outcome(asked[1], Measurement(60.0)))
    (third,) = policy.ask(range(2, 3), STREAMS)
    assert third.slot == 2
    policy.tell(Outcome(third, Measurement(70.0)))
    assert policy._trained.events == [["P", "P", "O", "O"], (range(2, 3), "strategy"), (2, 98, 70.0)]
    assert len(inner.events) == 8, "the strategy that saw predictions is left alone"


class Drawn(Line):
    """Draws 10, 20, 30, … in this order."""

    def __init__(self):
        self.n = 0

    def sample(self, rng):
        self.n += 10
        return Architecture((self.n,))


def test_a_predictor_that_learns_is_fitted_once_on_what_the_warm_up_measured():
    inner, learner = scripted_component(20, 8, 26, 22, 2, 4), Learnt()
    policy = switch(inner, space=Drawn(), predictor=learner, warm_up=3)
    warm = list(policy.ask(range(8), STREAMS))
    assert [(one.slot, one.architecture.genes, one.operation) for one in warm] == [
        (0, (10,), "random"),
        (1, (20,), "random"),
        (2, (30,), "random"),
    ]
    policy.tell(Outcome(warm[0], Measurement(1.0)))
    policy.tell(Outcome(warm[1], Measurement(5.0)))
    assert policy.ask(range(3, 8), STREAMS) == [], "not before the whole warm-up is told"
    policy.tell(Outcome(warm[2], Failure("exception", "lost")))
    parents = list(policy.ask(range(3, 8), STREAMS))
    assert learner.fits == [([10, 20], [1.0, 5.0])], "on what could be measured"
    # 20 is the nearest to itself, but known; 22 and 26 come after it
    assert [(one.slot, one.architecture.genes, one.operation) for one in parents] == [
        (3, (22,), "parent"),
        (4, (26,), "parent"),
    ]
    history = [*warm, Outcome(warm[0], Measurement(1.0)), Outcome(warm[1], Measurement(5.0))]
    history += [Outcome(warm[2], Failure("exception", "lost")), *parents]
    again, untouched = switch(inner, space=Drawn(), predictor=Learnt(), warm_up=3), Learnt()
    again.predictor = untouched
    again.restore(history)
    for one in (policy, again):
        for parent in parents:
            one.tell(Outcome(parent, Measurement(7.0)))
        (next_one,) = one.ask(range(5, 6), STREAMS)
        assert next_one.architecture.genes == (4,), "the strategy goes on from five slots"
        assert one._trained.events[0] == ["P", "P", "P", "O", "O", "O", "P", "P", "O", "O"]
    assert learner.fits == [([10, 20], [1.0, 5.0])]
    assert untouched.fits == [], "restored, it neither fits nor predicts again"


def test_a_known_architecture_is_measured_again_only_if_nothing_else_was_predicted():
    policy = switch(scripted_component(10, 10), space=Drawn(), predictor=Learnt(), warm_up=1)
    (only,) = policy.ask(range(1), STREAMS)
    policy.tell(Outcome(only, Measurement(1.0)))
    assert [one.architecture.genes for one in policy.ask(range(1, 3), STREAMS)] == [(10,)]


def test_a_warm_up_that_fails_altogether_is_drawn_again():
    def warm(policy):
        events = list(policy.ask(range(4), STREAMS))
        events += [Outcome(one, Failure("exception", "lost")) for one in events]
        for outcome in events[2:]:
            policy.tell(outcome)
        return events

    policy, again = (switch(scripted_component(2), space=Drawn(), predictor=Learnt(), warm_up=2) for _ in range(2))
    history = warm(policy)
    again.restore(history)
    again.space.n = 20
    for one in (policy, again):
        more = one.ask(range(2, 6), STREAMS)
        assert [(each.slot, each.architecture.genes) for each in more] == [(2, (30,)), (3, (40,))]
        one.tell(Outcome(more[0], Measurement(1.0)))
        one.tell(Outcome(more[1], Failure("exception", "lost")))
        assert [each.architecture.genes for each in one.ask(range(4, 6), STREAMS)] == [(2,)]
        assert one.predictor.fits == [([30], [1.0])]


def test_a_strategy_that_runs_dry_is_predicted_as_far_as_it_goes():
    assert len(switch(scripted_component(2, 4, 6)).ask(range(9), STREAMS)) == 2
    assert switch(scripted_component()).ask(range(9), STREAMS) == []


@pytest.mark.parametrize(
    ("genes", "why"),
    [
        ((98, 98, 4), "no finite score for all of 2 candidates"),
        ((4, 8, 4), "the same score (-2) for all of 2 candidates"),
    ],
)
def test_predictions_that_tell_nothing_apart_are_left_out(genes, why, caplog):
    usual = switch(scripted_component(*genes), switch_after=2)
    asked = list(usual.ask(range(2), STREAMS))
    assert [one.architecture.genes[0] for one in asked] == [*genes[:2]]
    assert [one.notes for one in asked] == [{"predictor_switch": {"stopped": why}}, None]
    assert caplog.messages == [f"predictor_switch: the predictor gave {why}; the search goes on without it"]
    history = [*asked, Outcome(asked[0], Measurement(1.0)), Outcome(asked[1], Measurement(2.0))]
    for event in history[2:]:
        usual.tell(event)
    restored = switch(scripted_component(*genes), switch_after=2)
    restored.restore(history)
    assert restored.ask(range(2, 3), STREAMS) == usual.ask(range(2, 3), STREAMS) != []
    assert len(caplog.messages) == 1


def test_without_predictions_the_warm_up_is_what_the_strategy_goes_on_from():
    policy = switch(scripted_component(4, 8, 4, 6), predictor=Flat(), warm_up=2, switch_after=2)
    warm = policy.ask(range(4), STREAMS)
    assert len(warm) == 2
    for one in warm:
        policy.tell(Outcome(one, Measurement(1.0)))
    (proposal,) = policy.ask(range(2, 3), STREAMS)
    assert (proposal.slot, proposal.architecture.genes) == (2, (4,))
    assert policy._trained.events[0] == ["P", "P", "O", "O"]


def test_one_candidate_needs_no_choice():
    (parent,) = switch(scripted_component(4), switch_after=2).ask(range(2), STREAMS)
    assert parent.operation == "parent"


def test_a_switch_restored_from_nothing_has_done_nothing():
    policy = switch(RandomSearch(space=Line()))
    policy.restore([])
    assert len(policy.ask(range(4), STREAMS)) == 2


class NotAComponent:
    """A strategy whose settings cannot be read off."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: switch(scripted_component(), parents=0), "parents (0) must be between 1 and switch_after (6)"),
        (lambda: switch(scripted_component(), parents=7), "parents (7) must be between 1 and switch_after (6)"),
        (lambda: switch(scripted_component(), batch_size=0), "batch_size (0) must be at least 1"),
        (lambda: switch(scripted_component(), warm_up=0), "predictor_switch warm_up (0) must be at least 1"),
        (
            lambda: switch(NotAComponent()),
            "got strategy NotAComponent; it must be a dataclass whose fields are its settings",
        ),
    ],
)
def test_impossible_switches_are_refused(make, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        make()
