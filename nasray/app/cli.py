"""The command line: one verb a function; heavy imports wait until their verb is called."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from nasray.app.completion import complete_overrides
from nasray.app.data_verbs import data
from nasray.app.exit_codes import exit_codes
from nasray.core.errors import NasrayError

app = typer.Typer(
    name="nasray",
    help="Neural-architecture-search experiments at cluster scale.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(data, name="data")

_PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}
RunPath = Annotated[Path, typer.Argument(help="A run folder.", show_default=False)]


@app.command(context_settings=_PASS_THROUGH, add_help_option=False)
def run(
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Hydra overrides.", autocompletion=complete_overrides)
    ] = None,
) -> None:
    """Run a search, or with `-m` a sweep. Example: `nasray run strategy=random_search budget.evaluations=50`."""
    from nasray.app.hydra_run import hydra_run

    with exit_codes():
        hydra_run(overrides or [])


@app.command()
def resume(path: RunPath) -> None:
    """Go on with an interrupted run. Example: `nasray resume runs/2026-11-22/10-15-00-random_search-training-0`."""
    from nasray.app.session import resume as go_on
    from nasray.app.summary import print_summary

    with exit_codes():
        print_summary(path, go_on(path))


@app.command()
def report(
    paths: Annotated[list[Path], typer.Argument(help="Run folders; folders of runs are searched.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("report.html"),
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """One HTML file about any number of runs. Example: `nasray report runs/sweeps/today -o compare.html --open`."""
    from nasray.app.run_folders import find_runs
    from nasray.reports.report import write_report

    with exit_codes():
        written = write_report(find_runs(paths), output)
        print(written)
        if open_:
            webbrowser.open(written.resolve().as_uri())


@app.command()
def replay(path: RunPath) -> None:
    """Compute a finished run again and compare the archives. Example: `nasray replay runs/…`."""
    from nasray.app.session import replay as compute_again

    with exit_codes():
        recorded, today = compute_again(path)
        if recorded != today:
            raise NasrayError(
                f"the archive of today, {today[:12]}, is not the recorded {recorded[:12]}: the run does not replay here; "
                "compare `nasray doctor` with the versions and the platform in its manifest.json"
            )
        print(f"replayed: archive {today[:12]} is the recorded one")


@app.command()
def doctor() -> None:
    """What this machine offers nasray, and what is missing. Example: `nasray doctor`."""
    from nasray.app.doctor import examine

    with exit_codes():
        for line in examine():
            print(line)


def main() -> None:
    """The entry point."""
    app()
