"""Every scheduler of conf/scheduler keeps the contract, and one that is broken in one place does not."""

from dataclasses import dataclass
from functools import partial

import pytest

from nasray.app.parts import build, constructor_of
from nasray.core.errors import ConfigError
from nasray.core.fidelity import Fidelity
from nasray.schedulers.never_stop import NeverStop
from nasray.schedulers.successive_halving import SuccessiveHalving
from nasray.spaces.nasbench201 import NasBench201
from nasray.testing.scheduler_contract import SchedulerContract, scheduled

SPACE = NasBench201(channels=4, cells_per_stage=1)
ROOMY = {"bracket_size": 9}
"""Where eta can be 3 as well as 2."""


@pytest.fixture(scope="module")
def space(small_space):
    return small_space


@pytest.fixture(scope="module")
def live(composed, space):
    return {"space": space, "predictor": build(composed("predictor", "ridge"), space=space)}


@pytest.fixture(scope="module")
def settings(composed, name):
    found = composed("scheduler", name)
    return found | {key: value for key, value in ROOMY.items() if key in found}


@pytest.fixture(scope="module")
def make_scheduler(settings, live):
    return constructor_of(settings, live, later="strategy")


@pytest.fixture(scope="module")
def changed_schedulers(settings, live, space):
    """Half of each number where that is possible, else one more."""

    def changed(key):
        for value in (settings[key] // 2, settings[key] + 1):
            make = constructor_of({**settings, key: value}, live, later="strategy")
            try:
                scheduled(make, space)
            except ConfigError:
                continue
            return make
        raise AssertionError(f"{key} can be nothing but {settings[key]}")

    return {key: changed(key) for key, value in settings.items() if isinstance(value, int)}


class TestSchedulers(SchedulerContract):
    group = "scheduler"


class Repeating(NeverStop):
    """Tells everything twice."""

    def tell(self, outcome):
        super().tell(outcome)
        super().tell(outcome)


@dataclass(kw_only=True)
class Slots(SuccessiveHalving):
    """Counts slots where its strategy counts candidates."""

    def tell(self, outcome):
        super().tell(outcome)
        if outcome.proposal.continues is not None:
            self.strategy.tell(outcome)


class Careless(SuccessiveHalving):
    """Lets weights be deleted that it goes on from."""

    def live(self):
        return frozenset()


class Hoarding(NeverStop):
    """Keeps weights of slots that nobody has trained yet."""

    def live(self):
        return frozenset(range(1_000))


class Sideways(SuccessiveHalving):
    """Promotes to the same rung."""

    def ask(self, slots, streams):
        return [one._replace(fidelity=Fidelity(1)) for one in super().ask(slots, streams)]


class Swapping(SuccessiveHalving):
    """Goes on with another architecture."""

    def ask(self, slots, streams):
        made = super().ask(slots, streams)
        return [
            one if one.continues is None else one._replace(architecture=SPACE.sample(streams.at(0))) for one in made
        ]


class Forgetful(SuccessiveHalving):
    """Remembers nothing of what it may go on from."""

    def restore(self, history):
        super().restore(history)
        self.live = frozenset


HALVING = {"rungs": [1, 2, 4], "eta": 2, "bracket_size": 8}


@pytest.mark.parametrize(
    ("make", "test"),
    [
        (Repeating, "the_strategy_hears_of_each_candidate_once"),
        (partial(Slots, **HALVING), "the_strategy_hears_of_each_candidate_once"),
        (partial(Careless, **HALVING), "what_goes_on_is_live"),
        (Hoarding, "what_goes_on_is_live"),
        (partial(Sideways, **HALVING), "what_goes_on_is_live"),
        (partial(Swapping, **HALVING), "what_goes_on_is_live"),
        (partial(Forgetful, **HALVING), "restored_it_keeps_the_same_weights"),
    ],
)
def test_the_scheduler_suite_catches(make, test):
    with pytest.raises(AssertionError):
        getattr(SchedulerContract(), f"test_{test}")(make, SPACE, width=7)
