"""What every scheduler must keep to."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from functools import partial

import pytest

from nasray.core.measurement import Outcome
from nasray.core.proposal import Proposal
from nasray.core.scheduler import Scheduler
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.testing.strategy_contract import StrategyContract
from nasray.testing.trajectory import Trajectory

SchedulerFactory = Callable[..., Scheduler]
"""Builds a scheduler around the strategy that it is given as ``strategy``."""


def scheduled(make_scheduler: SchedulerFactory, space: SearchSpace) -> Scheduler:
    """A scheduler around evolution."""
    return make_scheduler(strategy=RegularizedEvolution(space=space, population_size=40, tournament_size=5))


@dataclass(kw_only=True)
class Attentive:
    """A strategy that insists on its own count: of candidates, each asked once and told once, in order."""

    space: SearchSpace
    asked: list[Proposal] = field(init=False, default_factory=list[Proposal])
    n_told: int = field(init=False, default=0)

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Samples."""
        assert slots.start == len(self.asked), f"candidate {len(self.asked)} is due, but {slots} was asked for"
        made = [Proposal(slot, self.space.sample(streams.at(slot))) for slot in slots]
        self.asked += made
        return made

    def tell(self, outcome: Outcome) -> None:
        """Check what is told."""
        told = outcome.proposal
        assert told.slot == self.n_told, f"candidate {self.n_told} is due, but {told.slot} was told"
        assert told.architecture == self.asked[told.slot].architecture, f"candidate {told.slot} was another"
        self.n_told += 1

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Count what was asked and told."""
        for event in history:
            if isinstance(event, Proposal):
                self.asked.append(event)
            else:
                self.tell(event)


@dataclass
class WatchedScheduler:
    """Hands everything on to a scheduler and checks what the trained weights of its candidates depend on."""

    inner: Scheduler
    proposals: list[Proposal] = field(default_factory=list[Proposal])
    n_told: int = 0

    def ask(self, slots: range, streams: Streams) -> Sequence[Proposal]:
        """Ask; whatever goes on from another slot must find it alive."""
        live = self.live()
        made = self.inner.ask(slots, streams)
        for one in made:
            if one.continues is not None:
                self._check_promotion(one, live)
            if one.inherits is not None:
                assert one.inherits in live, f"slot {one.slot} inherits slot {one.inherits}, which is not live"
        self.proposals += made
        return made

    def tell(self, outcome: Outcome) -> None:
        """Tell."""
        self.n_told += 1
        self.inner.tell(outcome)

    def restore(self, history: Sequence[Proposal | Outcome]) -> None:
        """Restore."""
        self.inner.restore(history)

    def live(self) -> Set[int]:
        """What lives was told before."""
        live = self.inner.live()
        assert all(0 <= slot < self.n_told for slot in live), f"{sorted(live)} live, but {self.n_told} were told"
        return live

    def _check_promotion(self, one: Proposal, live: Set[int]) -> None:
        """It goes on from the rung below, which its parent names, with the candidate that it continues."""
        assert one.continues is not None
        begun, below = self.proposals[one.continues], self.proposals[one.parents[0]]
        assert below.slot in live, f"slot {one.slot} goes on from slot {below.slot}, which is not live"
        assert one.architecture == begun.architecture, f"slot {one.slot} continues another architecture"
        assert begun.continues is None, f"slot {one.slot} continues slot {begun.slot}, which began nothing"
        assert below.fidelity is not None, f"slot {one.slot} goes on from full effort"
        higher = one.fidelity is None or one.fidelity.epochs > below.fidelity.epochs
        assert higher, f"slot {one.slot} goes on from {below.fidelity} to {one.fidelity}"


class SchedulerContract(StrategyContract):
    """Tests of a scheduler, which is a strategy around a strategy: all that holds for one holds for it.

    Derive a test class and give it fixtures: ``space``; ``make_scheduler``, which takes a ``strategy`` and pickles;
    ``changed_schedulers``, one such factory for each hyper-parameter, that one changed.
    """

    @pytest.fixture
    def make_strategy(self, make_scheduler: SchedulerFactory, space: SearchSpace) -> partial[Scheduler]:
        """The scheduler around evolution."""
        return partial(scheduled, make_scheduler, space)

    @pytest.fixture
    def variants(
        self, changed_schedulers: dict[str, SchedulerFactory], space: SearchSpace
    ) -> dict[str, partial[Scheduler]]:
        """Each variant around evolution."""
        return {name: partial(scheduled, make, space) for name, make in changed_schedulers.items()}

    @pytest.mark.parametrize("width", [1, 7])
    def test_the_strategy_hears_of_each_candidate_once(
        self, make_scheduler: SchedulerFactory, space: SearchSpace, width: int
    ) -> None:
        """It counts candidates, whatever slots they take."""
        self._trajectory(lambda: make_scheduler(strategy=Attentive(space=space)), space, width).run()

    @pytest.mark.parametrize("width", [1, 7])
    def test_what_goes_on_is_live(self, make_scheduler: SchedulerFactory, space: SearchSpace, width: int) -> None:
        """A promotion is the same candidate at a higher rung; nothing goes on from weights that may be deleted."""

        def make() -> Strategy:
            return WatchedScheduler(scheduled(make_scheduler, space))

        self._trajectory(make, space, width).run()

    @pytest.mark.parametrize("width", [1, 7])
    def test_restored_it_keeps_the_same_weights(
        self, make_scheduler: SchedulerFactory, space: SearchSpace, width: int
    ) -> None:
        """What lives is a function of what was asked and told."""
        made: list[Scheduler] = []

        def make() -> Strategy:
            made.append(scheduled(make_scheduler, space))
            return made[-1]

        trajectory: Trajectory = self._trajectory(make, space, width)
        _, log = trajectory.run()
        for n_events in (1, log.n_events // 2, log.n_events - 1):
            trajectory.run(log.past(n_events))
            assert made[-1].live() == made[0].live(), f"restored after {n_events} events, other weights live"
