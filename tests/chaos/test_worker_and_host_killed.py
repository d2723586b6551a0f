"""Workers and the host of a graph network are killed in a running search; the archive is that of an undisturbed one."""

import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psutil
import pytest

from nasray.actors import directory
from nasray.actors.batching import Batching
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.actors.padded import padded
from nasray.actors.remote_learner import RemoteLearner
from nasray.app.parts import EvaluatorFactory
from nasray.core.budget import Budget
from nasray.core.event_log import NoLog
from nasray.core.seeds import Streams
from nasray.evaluators.delayed import Delayed
from nasray.evaluators.synthetic import Synthetic
from nasray.predictors.gcn import Gcn
from nasray.records.journal import Journal, read_journal
from nasray.records.store import Store
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.strategies.screened import Screened

pytestmark = [pytest.mark.ray, pytest.mark.chaos, pytest.mark.usefixtures("ray_cluster"), pytest.mark.timeout(300)]

SPACE = NasBench201(channels=4, cells_per_stage=1)
FORMULA = partial(Synthetic, n_choices=5, chunk_size=1)
BATCHING = Batching(size=16, window_ms=2.0)
NETWORK = partial(
    Gcn,
    space=SPACE,
    wording="short",
    sentence_model=None,
    data_flow=False,
    features=[],
    members=1,
    target="ranks",
    seed=0,
    width=8,
    layers=2,
    both_directions=True,
    normalisation="none",
    node_norm="layer",
    readout="sum",
    dropout=0.0,
    epochs=3,
    batch_size=32,
    learning_rate=0.005,
    weight_decay=0.01,
    loss="mse",
)


def search_of(strategy, n: int, log) -> Search:
    return Search(space=SPACE, strategy=strategy, budget=Budget(evaluations=n), width=8, seed=3, log=log)


def evolution() -> RegularizedEvolution:
    return RegularizedEvolution(space=SPACE, population_size=8, tournament_size=3)


def simulated(strategy, n: int) -> str:
    search = search_of(strategy, n, NoLog())
    Simulator(workers=1).run(search, FORMULA, Streams(3, "evaluator"))
    return archive_hash(search.outcomes)


class Killer:
    """Signals a process that ``find`` names as soon as a search has come to each of ``moments``."""

    def __init__(self, find, search: Search, moments: list[int], how: signal.Signals = signal.SIGKILL) -> None:
        self.killed: list[int] = []
        self._find, self._search, self._moments, self._how = find, search, moments, how
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        for moment in self._moments:
            while len(self._search.outcomes) < moment or (pid := self._find()) is None or pid in self.killed:
                if self._over.wait(0.01):
                    return
            os.kill(pid, self._how)
            self.killed.append(pid)


@dataclass(kw_only=True)
class Deadly(RemoteLearner):
    """Kills its host in the middle of some calls."""

    calls: tuple[int, ...]
    killed: list[int] = field(default_factory=list)
    n_calls: int = 0

    def predict(self, architectures):
        self.n_calls += 1
        if self.n_calls in self.calls:
            self.killed.append(self.health()["pid"])
            threading.Timer(0.001, os.kill, (self.killed[-1], signal.SIGKILL)).start()
        return super().predict(architectures)


def a_worker() -> int | None:
    """The process of some Tune trial of this session's cluster."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "Trainable" in " ".join(process.cmdline()):  # how Ray names the process of a trial
                return process.pid
    return None


def disturbed(folder: Path, moments: list[int], how: signal.Signals, **settings) -> list[int]:
    """Run a search on two workers, which are signalled at ``moments``; its archive is checked. Which were signalled."""
    from nasray.tune.tune_executor import TuneExecutor

    search = search_of(evolution(), 60, Journal(folder / "journal.jsonl", fsync=True))
    settings |= {"cpus_per_worker": 1.0, "gpus_per_worker": 0.0, "max_attempts": 10, "evaluator_chunk_size": 512}
    executor = TuneExecutor(workers=2, width=8, **settings)
    slow = EvaluatorFactory(partial(Delayed, seconds=0.2, jitter=0.1, sleep=True), EvaluatorFactory(FORMULA, None))
    with Killer(a_worker, search, moments, how) as killer:
        executor.run(search, slow, Streams(3, "evaluator"))
    assert archive_hash(search.outcomes) == simulated(evolution(), 60)
    past, _ = read_journal(folder / "journal.jsonl")
    assert sorted(past.results) == list(range(60))
    return killer.killed


def test_workers_that_are_killed_again_and_again_change_nothing_and_nothing_is_measured_twice(tmp_path):
    assert len(disturbed(tmp_path, [5, 15, 25], signal.SIGKILL, time_limit_seconds=None, chunk_size=4)) == 3


def test_workers_that_are_stopped_are_killed_when_their_time_is_over_and_change_nothing(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("nasray.tune.worker_watch.GRACE_SECONDS", 1.0)
    stopped = disturbed(tmp_path, [5, 20], signal.SIGSTOP, time_limit_seconds=3.0, chunk_size=1)
    assert len(stopped) == 2
    assert not any(psutil.pid_exists(pid) for pid in stopped)
    assert capfd.readouterr().err.count(" is stopped or stuck: the time limit of what it holds was over ") == 2


def test_a_host_that_is_killed_again_and_again_is_asked_again_and_the_scores_are_the_same(tmp_path):
    recipe = HostRecipe(
        identity=Identity.of("gcn", {"test": str(tmp_path)}, None),
        factory=NETWORK,
        method="predict",
        batching=BATCHING,
        store=Store(root=str(tmp_path / "store")),
    )
    client = Deadly(identity=recipe.identity, higher_is_better=True, recipe=recipe, calls=(20, 60))

    def screened(predictor) -> Screened:
        settings = {"candidates": 5, "warm_up": 10, "refit_every": 5, "reserved": 0.0}
        return Screened(inner=evolution(), predictor=predictor, **settings)

    try:
        hosted = simulated(screened(client), 120)
        assert len(set(client.killed)) == 2
        assert client.health()["pid"] not in client.killed
        assert hosted == simulated(screened(padded(NETWORK(), BATCHING)), 120)
    finally:
        directory.stop(recipe.identity.name)
