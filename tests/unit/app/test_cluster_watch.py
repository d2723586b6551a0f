"""A cluster that is gone is noticed; one that is slow is not taken for gone."""

import socket
import threading

import pytest

from nasray.app import cluster_watch
from nasray.app.cluster_watch import ClusterWatch, Door


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_watch, "_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(cluster_watch, "_ANSWER_SECONDS", 0.05)


def door_of(server: socket.socket, patience_seconds: float) -> Door:
    return Door("the head", *server.getsockname(), patience_seconds)


def test_a_door_that_closes_for_good_is_told_once() -> None:
    told: list[str] = []
    lost = threading.Event()

    def note(message: str) -> None:
        told.append(message)
        lost.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        door = door_of(server, 0.05)
        assert door.is_open()
        watch = ClusterWatch([door], note)
        assert not lost.wait(0.1)
    assert lost.wait(10)
    watch._thread.join(10)
    assert told == [f"the head at {door.host}:{door.port} is gone: killed, crashed, or stopped"]


def test_a_door_that_opens_again_in_time_and_one_that_is_watched_no_more_are_not_told() -> None:
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        door = door_of(server, 60.0)
    watch = ClusterWatch([door], told.append)
    watch._thread.join(0.1)
    watch.stop()
    watch._thread.join(10)
    assert not watch._thread.is_alive()
    assert not told


def test_who_listens_but_is_slow_to_answer_is_there() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        door = door_of(server, 0.0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # more than the queue holds: the next one is not even accepted
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        assert door.is_open()
        for one in waiting:
            one.close()


def test_the_process_ends_with_code_2_and_says_how_to_go_on(monkeypatch, capsys) -> None:
    codes: list[int] = []
    monkeypatch.setattr(cluster_watch.os, "_exit", codes.append)
    cluster_watch._end("the head is gone; `nasray resume run` goes on")
    assert codes == [2]
    assert capsys.readouterr().err == "\nnasray: the head is gone; `nasray resume run` goes on\n"
