"""Clusters that cannot be reached are one message, at once."""

import socket

import pytest
import ray

from nasray.app.cluster import attached
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


def test_ray_is_asked_where_something_listens(unconnected: list[dict]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ConfigError, match="must be HOST:PORT"), attached(address):
            pass
    assert [settings["address"] for settings in unconnected] == [address]
