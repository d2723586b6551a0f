"""What a search prints when it is over."""

import re
from collections import Counter
from pathlib import Path
from statistics import mean
from typing import Any

from nasray.app.exit_codes import end_without_a_measurement
from nasray.app.run_folders import open_run
from nasray.core.measurement import Failure
from nasray.records.run_folder import RunFolder
from nasray.reports.asked import asked
from nasray.reports.metric import Metric, duration, plural, speed


def print_summary(folder: Path) -> None:
    """The winner of the finished run in ``folder``, beside random cells, its cost, and where everything is."""
    run = open_run(folder)
    result, metric = run.result or {}, Metric(run.manifest["metric"])
    best = result["best"]
    print()
    if best is not None:
        _print_winner(result, metric)
        if (kept := result.get("constraints")) and kept["feasible_share"] == 0:
            _line("constraints", "no candidate keeps them; this one breaks them least")
    if leaks := run.manifest.get("leaks"):
        _line("leak", f"allowed: {'; '.join(leaks)}, so no figure above is one of an unseen space")
    n, seconds = result["evaluations"], result["wall_seconds"]
    rate = speed(n / max(seconds, 1e-9))
    worked = duration(result["cost"]["wall_seconds"])
    _line("cost", f"{plural(n, 'candidate')} in {duration(seconds)} ({rate}/s), {worked} of worker time")
    if told := result.get("language_model"):
        _line("asked", asked(told))
    if result["failures"]:
        _line("failures", f"{plural(result['failures'], 'candidate')}, most often: {_most_frequent_failure(run)}")
    _line("archive", result["archive"][:12])
    _line("report", str(short(folder / "report.html")))


def check_measured(folder: Path) -> None:
    """End the program with code 3 if the finished run in ``folder`` measured not one candidate."""
    run = open_run(folder)
    result = run.result or {}
    if result["best"] is not None:
        return
    if not result["failures"]:
        end_without_a_measurement(f"nothing was measured: the search was ended by {result['stopped']} before that")
    first, often = _failures(run)[0], _most_frequent_failure(run)
    most = "" if often == first else f"; most often: {often}"
    end_without_a_measurement(
        f"not one of {plural(result['failures'], 'candidate')} could be measured; the first failed with: "
        f"{first}{most}. Tracebacks: {short(folder / 'report.html')}, under Failures"
    )


def _failures(run: RunFolder) -> list[str]:
    """Their messages, in slot order; tracebacks are in the report."""
    return [outcome.result.message for outcome in run.outcomes() if isinstance(outcome.result, Failure)]


def _most_frequent_failure(run: RunFolder) -> str:
    """The first message of the most frequent kind: those that differ in their numbers alone are of one kind."""
    first: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for message in _failures(run):
        kind = re.sub(r"\d+", "#", message)
        first.setdefault(kind, message)
        counted[kind] += 1
    return first[counted.most_common(1)[0][0]]


def _print_winner(result: dict[str, Any], metric: Metric) -> None:
    best, test = result["best"], result["test"]
    _line("best cell", f"{best['text']}  (slot {best['slot']})")
    _line("VALID", _beside(best["value"], test["control_valid"] if test else [], metric))
    if test:
        _line("TEST", _beside(test["best"], test["controls"], metric))
        if failed := test.get("controls_failed"):
            _line("controls", f"{plural(failed, 'random cell')} could not be measured")
    elif why := result.get("test_failure"):
        _line("TEST", f"could not be measured: {why}")
    else:
        _line("TEST", "was not measured by this benchmark")
    if optimum := result.get("optimum"):
        regret = metric.distance(optimum["valid"] - best["value"])
        _line("optimum", f"{metric.value(optimum['valid'])} VALID is the best there is; regret {regret}")


def _beside(value: float, random: list[float], metric: Metric) -> str:
    """``91.53 % accuracy   5 random cells: 88.20 % on average, 80.10 to 90.00``."""
    own = f"{metric.value(value)} {metric.quantity}"
    if not random:
        return own
    if len(random) == 1:
        return f"{own}   a random cell: {metric.value(random[0])}"
    between = f"{metric.bare(min(random))} to {metric.bare(max(random))}"
    return f"{own}   {len(random)} random cells: {metric.value(mean(random))} on average, {between}"


def short(path: Path) -> Path:
    """The path from where the user stands, if it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _line(what: str, found: str) -> None:
    print(f"{what:<11} {found}")
