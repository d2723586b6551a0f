"""Clusters that cannot be reached are one message, at once."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from types import SimpleNamespace

import pytest
import ray

from nasray.app import cluster
from nasray.app.cluster import attached, room, with_address
from nasray.core.errors import ConfigError


@pytest.fixture(autouse=True)
def unconnected(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Ray that knows no cluster, and what it was asked."""
    asked: list[dict] = []

    def init(**settings):
        asked.append(settings)
        raise ValueError("Invalid address format: nonsense")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", init)
    return asked


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:1", "localhost:99999"])
def test_where_nothing_listens_nothing_is_waited_for(address: str, unconnected: list[dict]) -> None:
    message = r"no Ray cluster answers at .*; start one \(`ray start --head`\), correct ray.address or"
    with pytest.raises(ConfigError, match=message), attached(address):
        pass
    assert not unconnected


def test_what_is_no_address_is_refused() -> None:
    message = r"ray.address \('nonsense'\) must be HOST:PORT, auto, or null \(Invalid"
    with pytest.raises(ConfigError, match=message), attached("nonsense"):
        pass
    with pytest.raises(ValueError, match="Invalid"), attached(None):  # not about an address: to be seen whole
        pass


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """``answering(reply)`` is the address of somebody who greets every caller so."""
    with ExitStack() as servers:

        def start(reply: bytes) -> str:
            server = servers.enter_context(socket.create_server(("127.0.0.1", 0)))

            def greet() -> None:
                with suppress(OSError), server.accept()[0] as line:
                    line.sendall(reply)
                    line.recv(1024)

            threading.Thread(target=greet, daemon=True).start()
            return f"127.0.0.1:{server.getsockname()[1]}"

        yield start


GRPC = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def test_ray_is_asked_where_ray_may_listen(unconnected: list[dict], answering) -> None:
    address = answering(GRPC)
    with pytest.raises(ConfigError, match="must be HOST:PORT"), attached(address):
        pass
    assert [settings["address"] for settings in unconnected] == [address]


def test_somebody_else_at_the_address_is_known_at_once(unconnected: list[dict], answering, monkeypatch) -> None:
    with (
        pytest.raises(ConfigError, match="or it is no head of a Ray cluster"),
        attached(answering(b"HTTP/1.1 400 Bad")),
    ):
        pass
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 0.05)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(ConfigError, match="or it is no head of a Ray cluster"),
        attached(f"127.0.0.1:{silent.getsockname()[1]}"),
    ):
        pass
    assert not unconnected
    monkeypatch.setenv("RAY_USE_TLS", "1")
    with pytest.raises(ConfigError, match="must be HOST:PORT"), attached(answering(b"")):
        pass


def test_a_cluster_of_other_versions_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_):
        raise RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 1.0.0\n    Python: 3.8.1")

    monkeypatch.setattr(ray, "init", init)
    message = r"runs other versions \(Version mismatch: .* Ray: 1.0.0 Python: 3.8.1\); Python and Ray must be equal"
    with pytest.raises(ConfigError, match=message), attached("auto"):
        pass


def test_other_errors_of_ray_are_not_taken_for_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_):
        raise RuntimeError("something else")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(RuntimeError, match="something else"), attached("auto"):
        pass


@pytest.mark.parametrize(
    "error",  # word for word Ray's: node.py (the exact class is Exception), services.py, _raylet
    [
        Exception(
            "The current node timed out during startup. This could happen because some of the raylet failed to "
            "startup or the GCS has become overloaded."
        ),
        RuntimeError("Timed out waiting for node info for node_id=ab."),
        RuntimeError("Failed to start GCS.  Last 0 lines of error files:\n\n.Please check gcs_server.out for details."),
        ray.exceptions.RaySystemError("Timed out waiting for file gcs_server_port"),
    ],
)
def test_a_machine_too_busy_to_start_ray_is_one_message(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_):
        raise error

    monkeypatch.setattr(ray, "init", init)
    message = r"Ray did not start on this machine within .* \(.*\); try again when the machine is less busy, or connect"
    with pytest.raises(ConfigError, match=message), attached(None):
        pass
    with pytest.raises(type(error)), attached("auto"):  # somebody else's cluster: not for us to explain
        pass


GROUP = {"ray.io/node-group": "cpu"}  # RAY_NODE_TYPE_NAME, of ray/_private/resource_and_label_spec.py


def config_of(address: str | None, cpus: float, host_cpus: float = 0.0, predictor: dict | None = None):
    return SimpleNamespace(
        ray=SimpleNamespace(address=address),
        executor={"_target_": "nasray.tune.any", "cpus_per_worker": cpus, "gpus_per_worker": 0},
        predictor=predictor,
        generator=None,
        language_model=None,
        host=SimpleNamespace(where="host", num_cpus=host_cpus),
    )


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Nodes of 3 and 2 CPUs, and a dead one."""
    nodes = [
        {"Alive": True, "Resources": {"CPU": 3.0}, "Labels": {}},
        {"Alive": True, "Resources": {"CPU": 2.0, "GPU": 1.0}, "Labels": {}},
        {"Alive": False, "Resources": {}, "Labels": GROUP},
    ]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    return nodes


def test_workers_are_counted_node_by_node(two_nodes: list) -> None:
    assert room(config_of(None, 1)) == 5
    assert room(config_of(None, 2)) == 2  # not the 2.5 of the sum: half a worker is left over on the first node
    assert room(config_of(None, 0.5)) == 10


def test_what_can_never_be_met_is_refused_where_no_node_can_be_added(two_nodes: list) -> None:
    message = r"a worker asks for 4 CPUs and 0 GPUs \(executor.cpus_per_worker and gpus_per_worker\), and no node of "
    with pytest.raises(ConfigError, match=message + r"the cluster has as much, but 3 CPUs and 0 GPUs, 2 CPUs and 1"):
        room(config_of(None, 4))  # together the nodes have 5
    with pytest.raises(ConfigError, match=r"a host asks for 64 CPUs \(host.num_cpus\), .* but 3 CPUs, 2 CPUs; ask for"):
        room(config_of(None, 1, host_cpus=64, predictor={}))
    assert room(config_of(None, 1, host_cpus=64)) == 5, "nothing lives in a host: it is not asked for"


def test_what_a_named_cluster_can_never_meet_is_refused_unless_an_autoscaler_looks_after_it(two_nodes: list) -> None:
    message = r"no node of the cluster has as much, .*; ask for less, or add such a node first: no autoscaler would"
    with pytest.raises(ConfigError, match=r"a worker asks for 64 CPUs and 0 GPUs .*" + message):
        room(config_of("head:6379", 64))
    with pytest.raises(ConfigError, match=r"a host asks for 64 CPUs .*" + message):
        room(config_of("head:6379", 1, host_cpus=64, predictor={}))


def test_what_a_growing_cluster_may_meet_is_said_and_waited_for(two_nodes: list, capsys) -> None:
    two_nodes[0]["Labels"] = GROUP
    assert room(config_of("head:6379", 64)) == 1
    said = capsys.readouterr().err
    assert said.startswith("nasray: a worker asks for 64 CPUs and 0 GPUs")
    assert said.endswith("waiting for a node that has it\n")


def test_a_run_goes_on_on_another_cluster() -> None:
    raw = {"seed": 0, "ray": {"address": "one:1", "num_cpus": None}}
    assert with_address(raw, ["seed=3"]) == (raw, ["seed=3"])
    moved, others = with_address(raw, ["ray.address=two:2", "language_model.caps.calls=3"])
    assert moved == {"seed": 0, "ray": {"address": "two:2", "num_cpus": None}}
    assert others == ["language_model.caps.calls=3"]
    assert with_address(raw, ["ray.address=null"])[0]["ray"]["address"] is None


def test_the_token_is_read_by_its_owner_alone(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "auth_token"
    token.write_text("secret")
    token.chmod(0o644)
    monkeypatch.setattr(cluster, "_TOKEN", token)
    cluster._keep_token_private()
    assert token.stat().st_mode & 0o777 == 0o600
    token.unlink()
    cluster._keep_token_private()  # there is none: nothing to do


def test_who_is_not_let_in_is_told_about_the_token(answering, monkeypatch: pytest.MonkeyPatch) -> None:
    def init(**_):
        raise ConnectionError("Failed to connect to Ray cluster")

    monkeypatch.setattr(ray, "init", init)
    address = answering(GRPC)
    message = rf"something listens at '{address}', but does not .*: the token is missing or wrong \(copy the head's"
    with pytest.raises(ConfigError, match=message), attached(address):
        pass
    with pytest.raises(ConfigError, match="no Ray cluster answers at 'auto'"), attached("auto"):
        pass
