"""A worker whose time is over is killed from outside; a search without workers says once what it waits for."""

from types import SimpleNamespace
from typing import Any

import pytest

from nasray.tune import worker_watch
from nasray.tune.worker_watch import WorkerWatch


class ADesk:
    """Answers what the test wants, and remembers what it was told."""

    def __init__(self) -> None:
        self.late: dict[str, float] | None = {}
        self.needed: list[str] = []
        self.overdue = SimpleNamespace(remote=lambda grace_seconds: self)
        self.needs = SimpleNamespace(remote=self.needed.append)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A watch with a clock of its own, on a cluster of one busy CPU; ``killed`` holds whom Ray was told to kill."""
    desk, killed = ADesk(), []
    fake = SimpleNamespace(
        wait=lambda asked, timeout: (asked if desk.late is not None else [], []),
        get=lambda _: desk.late,
        kill=killed.append,
        cluster_resources=lambda: {"CPU": 1.0},
        available_resources=dict,
    )
    monkeypatch.setattr(worker_watch, "ray", fake)
    now = SimpleNamespace(seconds=0.0)
    watch = WorkerWatch(desk, {"CPU": 2.0, "GPU": 0.0}, clock=lambda: now.seconds)
    return SimpleNamespace(desk=desk, killed=killed, now=now, watch=watch)


def trial(name: str, status: str, actor: str | None = None) -> Any:
    return SimpleNamespace(trial_id=name, status=status, temporary_state=SimpleNamespace(ray_actor=actor))


def test_who_is_overdue_is_killed_and_it_is_said(scene, capsys):
    trials = [trial("one", "RUNNING", "actor one"), trial("two", "RUNNING", "actor two"), trial("gone", "PENDING")]
    scene.desk.late = {"two": 31.4, "gone": 40.0}
    scene.watch.look(trials)
    assert scene.killed == ["actor two"]
    said = capsys.readouterr().err
    assert said.startswith("nasray: worker two is stopped or stuck: the time limit of what it holds was over 31 s ago ")
    assert said.count("\n") == 1


def test_a_desk_that_does_not_answer_yet_is_not_waited_for(scene, capsys):
    scene.desk.late = None
    scene.watch.look([trial("one", "PENDING")])
    assert (scene.killed, capsys.readouterr().err) == ([], "")


def test_it_looks_once_a_second_however_often_it_is_asked(scene):
    scene.desk.late = {"one": 31.0}
    for seconds in (0.0, 0.5, 0.9, 1.0):
        scene.now.seconds = seconds
        scene.watch.look([trial("one", "RUNNING", f"at {seconds}")])
    assert scene.killed == ["at 0.0", "at 1.0"]


def test_a_search_without_workers_says_once_what_it_waits_for_and_that_it_goes_on(scene, capsys):
    for seconds in range(25):
        scene.now.seconds = float(seconds)
        scene.watch.look([trial("one", "PENDING")])
        assert bool(scene.desk.needed) == (seconds >= 20)
    for seconds in range(25, 30):
        scene.now.seconds = float(seconds)
        scene.watch.look([trial("one", "RUNNING"), trial("two", "PENDING")])
    waits, goes_on = capsys.readouterr().err.splitlines()
    assert waits.startswith("nasray: no worker is at work since 20")
    assert "; each asks for 2 CPUs and 0 GPUs, and the cluster has free 0 of 1 CPUs and 0 of 0 GPUs; waiting" in waits
    assert goes_on == "nasray: workers are at work again"
    assert scene.desk.needed == [waits.removeprefix("nasray: ").partition(", and the cluster")[0], ""]
