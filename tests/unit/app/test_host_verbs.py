"""What is said of a host and of a cluster, without one."""

import pytest

from nasray.actors import directory
from nasray.app.host_verbs import _described, _print_hosts, _share
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
