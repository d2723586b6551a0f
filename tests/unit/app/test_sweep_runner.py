"""When the workers that a runner keeps leave what they hold of the cluster to others."""

import queue
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from nasray.app import sweep_runner
from nasray.app.sweep_runner import _next, _searched, _Workshop
from nasray.app.sweep_study import Studies
from nasray.app.sweep_task import Task


class Crew:
    """Counts how often it is dismissed."""

    sharing, hired_seconds = 1, 5.0

    def __init__(self) -> None:
        self.n_dismissed = 0

    def dismiss(self) -> None:
        self.n_dismissed += 1


@pytest.fixture
def crew() -> Any:
    return Crew()


def task(seed: int, **raw: Any) -> Task:
    raw = {"seed": seed, "executor": {"workers": 2}, **raw}
    return Task(identity=str(seed), folder="", raw=raw, command=(), address=None, shared=False)


def test_workers_stay_for_a_search_that_comes_at_once(crew):
    tasks = queue.SimpleQueue()
    tasks.put(task(1))
    assert _next(tasks, crew).identity == "1"
    assert crew.n_dismissed == 0


def test_workers_go_when_nothing_comes(crew, monkeypatch):
    monkeypatch.setattr(sweep_runner, "_IDLE_SECONDS", 0.01)
    tasks = queue.SimpleQueue()
    timer = threading.Timer(0.1, tasks.put, [None])
    timer.start()
    assert _next(tasks, crew) is None
    timer.join()
    assert crew.n_dismissed == 1


def test_workers_go_when_they_have_had_their_turn(crew):
    crew.hired_seconds = 61.0
    tasks = queue.SimpleQueue()
    tasks.put(task(1))
    assert _next(tasks, crew).identity == "1"
    assert crew.n_dismissed == 1


def test_workers_go_before_a_search_that_holds_something_else_of_the_cluster(crew, monkeypatch, tmp_path):
    monkeypatch.setattr(sweep_runner, "start", lambda *_: {"best": None})
    shop = _Workshop(Studies(), SimpleNamespace(), crew)  # type: ignore[arg-type]
    gone = []
    for one in (
        task(1),
        task(2, strategy={"x": 1}),
        task(3, predictor={"members": 3}),
        task(4, executor={"workers": 1}),
        task(5, executor={"workers": 1}),
    ):
        before = crew.n_dismissed
        _searched(one, tmp_path, shop)
        gone.append(crew.n_dismissed > before)
    assert gone == [True, False, True, True, False]
