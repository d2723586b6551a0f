"""The hosts of a Ray cluster, by name."""

import time
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from nasray.actors.host import Host
from nasray.actors.host_recipe import HostRecipe
from nasray.core.errors import ConfigError, require

NAMESPACE = "nasray"
_HEAD = {"node:__internal_head__": 0.001}  # a resource that Ray's head node alone has, 1.0 of it
_METHODS = ("call", "learn", "health")
_END_SECONDS = 30.0
_MOST_RETRIES = 3  # of a call whose host died; a call that kills every host must come to an end


def find_or_start(recipe: HostRecipe) -> Any:
    """The handle of the host of that name; started if there is none. Any number of processes may ask at once.

    Raises:
        ConfigError: This process is not connected to a Ray cluster, or something else bears the name.
    """
    _connected(recipe.identity.name)
    return _host(
        recipe.identity.name,
        ray.remote(Host)
        .options(
            name=recipe.identity.name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            num_cpus=recipe.num_cpus,
            resources=_HEAD if recipe.on_head else {},
            scheduling_strategy="DEFAULT",  # else a host started inside a trial dies with the trial's placement group
            max_restarts=-1,
            max_task_retries=_MOST_RETRIES,
        )
        .remote(recipe),
    )


def find(name: str) -> Any:
    """The handle of the host called ``name``.

    Raises:
        ConfigError: There is none, something else bears the name, or this process is not connected to a Ray cluster.
    """
    _connected(name)
    try:
        return _host(name, ray.get_actor(name, namespace=NAMESPACE))
    except ValueError as error:
        there = ", ".join(names()) or "none"
        raise ConfigError(
            f"no host is called {name!r} on this cluster; there are: {there}. Start it from the process that composed "
            "the search, or connect to the cluster that has it"
        ) from error


def names() -> list[str]:
    """Names of the hosts of this cluster, sorted."""
    found: Any = ray.util.list_named_actors(all_namespaces=True)
    return sorted(one["name"] for one in found if one["namespace"] == NAMESPACE)


def health(name: str, patience_seconds: float) -> dict[str, Any] | None:
    """What the host called ``name`` says about itself; None if it says nothing in time, as one that is restarting.

    Raises:
        ConfigError: There is none, or this process is not connected to a Ray cluster.
    """
    try:
        return ray.get(find(name).health.remote(), timeout=patience_seconds)
    except (GetTimeoutError, RayActorError):
        return None


def stop(name: str) -> None:
    """End the host called ``name``, for good; a search that needs it starts it again.

    Ray ends it in the background; this waits until its name is free, so that nobody finds a host about to end.

    Raises:
        ConfigError: There is none, this process is not connected to a Ray cluster, or it does not end in time.
    """
    ray.kill(find(name), no_restart=True)
    until = time.monotonic() + _END_SECONDS
    while name in names():
        require(
            time.monotonic() < until,
            f"host {name} was told to end but is there after {_END_SECONDS:.0f} s; see `ray list actors`",
            ConfigError,
        )
        time.sleep(0.05)


def await_start(handle: Any, name: str, patience_seconds: float) -> None:
    """Return when the host answers: one that asks for more than the cluster has free would be waited for in vain.

    Raises:
        ConfigError: It does not answer in time.
    """
    try:
        ray.get(handle.health.remote(), timeout=patience_seconds)
    except GetTimeoutError as error:
        free, there = ray.available_resources().get("CPU", 0.0), ray.cluster_resources().get("CPU", 0.0)
        raise ConfigError(
            f"host {name} did not start within {patience_seconds:g} s; {free:g} of the cluster's {there:g} CPUs are "
            "free: ask for fewer (host.num_cpus), leave some free (executor.workers), or add a node"
        ) from error


def _host(name: str, handle: Any) -> Any:
    """``handle``, if it is that of a Host."""
    require(
        all(hasattr(handle, method) for method in _METHODS),
        f"{name!r} is an actor of another project in the namespace {NAMESPACE!r} of this cluster, no host; give yours "
        "another host.name",
        ConfigError,
    )
    return handle


def _connected(name: str) -> None:
    require(
        ray.is_initialized(),
        f"host {name} lives on a Ray cluster and this process is connected to none; run it with host.where=host under "
        "`nasray run`, or call ray.init(address=…) first",
        ConfigError,
    )
