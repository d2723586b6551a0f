import os
import time

import numpy as np
import pytest

from nasray.core.errors import ConfigError, NasrayError
from nasray.core.measurement import Cost, Measurement
from nasray.core.seeds import Streams
from nasray.evaluators import delayed, failing
from nasray.evaluators.delayed import Delayed
from nasray.evaluators.failing import EXIT_CODE, Failing
from nasray.evaluators.noisy import Noisy
from nasray.evaluators.synthetic import Synthetic


class Stopped(Exception):
    """Stands for a process that ended or a wait that was cut off."""


@pytest.fixture
def inner():
    return Synthetic(n_choices=5, chunk_size=3)


@pytest.fixture
def asked(propose):
    return [propose(slot, (1, 3)) for slot in range(200)]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: Noisy(inner=inner, std=3.0),
        lambda inner: Failing(inner=inner, share=1.0, kind="exception"),
        lambda inner: Delayed(inner=inner, seconds=60.0, jitter=0.0, sleep=True),
    ],
)
def test_metric_chunk_size_and_test_are_those_of_the_inner_evaluator(wrap, inner, propose, streams):
    wrapped = wrap(inner)
    assert (wrapped.metric, wrapped.chunk_size) == (inner.metric, 3)
    assert wrapped.test(propose(0, (1, 3)), streams) == inner.test(propose(0, (1, 3)), streams)


def test_noise_has_its_spread_and_belongs_to_the_slot(inner, asked, streams):
    noisy = Noisy(inner=inner, std=2.0)
    values = np.array([one.value for one in noisy.evaluate(asked, streams)])
    assert values.mean() == pytest.approx(100.0, abs=0.5)  # 2 / sqrt(200) = 0.14
    assert values.std() == pytest.approx(2.0, abs=0.4)  # 2 / sqrt(400) = 0.1
    one_by_one = [noisy.evaluate([one], streams)[0].value for one in reversed(asked)]
    assert one_by_one[::-1] == values.tolist()
    assert values[0] == 100.0 + 2.0 * Streams(7, "evaluator/noisy").at(0).standard_normal()


def test_noise_keeps_the_rest_of_a_measurement(streams, propose):
    class Costly:
        metric, chunk_size = "score", 1

        def evaluate(self, proposals, streams):
            return [Measurement(1.0, Cost(2.0, 3.0), ((1, 0.5),), {"parameters": 4.0}, "here") for _ in proposals]

    assert Noisy(inner=Costly(), std=0.0).evaluate([propose(0, (0,))], streams) == Costly().evaluate([0], streams)


def test_noise_is_not_negative(inner):
    with pytest.raises(ConfigError, match=r"Noisy std \(-1\) must not be negative"):
        Noisy(inner=inner, std=-1)


def test_the_failing_slots_are_a_share_and_always_the_same(inner, asked, streams):
    some = Failing(inner=inner, share=0.25, kind="exception")
    failed = [one.slot for one in asked if some.fails(one.slot, streams)]
    assert 30 <= len(failed) <= 70  # 50 expected, standard deviation 6.1
    assert failed == [slot for slot in range(200) if Streams(7, "evaluator/failing").at(slot).random() < 0.25]
    healthy = [one for one in asked if one.slot not in failed]
    assert some.evaluate(healthy, streams) == inner.evaluate(healthy, streams)
    with pytest.raises(RuntimeError, match=f"slot {failed[0]} fails on purpose: evaluator Failing, share 0.25"):
        some.evaluate(asked, streams)


def test_no_share_never_fails(inner, asked, streams):
    assert len(Failing(inner=inner, share=0.0, kind="exit").evaluate(asked, streams)) == 200


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("exception", RuntimeError, "slot 0 fails on purpose"),
        ("out_of_memory", MemoryError, "slot 0 runs out of memory on purpose: evaluator Failing, share 1.0"),
        ("not_finite", NasrayError, r"a measured value \(nan\) must be finite"),
    ],
)
def test_kinds_that_raise(inner, asked, streams, kind, error, message):
    with pytest.raises(error, match=message):
        Failing(inner=inner, share=1.0, kind=kind).evaluate(asked, streams)


def test_a_hanging_slot_sleeps_on_and_on(inner, asked, streams, monkeypatch):
    naps = []

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == 100:
            raise Stopped

    monkeypatch.setattr(failing.time, "sleep", nap)
    with pytest.raises(Stopped):
        Failing(inner=inner, share=1.0, kind="hang").evaluate(asked, streams)
    assert len(naps) == 100


def test_an_exiting_slot_ends_its_process(inner, asked, streams):
    child = os.fork()
    if child == 0:
        try:
            Failing(inner=inner, share=1.0, kind="exit").evaluate(asked, streams)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == EXIT_CODE


def test_impossible_failures(inner):
    with pytest.raises(ConfigError, match=r"Failing share \(1.5\) must be between 0 and 1"):
        Failing(inner=inner, share=1.5, kind="hang")
    with pytest.raises(
        ConfigError, match=r"Failing kind \('explode'\) must be one of exception, not_finite, out_of_memory"
    ):
        Failing(inner=inner, share=0.5, kind="explode")


def test_delays_are_slept_and_reported(inner, asked, streams, monkeypatch):
    naps = []
    monkeypatch.setattr(delayed.time, "sleep", naps.append)
    measured = Delayed(inner=inner, seconds=2.0, jitter=0.5, sleep=True).evaluate(asked, streams)
    delays = [one.cost.benchmark_seconds for one in measured]
    assert naps == [sum(delays)]
    assert 1.5 <= min(delays) < 1.6 < 2.4 < max(delays) <= 2.5
    assert delays[3] == 2.0 + 0.5 * Streams(7, "evaluator/delayed").at(3).uniform(-1.0, 1.0)
    assert [one.value for one in measured] == [one.value for one in inner.evaluate(asked, streams)]
    assert {one.cost.wall_seconds for one in measured} == {0.0}


def test_delays_need_not_be_slept(inner, asked, streams):
    start = time.monotonic()
    measured = Delayed(inner=inner, seconds=60.0, jitter=0.0, sleep=False).evaluate(asked[:2], streams)
    assert [one.cost for one in measured] == [Cost(benchmark_seconds=60.0)] * 2
    assert time.monotonic() - start < 30


@pytest.mark.parametrize("jitter", [-0.1, 2.1])
def test_no_delay_is_negative(inner, jitter):
    with pytest.raises(ConfigError, match=r"Delayed jitter \(.*\) must be between 0 and seconds \(2.0\): no delay is"):
        Delayed(inner=inner, seconds=2.0, jitter=jitter, sleep=False)
    with pytest.raises(ConfigError, match=r"Delayed seconds \(-1.0\) must not be negative"):
        Delayed(inner=inner, seconds=-1.0, jitter=0.0, sleep=False)


def test_wrappers_nest(inner, asked, streams):
    nested = Delayed(inner=Noisy(inner=inner, std=1.0), seconds=1.0, jitter=0.0, sleep=False)
    plain = Noisy(inner=inner, std=1.0).evaluate(asked, streams)
    assert [one.value for one in nested.evaluate(asked, streams)] == [one.value for one in plain]
