"""``nasray sweep``: what became of the sweeps that ``nasray run -m … hydra/launcher=nasray`` began."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Annotated

import typer

from nasray.app.exit_codes import exit_codes
from nasray.core.errors import ConfigError

sweep = typer.Typer(
    help="Sweeps that can be resumed: status, resume, report.", no_args_is_help=True, rich_markup_mode="markdown"
)

Folder = Annotated[Path, typer.Argument(help="A sweep's folder.", show_default=False, resolve_path=True)]


@sweep.command()
def status(folder: Folder) -> None:
    """Every job of a sweep: done and how well, running, failed and why, waiting.

    Example: `nasray sweep status runs/sweeps/strategy-seed-0123456789`
    """
    from nasray.app.sweep_folder import SweepFolder
    from nasray.app.sweep_table import status_lines

    with exit_codes():
        for line in status_lines(SweepFolder.open(folder)):
            print(line)


@sweep.command()
def resume(
    folder: Folder,
    changes: Annotated[
        list[str] | None, typer.Argument(help="Another cluster: ray.address=HOST:PORT", show_default=False)
    ] = None,
) -> None:
    """Give the commands of a sweep again: what is done is skipped, the rest goes on or is tried again.

    The exit code is 100 + the number of jobs that failed, added up over the commands, at most 125.

    Example: `nasray sweep resume runs/sweeps/strategy-seed-0123456789`
    """
    from nasray.app.hydra_run import hydra_run
    from nasray.app.sweep import end_with, n_failed_of
    from nasray.app.sweep_folder import SweepFolder

    n_failed = 0
    with exit_codes():
        known = SweepFolder.open(folder)
        with _entered(known.start, folder):
            for words in known.commands_at(changes or []):
                try:
                    hydra_run([*words, f"hydra.sweep.dir={folder}"])
                except SystemExit as end:
                    if not (failed := n_failed_of(end)):
                        raise
                    n_failed += failed
        end_with(n_failed)


@contextlib.contextmanager
def _entered(start: str, sweep: Path) -> Generator[None]:
    """Work in the folder in which a sweep was begun.

    Raises:
        ConfigError: It is gone, or not of this machine.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(contextlib.chdir(start))
        except OSError as error:
            raise ConfigError(
                f"{sweep} was begun in {start}, which cannot be entered ({error.strerror}): the relative paths of its "
                "commands begin there; make it again, or begin the sweep anew with absolute paths"
            ) from error
        yield


@sweep.command()
def report(
    folder: Folder,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.", show_default="report.html in the folder")
    ] = None,
) -> None:
    """One HTML file that compares the arms of a sweep, as far as their searches are done.

    Example: `nasray sweep report runs/sweeps/strategy-seed-0123456789 -o compare.html`
    """
    from nasray.app.run_folders import open_run
    from nasray.app.sweep_folder import SweepFolder
    from nasray.core.errors import RecordError
    from nasray.reports.report import write_report

    with exit_codes():
        folders = [folder / job.folder for job in SweepFolder.open(folder).jobs]
        done = [open_run(one) for one in folders if (one / "result.json").exists()]
        if not done:
            raise RecordError(f"{folder} has no finished search yet; see `nasray sweep status {folder}`")
        print(write_report(done, output or folder / "report.html"))
