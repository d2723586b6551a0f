"""What every strategy must keep to."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.testing.another_process import in_another_process
from nasray.testing.trajectory import Landscape, Trajectory
from nasray.testing.watched_strategy import WatchedStrategy

StrategyFactory = Callable[[], Strategy]


class StrategyContract:
    """Tests of a strategy.

    Derive a test class and give it three fixtures::

        class TestMine(StrategyContract):
            @pytest.fixture
            def space(self): return NasBench201(channels=8, cells_per_stage=1)

            @pytest.fixture
            def make_strategy(self, space): return partial(Mine, space=space, population_size=20)

            @pytest.fixture
            def variants(self, space): return {"population_size": partial(Mine, space=space, population_size=10)}

    ``make_strategy`` must pickle. ``variants`` holds one factory for each hyper-parameter, that one changed.

    Attributes:
        n: Length of the searches; long enough for every hyper-parameter to matter.
        n_stops: How many events, evenly spread, a search is stopped behind and restored; large for every event.
    """

    n = 120
    n_stops = 24

    @pytest.mark.parametrize("width", [1, 7, 64])
    def test_the_same_seed_asks_the_same(self, make_strategy: StrategyFactory, space: SearchSpace, width: int) -> None:
        """Twice in this process, and once in another."""
        trajectory = self._trajectory(make_strategy, space, width)
        first = trajectory.proposals()
        assert trajectory.proposals() == first, "a second strategy with the same seed asks otherwise"
        assert in_another_process(trajectory.proposals) == first, "it asks otherwise in another process"

    def test_another_seed_asks_otherwise(self, make_strategy: StrategyFactory, space: SearchSpace) -> None:
        """Randomness comes from the streams."""
        trajectory = self._trajectory(make_strategy, space, 7)
        assert replace(trajectory, seed=1).proposals() != trajectory.proposals()

    @pytest.mark.parametrize("width", [1, 7, 64])
    def test_restored_it_goes_on_as_if_never_stopped(
        self, make_strategy: StrategyFactory, space: SearchSpace, width: int
    ) -> None:
        """After a stop behind an ask or behind an arrival, early or late."""
        trajectory = self._trajectory(make_strategy, space, width)
        search, log = trajectory.run()
        whole = [outcome.proposal.to_json() for outcome in search.outcomes]
        step = log.n_events // self.n_stops | 1  # odd, since asks and arrivals alternate
        for n_events in range(0, log.n_events, step):
            got = trajectory.proposals(log.past(n_events))
            assert got == whole, f"restored after {n_events} events of {log.n_events}, it asks otherwise"

    @pytest.mark.parametrize("landscape", ["rugged", "constant", "failing", "half_failing"])
    @pytest.mark.parametrize("width", [1, 7, 64])
    def test_it_keeps_to_the_protocol_and_ends(
        self, make_strategy: StrategyFactory, space: SearchSpace, width: int, landscape: Landscape
    ) -> None:
        """Whatever the outcomes are: asks in order, never too many; proposals left as they are; an end."""
        watched: list[WatchedStrategy] = []

        def make() -> Strategy:
            watched.append(WatchedStrategy(make_strategy()))
            return watched[-1]

        search, _ = replace(self._trajectory(make, space, width), landscape=landscape).run()
        assert search.finished, "it asks for nothing although nothing is in flight and its budget is not used up"
        watched[0].check_unchanged()

    def test_every_hyper_parameter_matters(
        self, make_strategy: StrategyFactory, space: SearchSpace, variants: Mapping[str, StrategyFactory]
    ) -> None:
        """Changed alone, it changes what is asked."""
        usual = self._trajectory(make_strategy, space, 7).proposals()
        idle = [name for name, other in variants.items() if self._trajectory(other, space, 7).proposals() == usual]
        assert not idle, f"{', '.join(idle)} change nothing: use them, or drop them"

    def _trajectory(self, make_strategy: StrategyFactory, space: SearchSpace, width: int) -> Trajectory:
        return Trajectory(make_strategy=make_strategy, space=space, n=self.n, width=width, seed=0)
