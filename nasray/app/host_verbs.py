"""``nasray host``: the models that a Ray cluster serves, listed and ended."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from nasray.app.exit_codes import exit_codes

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
    """Every host, and what it has done.

    Example: `nasray host list --address auto`
    """
    with _attached(address):
        from nasray.actors import directory

        for name in directory.names():
            health = directory.health(name)
            served = f"{health['items']:,} items in {health['batches']:,} batches of {health['mean_batch_size']:.1f}"
            print(f"{name:<32} nasray {health['version']}   {served}; {health['queue_length']} waiting")


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
