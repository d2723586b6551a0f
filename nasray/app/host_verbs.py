"""``nasray host`` and ``nasray status``: a Ray cluster and the models that it serves, shown and ended."""

# pyright: basic
# Strict elsewhere in app; what Ray returns has no types.

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from nasray.app.exit_codes import exit_codes
from nasray.reports.metric import duration

PATIENCE_SECONDS = 5.0

host = typer.Typer(
    help="Models that a Ray cluster serves: list, stop.", no_args_is_help=True, rich_markup_mode="markdown"
)

Address = Annotated[
    str, typer.Option("--address", envvar="RAY_ADDRESS", help="The cluster; `auto` is the one this machine is in.")
]


@contextmanager
def _attached(address: str) -> Generator[None]:
    from nasray.app.cluster import attached

    with exit_codes(), attached(address):
        yield


@host.command("list")
def list_(address: Address = "auto") -> None:
    """Every host, how it is, and what it has done since it was started.

    Example: `nasray host list --address auto`
    """
    with _attached(address):
        _print_hosts()


def status(address: Address = "auto") -> None:
    """A Ray cluster at a glance: its nodes, what is free, its searches and what they wait for, and its hosts.

    Example: `nasray status --address auto`
    """
    with _attached(address):
        import ray

        there, free = ray.cluster_resources(), ray.available_resources()
        n_nodes = sum(bool(node["Alive"]) for node in ray.nodes())
        nodes = "1 node" if n_nodes == 1 else f"{n_nodes} nodes"
        print(f"cluster     {nodes}; free: {_share('CPU', free, there)}, {_share('GPU', free, there)}")
        _print_searches()
        _print_hosts()


@host.command()
def stop(
    name: Annotated[str, typer.Argument(help="A name in `nasray host list`.", show_default=False)],
    address: Address = "auto",
) -> None:
    """End a host; a search that needs it starts it again.

    Example: `nasray host stop ridge-0123456789abcdef`
    """
    with _attached(address):
        from nasray.actors import directory

        directory.stop(name)
        print(f"{name} is stopped")


def _share(kind: str, free: Mapping[str, float], there: Mapping[str, float]) -> str:
    """``3 of 8 CPUs``."""
    return f"{free.get(kind, 0):g} of {there.get(kind, 0):g} {kind}s"


def _print_searches() -> None:
    """By machine and process: the desks of other processes tell how their searches are."""
    import ray

    from nasray.tune.desk import NAMESPACE

    found: Any = ray.util.list_named_actors(all_namespaces=True)
    for name in sorted(one["name"] for one in found if one["namespace"] == NAMESPACE):
        machine, process, _ = name.rsplit("-", 2)
        print(f"search      process {process} on {machine}: {_progress(name, NAMESPACE)}")


def _progress(name: str, namespace: str) -> str:
    """How one search is; it may end just now."""
    import ray
    from ray.exceptions import GetTimeoutError, RayActorError

    try:
        state: Any = ray.get(ray.get_actor(name, namespace=namespace).state.remote(), timeout=PATIENCE_SECONDS)
    except (ValueError, RayActorError):
        return "has just ended"
    except GetTimeoutError:
        return f"no answer within {PATIENCE_SECONDS:g} s"
    return state["needs"] or f"{state['held']} chunks at work, {state['waiting']} wait for a worker"


def _print_hosts() -> None:
    from nasray.actors import directory

    names = directory.names()
    for name in names:
        print(f"{name:<32} {_state(name)}")
    if not names:
        print("no hosts: a search starts one with host.where=host")


def _state(name: str) -> str:
    """How something with a name in our namespace is; anybody may have put it there."""
    from nasray.actors import directory
    from nasray.core.errors import ConfigError

    try:
        return _described(directory.health(name, PATIENCE_SECONDS))
    except ConfigError:
        return "no host of nasray, or stopped just now"


def _described(health: Mapping[str, Any] | None) -> str:
    """One host in a line."""
    if health is None:
        return f"no answer within {PATIENCE_SECONDS:g} s: it is being restarted, or its node is gone"
    batches = f"{health['batches']:,} batches of {health['mean_batch_size']:.1f} (at most {health['batch_size']})"
    return (
        f"nasray {health['version']}   up {duration(health['up_seconds'])}, {health['items']:,} items in {batches}; "
        f"{health['queue_length']} waiting"
    )
