"""The report: one HTML file that needs nothing else, neither a network nor a script."""

import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from nasray.core.atomic import write_atomically
from nasray.core.errors import ConfigError, RecordError, require
from nasray.records.run_folder import RunFolder
from nasray.reports.arm import Arm, group_arms, title_of
from nasray.reports.arm_section import section_of
from nasray.reports.cell_drawing import operator_style
from nasray.reports.comparable import check_comparable
from nasray.reports.cost_row import cost_rows
from nasray.reports.front_section import bounds_of, front_section
from nasray.reports.headline import compare, reached, tiles
from nasray.reports.metric import duration, plural, quantity
from nasray.reports.notices import notices
from nasray.reports.operator_shares import palette_of
from nasray.reports.predictor_section import predictor_section
from nasray.reports.principles_section import principles_section
from nasray.reports.progress_chart import curves_of, draw_progress
from nasray.reports.run_view import RunView
from nasray.reports.verdict import verdict

_MOST_FAILURES = 50


def write_report(runs: Sequence[RunFolder], target: Path) -> Path:
    """Write the report on one run, or on several that measure the same; the same runs give the same bytes.

    Runs that differ only in their seed become one arm with mean and interval; arms are compared.

    Args:
        runs: At least one; unfinished ones are left out when finished ones are there.
        target: The file, or a folder in which it becomes ``report.html``.

    Returns:
        The file that was written.

    Raises:
        ConfigError: No run, one run given twice, or runs that do not measure the same.
        RecordError: A run cannot be read, or the file cannot be written.
    """
    views = [RunView.read(run) for run in runs]
    _check(views)
    if target.is_dir():
        target = target / "report.html"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        page = render(views).encode()
        if target.exists() and not target.is_file():
            target.write_bytes(page)  # a device or a pipe, which a file must not replace
        else:
            write_atomically(target.resolve(), page)
    except OSError as error:
        raise RecordError(f"the report {target} cannot be written ({error.strerror}); choose another file") from error
    return target


def render(views: Sequence[RunView]) -> str:
    """The page."""
    shown = [view for view in views if view.outcomes and (view.result is not None or len(views) == 1)]
    shown = shown or [view for view in views if view.outcomes]
    arms = group_arms(shown)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            **_head(views, arms),
            **(_body(arms) if arms else {}),
            **_foot(views, arms),
        )
    )


@cache
def _environment() -> Environment:
    """Keeps the templates that it has compiled: that takes 0.2 s, the rest of a report a tenth of it."""
    environment = Environment(
        loader=PackageLoader("nasray.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(breakable=_breakable, duration=duration, plural=plural, quantity=quantity)
    return environment


def _check(views: Sequence[RunView]) -> None:
    require(len(views) > 0, "a report needs at least one run folder; name one")
    seen: set[str] = set()
    for view in views:
        require(view.path not in seen, f"run {view.path} was given twice; name each run once", ConfigError)
        seen.add(view.path)
    check_comparable(views)


def _head(views: Sequence[RunView], arms: Sequence[Arm]) -> dict[str, Any]:
    """The title, and what must be known first."""
    titles = list(dict.fromkeys(title_of(view.manifest["config"]) for view in views))
    several = f"{plural(len(arms), 'configuration')}, {plural(sum(len(arm.runs) for arm in arms), 'run')}"
    single = views[0] if len(views) == 1 else None
    return {
        "title": titles[0] if len(titles) == 1 else f"{len(titles)} searches compared",
        "subtitle": f"{single.run_id} · seed {single.seed} · {_minute(single)}" if single else several,
        "metric": views[0].metric,
        "notices": notices(views, arms),
        "has_body": bool(arms),
    }


def _minute(view: RunView) -> str:
    return str(view.manifest["created"])[:16].replace("T", " ")


def _body(arms: Sequence[Arm]) -> dict[str, Any]:
    """Findings, curves, fronts, cells."""
    runs = [run for arm in arms for run in arm.runs]
    metric, palette = runs[0].metric, palette_of(arms)
    curves = curves_of(arms)
    failures = [(run, outcome, failure) for run in runs for outcome, failure in run.failures]
    best = max((arm.top[0] for arm in arms if arm.top), key=lambda cell: cell.value, default=None)
    return {
        "arms": arms,
        "verdict": verdict(arms, metric),
        "best": best,
        "tiles": tiles(arms[0], metric) if len(arms) == 1 else [],
        "rows": compare(arms, metric) if len(arms) > 1 else [],
        "reached": reached(arms[0]) if len(arms) == 1 else None,
        "curves": curves,
        "charts": (("wide", draw_progress(curves, 960, 400)), ("narrow", draw_progress(curves, 380, 300))),
        "front": front_section(arms),
        "bounds": bounds_of(arms),
        "quality": predictor_section(arms),
        "principles": principles_section(arms),
        "palette": [(name, operator_style(name, palette)) for name in palette],
        "sections": [section_of(arm, index, palette, len(arms)) for index, arm in enumerate(arms)],
        "failures": failures[:_MOST_FAILURES],
        "n_failures": len(failures),
        "costs": cost_rows(runs),
    }


def _foot(views: Sequence[RunView], arms: Sequence[Arm]) -> dict[str, Any]:
    """Configuration and provenance, of the runs that are left out too."""
    firsts = [(arm.label, arm.runs[0].manifest["config"]) for arm in arms]
    return {
        "runs": views,
        "configs": [
            (label, yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True))
            for label, config in firsts or [("all runs", views[0].manifest["config"])]
        ],
        "commands": [_commands(view) for view in views],
        "data": _distinct([entry for view in views for entry in view.manifest.get("data", [])]),
        "versions": _distinct([view.manifest.get("versions", {}) for view in views]),
    }


def _commands(view: RunView) -> dict[str, Any]:
    """How the run was started, and what to do with it next."""
    return {
        "finished": view.result is not None,
        "next": shlex.join(["nasray", "resume" if view.result is None else "replay", view.path]),
        "run": shlex.join(["nasray", "run", *map(str, view.manifest.get("command", []))]),
    }


def _distinct(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({repr(entry): entry for entry in entries}.values())


def _breakable(text: str) -> Markup:
    """Text that may be broken after a plus or a bar, as the written forms of cells should be."""
    return escape(text).replace("+", Markup("+<wbr>"))
