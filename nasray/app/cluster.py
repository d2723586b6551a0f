"""Connects to Ray, for executors that need it; imports it only then: it takes half a second."""

# pyright: basic
# Strict elsewhere in app; what Ray returns has no types.

import logging
import os
import socket
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nasray.app.hosting import is_hosted
from nasray.app.schema import RunConfig
from nasray.core.errors import ConfigError

_ANSWER_SECONDS = 10.0
_ADDRESS = "ray.address="
_SETTINGS = b"\x04"
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00" + _SETTINGS + b"\x00\x00\x00\x00\x00"
"""How gRPC begins (RFC 9113, 3.4): a fixed line and empty settings; the server sends settings first, too."""
_NOT_STARTED = ("imed out", "Failed to start GCS")
"""What Ray says of a head or a node of its own that is not there after 30 s."""
_TOKEN = Path("~/.ray/auth_token").expanduser()
_GROUP = "ray.io/node-group"
"""The label of nodes that `ray up` or KubeRay started: of a cluster that an autoscaler looks after."""


def needs_ray(config: RunConfig) -> bool:
    """Whether the executor, or the host of predictor, generator or language model, is on a Ray cluster."""
    return needs_host(config) or executor_needs_ray(config)


def needs_host(config: RunConfig) -> bool:
    """Whether predictor, generator or language model live in hosts on a Ray cluster."""
    shared = any(one is not None for one in (config.predictor, config.generator, config.language_model))
    return shared and is_hosted(config)


def executor_needs_ray(config: RunConfig) -> bool:
    """Whether candidates are evaluated by workers on a Ray cluster, not in this process."""
    return str(config.executor.get("_target_", "")).startswith("nasray.tune.")


@contextmanager
def connected(config: RunConfig) -> Generator[None]:
    """A Ray cluster while the search runs: the one this process is connected to already, a named one, or a new one.

    Raises:
        ConfigError: The named cluster cannot be reached, or a new one does not start in time.
    """
    if not needs_ray(config):
        yield
        return
    with attached(config.ray.address, num_cpus=config.ray.num_cpus, num_gpus=config.ray.num_gpus):
        yield


@contextmanager
def attached(address: str | None, *, num_cpus: int | None = None, num_gpus: int | None = None) -> Generator[None]:
    """A Ray cluster for a while: the one this process is connected to already, the one at ``address``, or a new one.

    Args:
        address: Of a running cluster, ``auto`` for the one of this machine; None for a new one.
        num_cpus: What a new one offers; None for all.
        num_gpus: What a new one offers; None for all.

    Raises:
        ConfigError: The cluster cannot be reached, or a new one does not start in time.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    listens = False
    if address:
        listens = _check_answers(address)
        _use_token()
    sizes: dict[str, Any] = {} if address else {"num_cpus": num_cpus, "num_gpus": num_gpus}
    try:
        ray.init(
            address=address or "local",
            namespace="nasray",
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            **sizes,
        )
    except Exception as error:  # of a node that does not start in time Ray raises nothing more special
        foreseen = _foreseen(error, address, listens=listens)
        if foreseen is None:
            raise
        raise foreseen from error
    _keep_token_private()
    try:
        yield
    finally:
        ray.shutdown()


def with_address(raw: Mapping[str, Any], words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """A run's configuration on the cluster that ``ray.address=…`` names, and the other words: a cluster may be gone.

    Args:
        raw: The recorded configuration; not changed.
        words: Overrides.
    """
    named = [word.removeprefix(_ADDRESS) for word in words if word.startswith(_ADDRESS)]
    others = [word for word in words if not word.startswith(_ADDRESS)]
    if not named:
        return dict(raw), others
    address = None if named[-1] in ("", "null") else named[-1]
    return {**raw, "ray": {**raw["ray"], "address": address}}, others


def _keep_token_private() -> None:
    """Ray lets everybody on this machine read the token that it makes, and with it run code as this user."""
    if _TOKEN.exists() and _TOKEN.stat().st_mode & 0o077:
        with suppress(PermissionError):  # somebody else's file: not ours to change
            _TOKEN.chmod(0o600)


def _check_answers(address: str) -> bool:
    """Fail at once where nobody or somebody else listens: Ray would try for minutes. Whether it is known that Ray does.

    Raises:
        ConfigError: The address is one of host and port, and no head of a cluster listens there.
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        return False
    try:
        line = socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_SECONDS)
    except (OSError, OverflowError) as error:
        raise _unanswered(address, error) from error
    with line:
        if not _speaks_grpc(line):
            raise _unadmitted(address)
    return True


def _speaks_grpc(line: socket.socket) -> bool:
    """Whether the other end greets as the head of a Ray cluster does; under TLS nobody can tell."""
    if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
        return True
    try:
        line.sendall(_GREETING)
        return line.recv(4)[3:] == _SETTINGS
    except OSError:
        return False


def _foreseen(error: Exception, address: str | None, *, listens: bool) -> ConfigError | None:
    """What Ray's error means to the user; None where that is not known."""
    said = " ".join(str(error).split())
    if isinstance(error, ConnectionError):
        return _unadmitted(address) if listens else _unanswered(address, error)
    if isinstance(error, RuntimeError) and "ersion mismatch" in said:
        return ConfigError(
            f"the cluster at {address!r} runs other versions ({said}); Python and Ray must be equal on every node and "
            "here: install the cluster's versions, or start a cluster of your own"
        )
    if isinstance(error, ValueError) and address is not None:
        return ConfigError(f"ray.address ({address!r}) must be HOST:PORT, auto, or null ({said}); correct it")
    if address is None and any(words in said for words in _NOT_STARTED):
        return ConfigError(
            f"Ray did not start on this machine within the time that it gives itself ({said}); try again when the "
            "machine is less busy, or connect to a running cluster by ray.address=HOST:PORT"
        )
    return None


def _unadmitted(address: str | None) -> ConfigError:
    return ConfigError(
        f"something listens at {address!r}, but does not let this process into a Ray cluster: the token is missing or "
        f"wrong (copy the head's {_TOKEN.name} to {_TOKEN.parent}, set RAY_AUTH_MODE=token), or it is no head of a Ray "
        "cluster (`ray start --head` names its address)"
    )


def _unanswered(address: str | None, error: Exception) -> ConfigError:
    return ConfigError(
        f"no Ray cluster answers at {address!r} ({error}); start one (`ray start --head`), correct ray.address or "
        "RAY_ADDRESS, or use ray=local without RAY_ADDRESS"
    )


def _use_token() -> None:
    """Let Ray show the cluster's token: with an explicit address it does so only when it is told to."""
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH") or _TOKEN.exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def room(config: RunConfig) -> int:
    """How many workers of the configured size the cluster has room for; one at least, which then waits.

    Without a cluster (the simulator) there is one.

    Raises:
        ConfigError: The cluster cannot hold one worker, or one host, and does not grow.
    """
    if needs_host(config) and config.host is not None:
        _places(config, "a host", {"CPU": config.host.num_cpus}, "host.num_cpus")
    if not executor_needs_ray(config):
        return 1
    asked = {"CPU": float(config.executor["cpus_per_worker"]), "GPU": float(config.executor["gpus_per_worker"])}
    return max(1, _places(config, "a worker", asked, "executor.cpus_per_worker and gpus_per_worker"))


def _places(config: RunConfig, who: str, asked: Mapping[str, float], settings: str) -> int:
    """How many of ``who`` fit into the nodes of the cluster; one that an autoscaler makes grow is waited for.

    Raises:
        ConfigError: None fits, and nobody will add a node.
    """
    import ray

    alive = [node for node in ray.nodes() if node["Alive"]]
    nodes: list[dict[str, float]] = [node["Resources"] for node in alive]
    wanted = {kind: each for kind, each in asked.items() if each > 0}
    n = sum(min((int(node.get(kind, 0) // each) for kind, each in wanted.items()), default=1) for node in nodes)
    if n >= 1:
        return n
    there = ", ".join(dict.fromkeys(_amounts({kind: node.get(kind, 0) for kind in asked}) for node in nodes))
    message = f"{who} asks for {_amounts(asked)} ({settings}), and no node of the cluster has as much, but {there}"
    if config.ray.address is None:
        raise ConfigError(f"{message}; ask for less")
    if not any(_GROUP in node["Labels"] for node in alive):
        raise ConfigError(f"{message}; ask for less, or add such a node first: no autoscaler would add one")
    print(f"nasray: {message}; waiting for a node that has it", file=sys.stderr)
    return 0


def _amounts(resources: Mapping[str, float]) -> str:
    """``2 CPUs and 0 GPUs``."""
    return " and ".join(f"{amount:g} {kind}s" for kind, amount in resources.items())
