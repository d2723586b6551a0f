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

from nasray.app.schema import RunConfig
from nasray.core.errors import ConfigError

_ANSWER_SECONDS = 10.0
_ADDRESS = "ray.address="
_SETTINGS = b"\x04"
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00" + _SETTINGS + b"\x00\x00\x00\x00\x00"
"""How gRPC begins (RFC 9113, 3.4): a fixed line and empty settings; the server sends settings first, too."""
_TOKEN = Path("~/.ray/auth_token").expanduser()


def needs_ray(config: RunConfig) -> bool:
    """Whether the executor, or the host of predictor, generator or language model, is on a Ray cluster."""
    shared = any(one is not None for one in (config.predictor, config.generator, config.language_model))
    hosted = shared and config.host is not None and config.host.where == "host"
    return hosted or executor_needs_ray(config)


def executor_needs_ray(config: RunConfig) -> bool:
    """Whether candidates are evaluated by workers on a Ray cluster, not in this process."""
    return str(config.executor.get("_target_", "")).startswith("nasray.tune.")


@contextmanager
def connected(config: RunConfig) -> Generator[None]:
    """A Ray cluster while the search runs: the one this process is connected to already, a named one, or a new one.

    Raises:
        ConfigError: The named cluster cannot be reached.
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
        ConfigError: The cluster cannot be reached.
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
    except ConnectionError as error:
        raise (_unadmitted(address) if listens else _unanswered(address, error)) from error
    except RuntimeError as error:
        if "ersion mismatch" not in str(error):
            raise
        raise ConfigError(
            f"the cluster at {address!r} runs other versions ({' '.join(str(error).split())}); Python and Ray must be "
            "equal on every node and here: install the cluster's versions, or start a cluster of your own"
        ) from error
    except ValueError as error:
        if address is None:
            raise
        raise ConfigError(
            f"ray.address ({address!r}) must be HOST:PORT, auto, or null ({error}); correct it"
        ) from error
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
    """How many workers of the configured size the cluster has room for.

    Without a cluster (the simulator) there is one. A named cluster may still grow: one worker then waits.

    Raises:
        ConfigError: A cluster of this machine alone cannot hold one worker.
    """
    if not executor_needs_ray(config):
        return 1
    import ray

    resources = ray.cluster_resources()
    asked = {"CPU": float(config.executor["cpus_per_worker"]), "GPU": float(config.executor["gpus_per_worker"])}
    n = min((int(resources.get(name, 0) // each) for name, each in asked.items() if each > 0), default=1)
    if n >= 1:
        return n
    message = (
        f"a worker asks for {asked['CPU']:g} CPUs and {asked['GPU']:g} GPUs "
        f"(executor.cpus_per_worker and gpus_per_worker), the cluster has {resources.get('CPU', 0):g} "
        f"and {resources.get('GPU', 0):g}"
    )
    if config.ray.address is None:
        raise ConfigError(f"{message}; ask for less")
    print(f"nasray: {message}; waiting for a node that has them", file=sys.stderr)
    return 1
