"""The command line: one verb a function; heavy imports wait until their verb is called."""

import sys
import webbrowser
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from nasray import __version__
from nasray.app.completion import complete_overrides
from nasray.app.data_verbs import data
from nasray.app.exit_codes import exit_codes
from nasray.app.host_verbs import host, status
from nasray.app.llm_verbs import llm
from nasray.app.sweep_verbs import sweep
from nasray.app.track_verbs import track
from nasray.core.errors import NasrayError


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"nasray {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="nasray",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(data, name="data")
app.add_typer(host, name="host")
app.add_typer(llm, name="llm")
app.add_typer(sweep, name="sweep")
app.add_typer(track, name="track")
app.command()(status)


@app.callback(
    epilog="Examples: `nasray run experiment=smoke paths.runs=runs/smoke` · `nasray report runs/smoke -o smoke.html` · "
    "`nasray doctor`"
)
def nasray(  # pyright: ignore[reportUnusedFunction] - Typer calls it
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Neural-architecture-search experiments at cluster scale."""


_PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
RunPath = Annotated[Path, typer.Argument(help="A run folder.", show_default=False, resolve_path=True)]


@app.command(context_settings=_PASS_THROUGH, add_help_option=False)
def run(
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Hydra overrides.", autocompletion=complete_overrides)
    ] = None,
) -> None:
    """Run a search, or with `-m` a sweep.

    Example: `nasray run strategy=random_search budget.evaluations=50`
    """
    from nasray.app.hydra_run import hydra_run

    with exit_codes():
        hydra_run(overrides or [])


@app.command()
def resume(
    path: RunPath,
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            help="Another cluster: ray.address=HOST:PORT; another limit or server: language_model.caps.calls=300",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Go on with an interrupted run.

    Example: `nasray resume runs/2026-11-22/10-15-00-123456-random_search-training-0`
    """
    from nasray.app.run_folders import open_run
    from nasray.app.session import resume as go_on
    from nasray.app.summary import check_measured, print_summary

    with exit_codes(path):
        finished = open_run(path).result is not None
        go_on(path, changes or [])
        if finished:
            print(f"{path} is finished already; nothing was left to do")
        print_summary(path)
        check_measured(path)


@app.command()
def report(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Run folders; folders of runs are searched.", show_default=False, resolve_path=True),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The file to write.",
            show_default="report.html in the folder; of several folders: here",
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """One HTML file about any number of runs.

    Example: `nasray report runs/sweeps/today -o compare.html --open`
    """
    from nasray.app.run_folders import find_runs
    from nasray.app.summary import short
    from nasray.reports.report import write_report

    with exit_codes():
        beside = paths[0] if len(paths) == 1 else Path()
        written = write_report(find_runs(paths), output or beside / "report.html")
        print(short(written))
        if open_ and not webbrowser.open(written.resolve().as_uri()):
            print("no browser can be opened from here: open the file by hand", file=sys.stderr)


@app.command()
def replay(path: RunPath) -> None:
    """Compute a finished run again and compare the archives.

    Example: `nasray replay runs/2026-11-22/10-15-00-123456-random_search-table-0`
    """
    from nasray.app.session import replay as compute_again

    with exit_codes():
        recorded, today = compute_again(path)
        if recorded != today:
            raise NasrayError(
                f"the archive of today, {today[:12]}, is not the recorded {recorded[:12]}: the run does not replay "
                "here; compare `nasray doctor` with the versions and the platform in its manifest.json"
            )
        print(f"replayed: archive {today[:12]} is the recorded one")


@app.command()
def doctor() -> None:
    """What this machine offers nasray, and what is missing.

    Example: `nasray doctor`
    """
    from nasray.app.doctor import examine

    with exit_codes():
        for line in examine():
            print(line)


def main() -> None:
    """The entry point."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character must not end anything
    app()
