"""The Tune executor on a real Ray cluster: the same archive as the simulator, and candidates that go wrong."""

import functools
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from nasray.app.parts import EvaluatorFactory
from nasray.core.budget import Budget
from nasray.core.errors import JobLost, NasrayError
from nasray.core.event_log import NoLog
from nasray.core.measurement import Failure, Measurement
from nasray.core.seeds import Streams
from nasray.evaluators.delayed import Delayed
from nasray.evaluators.failing import Failing
from nasray.evaluators.synthetic import Synthetic
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.tune.kept_crew import KeptCrew

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

SYNTHETIC = EvaluatorFactory(functools.partial(Synthetic, n_choices=5, chunk_size=512), None)


def search_of(n: int, width: int, strategy=None) -> Search:
    space = NasBench201(channels=4, cells_per_stage=1)
    strategy = strategy or RegularizedEvolution(space=space, population_size=8, tournament_size=3)
    return Search(space=space, strategy=strategy, budget=Budget(evaluations=n), width=width, seed=3, log=NoLog())


def executor(workers: int, width: int, **changes):
    from nasray.tune.tune_executor import TuneExecutor

    settings = {"cpus_per_worker": 1.0, "gpus_per_worker": 0.0, "time_limit_seconds": None, "max_attempts": 2}
    settings["evaluator_chunk_size"] = 512
    return TuneExecutor(workers=workers, width=width, chunk_size=512, **{**settings, **changes})


def wrapped(outer, inner: EvaluatorFactory = SYNTHETIC, **settings) -> EvaluatorFactory:
    return EvaluatorFactory(functools.partial(outer, **settings), inner)


def simulated(n: int, width: int, factory: EvaluatorFactory, workers: int = 1) -> str:
    search = search_of(n, width)
    Simulator(workers=workers).run(search, factory, Streams(3, "evaluator"))
    return archive_hash(search.outcomes)


def through_tune(search: Search, factory, workers: int, width: int, **changes) -> str:
    executor(workers, width, **changes).run(search, factory, Streams(3, "evaluator"))
    return archive_hash(search.outcomes)


def trial_processes() -> list[int]:
    """The processes of this session's Tune trials, by the name that Ray gives them."""
    found: list[int] = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "Trainable" in " ".join(process.cmdline()):
                found.append(process.pid)
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_archive_is_that_of_the_simulator_however_long_candidates_take(workers):
    factory = wrapped(Delayed, seconds=0.01, jitter=0.01, sleep=True)
    search = search_of(60, 8)
    assert through_tune(search, factory, workers, 8) == simulated(60, 8, factory) == simulated(60, 8, SYNTHETIC, 5)


@pytest.mark.parametrize(("kind", "recorded"), [("exception", "exception"), ("out_of_memory", "out_of_memory")])
def test_a_candidate_that_raises_is_a_failure_with_its_traceback(kind, recorded):
    search = search_of(40, 8)
    through_tune(search, wrapped(Failing, share=0.2, kind=kind), 2, 8)
    failures = [outcome.result for outcome in search.outcomes if isinstance(outcome.result, Failure)]
    assert len(search.outcomes) == 40
    assert 2 <= len(failures) <= 20
    assert {failure.kind for failure in failures} == {recorded}
    assert all("on purpose" in failure.traceback for failure in failures)


@pytest.mark.parametrize(
    ("kind", "recorded", "time_limit_seconds", "max_attempts"),
    [
        ("exit", "worker_died", None, 1),  # a death in company is nobody's
        ("exit", "worker_died", None, 2),
        ("hang", "timeout", 3.0, 2),  # a limit that no innocent one reaches on a slow machine
    ],
)
def test_a_candidate_that_takes_its_worker_down_is_a_failure_and_its_neighbours_are_not(
    kind, recorded, time_limit_seconds, max_attempts
):
    factory = wrapped(Failing, share=0.04, kind=kind)
    evaluator = factory()
    streams = Streams(3, "evaluator")
    expected = [slot for slot in range(32) if evaluator.fails(slot, streams)]
    assert 1 <= len(expected) <= 3, "choose another seed or share"
    search = search_of(32, 8)
    through_tune(search, factory, 2, 8, time_limit_seconds=time_limit_seconds, max_attempts=max_attempts)
    failed = {o.proposal.slot: o.result for o in search.outcomes if isinstance(o.result, Failure)}
    assert sorted(failed) == expected
    assert {failure.kind for failure in failed.values()} == {recorded}
    if kind == "hang":
        assert all("failing.py" in failure.traceback for failure in failed.values())


def test_a_killed_worker_changes_nothing():
    factory = wrapped(Delayed, seconds=0.1, jitter=0.05, sleep=True)
    search = search_of(60, 8)
    killed: list[int] = []

    def kill_one() -> None:
        while len(search.outcomes) < 10 or not (found := trial_processes()):
            time.sleep(0.01)
        os.kill(found[0], signal.SIGKILL)
        killed.append(found[0])

    thread = threading.Thread(target=kill_one, daemon=True)
    thread.start()
    assert through_tune(search, factory, 2, 8) == simulated(60, 8, SYNTHETIC)
    assert killed


def test_what_the_evaluator_cannot_be_built_from_ends_the_search_with_one_message():
    with pytest.raises(NasrayError, match="n_choices \\(1\\) must be at least 2"):
        through_tune(search_of(8, 8), functools.partial(Synthetic, n_choices=1, chunk_size=8), 2, 8)


def test_an_error_in_the_loop_reaches_the_caller_as_it_is():
    class Broken(RegularizedEvolution):
        def tell(self, outcome):
            raise ZeroDivisionError("the strategy is broken")

    space = NasBench201(channels=4, cells_per_stage=1)
    broken = Broken(space=space, population_size=8, tournament_size=3)
    with pytest.raises(ZeroDivisionError, match="the strategy is broken"):
        through_tune(search_of(16, 8, broken), SYNTHETIC, 2, 8)


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    search = search_of(16, 8)
    through_tune(search, SYNTHETIC, 2, 8)
    assert all(isinstance(outcome.result, Measurement) for outcome in search.outcomes)
    assert not list(Path(tmp_path).glob("nasray-*"))


class DiesWhenBuilt(Synthetic):
    def __post_init__(self) -> None:
        os._exit(1)


def test_an_evaluator_that_takes_its_worker_down_when_built_ends_the_search_with_one_message():
    factory = functools.partial(DiesWhenBuilt, n_choices=5, chunk_size=8)
    with pytest.raises(NasrayError, match="2 workers died while they built the evaluator"):
        through_tune(search_of(8, 8), factory, 1, 8)


class NotThere:
    """An evaluator's factory of a module that only the driver has."""

    def __reduce__(self):
        return exec, ("raise ModuleNotFoundError('no module named mine')",)


def test_workers_that_cannot_read_their_search_end_it_with_their_message():
    with pytest.raises(RuntimeError, match=r"(?s)a worker could not do its work:.*no module named mine"):
        through_tune(search_of(8, 8), NotThere(), 2, 8)


def test_workers_of_another_version_end_the_search_with_one_message(monkeypatch):
    monkeypatch.setattr("nasray.tune.tune_executor.__version__", "0.0.0")
    with pytest.raises(NasrayError, match=r"a worker on .* runs nasray .*, but its search is nasray 0.0.0"):
        through_tune(search_of(8, 8), SYNTHETIC, 1, 8)


def test_a_call_that_loses_its_process_costs_no_other_call_its_answer():
    first, lost, last = executor(2, 2).call(eval, [("6 * 7",), ("__import__('os')._exit(1)",), ("'last'",)])
    assert (first, type(lost), last) == (42, JobLost, "last")
    assert "a job after the search lost its process: killed, out of memory, crashed; the search" in str(lost)


def test_a_call_that_ends_the_crew_leaves_the_answers_that_came():
    first, *rest = executor(1, 1).call(eval, [("42",), ("1 / 0",), ("'never'",)])
    assert first == 42
    assert [type(one) for one in rest] == [RuntimeError] * 2
    assert "division by zero" in str(rest[0])


def test_the_next_search_finds_the_same_workers_and_brings_an_evaluator_of_its_own():
    failing = wrapped(Failing, share=0.2, kind="exception")
    with KeptCrew() as kept:
        pids = set()
        for factory in (SYNTHETIC, failing, SYNTHETIC):
            assert through_tune(search_of(40, 8), factory, 2, 8, crew=kept) == simulated(40, 8, factory)
            pids |= set(executor(2, 8, crew=kept).call(os.getpid, [()] * 8))
        assert 1 <= len(pids) <= 2
        assert isinstance(executor(2, 8, crew=kept).call(os._exit, [(1,)])[0], JobLost)
        assert kept.hired_seconds > 0
        assert through_tune(search_of(40, 8), failing, 2, 8, crew=kept) == simulated(40, 8, failing)
