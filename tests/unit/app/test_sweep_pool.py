"""The pool of runners, with runners that only say that they are done, or die."""

import os
import signal
from collections import deque

import pytest

from nasray.app import sweep_pool
from nasray.app.sweep_pool import Pool
from nasray.app.sweep_task import LOST, Task

RUNNER = """
import os, sys
from multiprocessing.connection import Connection
from nasray.app.sweep_task import Ended

line = Connection(int(sys.argv[1]))
while (task := line.recv()) is not None:
    if task.raw["dies"]:
        os._exit(7)
    line.send(Ended(task.identity, 0, "", float(os.getpid()), False))
"""


def task(identity: str, *, dies: bool = False) -> Task:
    return Task(identity=identity, folder="", raw={"dies": dies}, command=(), address=None, shared=False)


@pytest.fixture
def pool(tmp_path, monkeypatch):
    (tmp_path / "obedient_runner.py").write_text(RUNNER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sweep_pool, "_MODULE", "obedient_runner")
    pool = Pool(1, tmp_path / "runners.log")
    yield pool
    pool.close()


def test_a_runner_that_died_while_it_had_nothing_to_do_costs_no_task(pool):
    (first,) = pool.run(deque([task("a")]))
    (runner,) = pool._runners
    os.kill(int(first.value), signal.SIGKILL)
    runner._process.wait(10)
    (second,) = pool.run(deque([task("b")]))
    assert (second.identity, second.code) == ("b", 0)
    assert second.value != first.value


def test_a_runner_that_dies_before_a_task_reaches_it_costs_no_task(pool):
    (first,) = pool.run(deque([task("a")]))
    (runner,) = pool._runners
    os.kill(int(first.value), signal.SIGKILL)
    runner._process.wait(10)
    runner._process.poll = lambda: None  # as it was when the pool looked
    (second,) = pool.run(deque([task("b")]))
    assert (second.identity, second.code) == ("b", 0)
    assert pool._runners != [runner]


def test_a_task_that_takes_its_runner_down_is_lost_and_the_next_one_is_not(pool):
    ended = list(pool.run(deque([task("a", dies=True), task("b")])))
    assert [(one.identity, one.code) for one in ended] == [("a", LOST), ("b", 0)]
    assert "the process that ran it died (exit code 7)" in ended[0].message
