"""One sentence: how much better than random, and how sure that is."""

import math
from collections.abc import Sequence

import numpy as np

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.core.seeds import Streams
from nasray.reports.arm import Arm
from nasray.reports.metric import NBSP, Metric, plural
from nasray.reports.run_view import RunView

_STREAM = "reports.verdict"


def verdict(arms: Sequence[Arm], metric: Metric) -> str:
    """The finding of a report about one arm or several, at least one of which measured something."""
    if len(arms) > 1:
        return _of_arms(arms, metric)
    runs = arms[0].runs
    return _of_run(runs[0], metric) if len(runs) == 1 else _of_seeds(runs, metric)


def p_value(p: float) -> str:
    """A probability of a test: ``p = 0.063``, ``p < 0.001``."""
    return f"p{NBSP}<{NBSP}0.001" if p < 0.001 else f"p{NBSP}={NBSP}{p:.2g}"


def difference(differences: Sequence[float], metric: Metric) -> str:
    """The noise of a mean difference over seeds: its interval and its test."""
    n = len(differences)
    if n < 2:
        return "one seed, so its noise is unknown"
    found = bootstrap_interval(differences, Streams(0, _STREAM).at(0))
    test = sign_flip_test(differences, Streams(0, _STREAM).at(1))
    smallest = f", the smallest that {n} seeds can give" if math.isclose(test.p_value, test.minimum_p) else ""
    ends = f"{metric.change(float(found.low))} to {metric.change(float(found.high))}"
    return f"95{NBSP}% interval {ends}; sign-flip {p_value(test.p_value)}{smallest}"


def _of_run(run: RunView, metric: Metric) -> str:
    if run.best is None:
        return f"Nothing could be measured: all {plural(len(run.outcomes), 'candidate')} failed."
    if not run.test:
        if run.result and (why := run.result.get("test_failure")):
            return (
                f"The best cell has {metric.value(run.best)} on VALID. TEST could not be measured ({why}), so whether "
                "it beats random cells is open."
            )
        return (
            f"The best cell so far has {metric.value(run.best)} on VALID. TEST was not fetched, so whether it beats "
            "random cells is open."
        )
    best, controls = run.test["best"], run.test["controls"]
    opening = f"On TEST the best cell has {metric.value(best)}"
    if not controls:
        return f"{opening}; no random cell was measured beside it, so whether the search helped is open."
    mean = float(np.mean(controls))
    if len(controls) == 1:
        return f"{opening}, {_beside(best - mean, metric)} the one random cell beside it: an anecdote, not evidence."
    n, at_least = len(controls), sum(control >= best for control in controls)
    rank = "all" if not at_least else "none" if at_least == n else str(n - at_least)
    return (
        f"{opening}, {_beside(best - mean, metric)} the mean of {n} random cells, which scatter by "
        f"±{NBSP}{metric.distance(float(np.std(controls, ddof=1)))} (standard deviation). It beats {rank} of them; "
        f"a cell picked at random does as well with probability {(at_least + 1) / (n + 1):.2g}."
    )


def _of_seeds(runs: Sequence[RunView], metric: Metric) -> str:
    tested = [run.test for run in runs if run.test and run.test["controls"]]
    if not tested:
        bests = [run.best for run in runs if run.best is not None]
        found = f"{metric.value(float(np.mean(bests)))} on VALID" if bests else "nothing"
        lacking = "no random cell was measured beside them" if any(run.test for run in runs) else "TEST was not fetched"
        return f"Over {plural(len(runs), 'seed')} the best cells have {found} on average; {lacking}."
    gains = [test["best"] - float(np.mean(test["controls"])) for test in tested]
    best = metric.value(float(np.mean([test["best"] for test in tested])))
    return (
        f"Over {plural(len(tested), 'seed')} the best cells have {best} on TEST on average, "
        f"{_beside(float(np.mean(gains)), metric)} the random cells beside them ({difference(gains, metric)})."
    )


def _of_arms(arms: Sequence[Arm], metric: Metric) -> str:
    scored = sorted(((float(np.mean(list(scores.values()))), arm.label) for arm, scores in _scores(arms)), reverse=True)
    if len(scored) < 2:
        return "Fewer than two configurations have a TEST score, so they cannot be compared yet."
    (first, leader), (second, follower) = scored[:2]
    by_label = {arm.label: scores for arm, scores in _scores(arms)}
    shared = sorted(by_label[leader].keys() & by_label[follower].keys())
    gains = [by_label[leader][seed] - by_label[follower][seed] for seed in shared]
    noise = f"on {plural(len(shared), 'shared seed')}: {difference(gains, metric)}" if shared else "no seed is shared"
    return (
        f"{leader} is ahead with {metric.value(first)} on TEST on average, {_beside(first - second, metric)} "
        f"{follower} ({noise})."
    )


def _scores(arms: Sequence[Arm]) -> list[tuple[Arm, dict[int, float]]]:
    """TEST of the best cell by seed, of the arms that have any."""
    found = [(arm, {run.seed: run.test["best"] for run in arm.runs if run.test}) for arm in arms]
    return [(arm, scores) for arm, scores in found if scores]


def _beside(change: float, metric: Metric) -> str:
    if change == 0:
        return "equal to"
    return f"{metric.distance(change)} {'above' if change > 0 else 'below'}"
