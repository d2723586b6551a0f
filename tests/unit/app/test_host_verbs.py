"""What is said of a host and of a cluster, without one."""

from types import SimpleNamespace

import pytest
import ray

from nasray.actors import directory
from nasray.app.host_verbs import _described, _print_hosts, _print_searches, _share
from nasray.core.errors import ConfigError

HEALTH = {
    "version": "0.1.0",
    "up_seconds": 125.0,
    "items": 2048,
    "batches": 16,
    "mean_batch_size": 128.0,
    "batch_size": 256,
    "queue_length": 3,
}


def test_a_host_in_a_line():
    said = _described(HEALTH).replace("\u00a0", " ")
    assert said == "nasray 0.1.0   up 2 min 5 s, 2,048 items in 16 batches of 128.0 (at most 256); 3 waiting"


def test_a_host_that_does_not_answer_is_said_to_be_so():
    assert _described(None) == "no answer within 5 s: it is being restarted, or its node is gone"


def test_what_is_free():
    assert _share("CPU", {"CPU": 1.5}, {"CPU": 8.0}) == "1.5 of 8 CPUs"
    assert _share("GPU", {}, {}) == "0 of 0 GPUs"


def test_an_actor_of_another_project_is_listed_and_hides_no_host(monkeypatch: pytest.MonkeyPatch, capsys):
    class Stranger:
        greet = None

    class OurHost:
        call = learn = None
        health = type("", (), {"remote": lambda: HEALTH})

    there = {"stranger": Stranger(), "ridge": OurHost()}
    monkeypatch.setattr(directory.ray, "is_initialized", lambda: True)
    monkeypatch.setattr(directory.ray, "get_actor", lambda name, namespace: there[name])
    monkeypatch.setattr(directory.ray, "get", lambda answer, timeout: answer)
    named = [{"name": name, "namespace": "nasray"} for name in there] + [{"name": "other", "namespace": "other"}]
    monkeypatch.setattr(directory.ray.util, "list_named_actors", lambda all_namespaces: named)
    _print_hosts()
    ridge, stranger = capsys.readouterr().out.splitlines()
    assert ridge.startswith("ridge")
    assert "2,048 items" in ridge
    assert stranger.split(maxsplit=1) == ["stranger", "no host of nasray, or stopped just now"]
    with pytest.raises(ConfigError, match="'stranger' is an actor of another project"):
        directory.stop("stranger")


def test_a_search_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys):
    waits = "no worker is at work since 2026-01-01 00:00:00; each asks for 2 CPUs and 0 GPUs"
    states = {
        "a-machine-12-0": {"held": 2, "waiting": 5, "needs": ""},
        "a-machine-13-1": {"held": 0, "waiting": 8, "needs": waits},
        "b-14-2": ray.exceptions.GetTimeoutError(),
        "b-15-3": ray.exceptions.ActorDiedError(),
    }

    def get(name: str, timeout: float):
        if isinstance(states[name], Exception):
            raise states[name]
        return states[name]

    named = [{"name": name, "namespace": "nasray-searches"} for name in states]
    named.append({"name": "ridge-0", "namespace": "nasray"})
    monkeypatch.setattr(ray.util, "list_named_actors", lambda all_namespaces: named)
    monkeypatch.setattr(
        ray, "get_actor", lambda name, namespace: SimpleNamespace(state=SimpleNamespace(remote=lambda: name))
    )
    monkeypatch.setattr(ray, "get", get)
    _print_searches()
    assert capsys.readouterr().out.splitlines() == [
        "search      process 12 on a-machine: 2 chunks at work, 5 wait for a worker",
        f"search      process 13 on a-machine: {waits}",
        "search      process 14 on b: no answer within 5 s",
        "search      process 15 on b: has just ended",
    ]
