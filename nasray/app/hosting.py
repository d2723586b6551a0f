"""What the hosts of a run's parts have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasray.actors.batching import Batching
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.app.schema import HostConfig, RunConfig
from nasray.core.errors import ConfigError
from nasray.records.store import Store


def is_hosted(config: RunConfig) -> bool:
    """Whether parts live in hosts that all searches of the cluster share; runs older than hosts have none."""
    return config.host is not None and config.host.where == "host"


def host_settings(config: RunConfig) -> HostConfig:
    """The section that says where parts live.

    Raises:
        ConfigError: There is none.
    """
    if config.host is None:
        raise ConfigError("host is missing; put it back: it says where the run's parts live")
    return config.host


def host_names(**parts: Any) -> dict[str, str]:
    """The names of the hosts that ``parts`` are clients of, by part; what lives in this process is left out."""
    identities = {name: getattr(part, "identity", None) for name, part in parts.items()}
    return {name: one.name for name, one in identities.items() if isinstance(one, Identity)}


def recipe_of(
    config: RunConfig,
    identity: Identity,
    factory: Callable[[], Any],
    *,
    method: str,
    batch_size: int | None = None,
    on_head: bool = False,
) -> HostRecipe:
    """How the host of a part is made; its state is kept where the run's tables are.

    Args:
        config: The run's configuration.
        identity: Who the host is.
        factory: Builds the part, in the host.
        method: Of the part, which the host calls with a batch.
        batch_size: Items of a batch; None for the size that the configuration gives.
        on_head: Whether it must live on the head node.
    """
    host = host_settings(config)
    return HostRecipe(
        identity=identity,
        factory=factory,
        method=method,
        batching=Batching(size=host.batch_size if batch_size is None else batch_size, window_ms=host.window_ms),
        store=Store(root=str(Path(config.paths.data).expanduser() / "hosts")),
        num_cpus=host.num_cpus,
        on_head=on_head,
    )
