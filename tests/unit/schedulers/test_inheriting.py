"""Who inherits from whom, by hand."""

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.schedulers.inheriting import Inheriting

STREAMS = Streams(0, "strategy")


class Family:
    """Proposes children of the parents that it was given."""

    def __init__(self):
        self.parents, self.told, self.restored = {}, [], None

    def ask(self, slots, streams):
        return [Proposal(slot, Architecture((slot,)), "child", self.parents.get(slot, ())) for slot in slots]

    def tell(self, outcome):
        self.told.append(outcome.proposal.slot)

    def restore(self, history):
        self.restored = list(history)


def outcome(proposal, value=1.0):
    return Outcome(proposal, Measurement(value))


def lived(policy, values):
    """Ask and tell one slot after the other; None is a failure."""
    events = []
    for slot, value in enumerate(values):
        (asked,) = policy.ask(range(slot, slot + 1), STREAMS)
        result = Failure("exception", "boom") if value is None else Measurement(value)
        events += [asked, Outcome(asked, result)]
        policy.tell(events[-1])
    return events


def test_a_child_begins_with_its_first_remembered_parents_weights():
    family = Family()
    policy = Inheriting(strategy=family, remembered=2)
    lived(policy, [1.0, 5.0, None, 2.0, 3.0])
    assert policy.live() == {3, 4, 1}, "the latest two that were measured, and the best"
    family.parents = {5: (4, 3), 6: (0, 3), 7: (2, 0), 8: (1,), 9: ()}
    heirs = policy.ask(range(5, 10), STREAMS)
    assert [one.inherits for one in heirs] == [4, 3, None, 1, None]
    assert [one.parents for one in heirs] == [(4, 3), (0, 3), (2, 0), (1,), ()]
    assert family.told == [0, 1, 2, 3, 4]


def test_a_parent_lives_until_its_children_are_trained():
    family = Family()
    family.parents = {2: (0,)}
    policy = Inheriting(strategy=family, remembered=1)
    lived(policy, [1.0, 2.0])
    assert policy.live() == {1}
    family.parents = {2: (1,)}
    second = policy.ask(range(2, 4), STREAMS)
    policy.tell(outcome(second[1], 9.0))
    assert policy.live() == {1, 3}
    policy.tell(outcome(second[0], 0.0))
    assert policy.live() == {2, 3}


def test_restored_it_remembers_the_same_and_its_strategy_is_restored_once():
    family = Family()
    family.parents = {1: (0,), 3: (1,)}
    policy = Inheriting(strategy=family, remembered=2)
    events = lived(policy, [1.0, 4.0, None, 2.0])
    events += policy.ask(range(4, 5), STREAMS)
    again = Inheriting(strategy=Family(), remembered=2)
    again.restore(events)
    assert again.live() == policy.live()
    assert again.strategy.restored == events
    assert again.strategy.told == []


def test_a_policy_that_remembers_nobody_is_refused():
    with pytest.raises(ConfigError, match=r"inheriting remembered \(0\) must be at least 1"):
        Inheriting(strategy=Family(), remembered=0)
