"""``nasray track``: what searches kept for W&B on disk is uploaded."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from nasray.app.exit_codes import exit_codes
from nasray.core.errors import NasrayError, RecordError, require

track = typer.Typer(help="What searches kept for W&B on disk: sync.", no_args_is_help=True, rich_markup_mode="markdown")


@track.command()
def sync(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Run folders, sweeps, or folders of them.", show_default=False, resolve_path=True),
    ],
) -> None:
    """Upload the offline W&B runs in these folders and below them, each once.

    Of an online run that was cut short, name the folder `wandb/run-…` itself.

    Example: `nasray track sync runs/sweeps/strategy-seed-0123456789`
    """
    with exit_codes():
        print(upload(paths))


def upload(paths: Sequence[Path]) -> str:
    """Let wandb upload what is not uploaded yet; how much that was.

    Raises:
        RecordError: A path holds no W&B run.
        NasrayError: Some could not be uploaded.
    """
    runs = [run for path in paths for run in _runs_of(path)]
    due = [run for run in dict.fromkeys(runs) if not _is_uploaded(run)]
    if due:
        words = [sys.executable, "-m", "wandb", "sync", "--include-online", *map(str, due)]
        subprocess.run(words, check=False)  # what it says is for the user; its exit code is 0 come what may
    left = [run for run in due if not _is_uploaded(run)]
    require(
        not left,
        f"{len(left)} of {len(due)} W&B runs could not be uploaded, {', '.join(map(str, left[:1]))} for one; wandb "
        "says why above: check WANDB_API_KEY and the network, then give the command again for the rest",
        NasrayError,
    )
    return f"{len(due)} W&B runs uploaded, {len(set(runs)) - len(due)} were before"


def _runs_of(path: Path) -> Iterator[Path]:
    """The offline runs below ``path``, or the run that it is."""
    runs = [path] if any(path.glob("*.wandb")) else sorted(path.rglob("wandb/offline-run-*"))
    require(
        bool(runs),
        f"{path} holds no offline run of W&B; name the folder of a run or sweep with tracking=wandb_offline",
        RecordError,
    )
    yield from runs


def _is_uploaded(run: Path) -> bool:
    """Wandb leaves a mark."""
    return any(run.glob("*.wandb.synced"))
