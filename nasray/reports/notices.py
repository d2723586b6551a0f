"""What a reader must know before the first figure."""

from collections.abc import Sequence
from dataclasses import replace

from nasray.analysis.predictor_stops import PredictorStops
from nasray.reports.arm import Arm
from nasray.reports.metric import plural
from nasray.reports.run_view import RunView


def notices(runs: Sequence[RunView], arms: Sequence[Arm]) -> list[str]:
    """Sentences on everything that limits what the report says, the gravest first.

    Args:
        runs: All runs that were given.
        arms: What the statistics are made of.
    """
    used = [run for arm in arms for run in arm.runs]
    return [
        *_leaks(runs),
        *_faked(runs),
        *_unfinished(runs, used),
        *_empty(runs),
        *_repeats(arms),
        *_stopped_predictors(runs),
        *_infeasible(used),
        *_different_trade_offs(used),
        *(
            f"Run {run.run_id} was stopped by the clock: how far it got depends on the machine."
            for run in runs
            if _late(run)
        ),
        *_uncommitted(runs),
    ]


def _leaks(runs: Sequence[RunView]) -> list[str]:
    return [
        f"Run {run.run_id}, leak allowed: {'; '.join(run.manifest['leaks'])}. None of its figures is one of an unseen "
        "space."
        for run in runs
        if run.manifest.get("leaks")
    ]


def _faked(runs: Sequence[RunView]) -> list[str]:
    return [
        f"Run {run.run_id} asked a fake language model: what it answered, and what follows from that, means nothing."
        for run in runs
        if "fake" in ((run.result or {}).get("language_model") or {}).get("sources", ())
    ]


def _unfinished(runs: Sequence[RunView], used: Sequence[RunView]) -> list[str]:
    found: list[str] = []
    for run in runs:
        if run.result is None:
            aside = "" if run in used or not run.outcomes else " It is left out of everything below."
            found.append(
                f"Run {run.run_id} has not ended: {plural(len(run.outcomes), 'outcome')} so far.{aside} "
                f"Finish it by: nasray resume {run.path}"
            )
    return found


def _empty(runs: Sequence[RunView]) -> list[str]:
    return [f"Run {run.run_id} has no outcome: there is nothing to show of it yet." for run in runs if not run.outcomes]


def _repeats(arms: Sequence[Arm]) -> list[str]:
    return [
        f"Run {run.run_id} repeats seed {run.seed} of the same configuration: that is one sample, so it is left out."
        for arm in arms
        for run in arm.repeats
    ]


def _stopped_predictors(runs: Sequence[RunView]) -> list[str]:
    found: list[str] = []
    for run in runs:
        stops = PredictorStops()
        stops.add(run.outcomes)
        found += [f"Run {run.run_id}, {sentence}." for sentence in stops.sentences]
    return found


def _infeasible(used: Sequence[RunView]) -> list[str]:
    return [
        f"Run {run.run_id} found no candidate that keeps its constraints: its best is the one that breaks them least."
        for run in used
        if run.feasible_share == 0
    ]


def _different_trade_offs(used: Sequence[RunView]) -> list[str]:
    found = {replace(run.trade_off, reference=None) for run in used if run.trade_off.objectives}
    return ["These runs trade off different things, so no front is shown."] if len(found) > 1 else []


def _late(run: RunView) -> bool:
    return run.result is not None and run.result["stopped"] == "clock"


def _uncommitted(runs: Sequence[RunView]) -> list[str]:
    dirty = [run.run_id for run in runs if run.manifest.get("dirty")]
    if not dirty:
        return []
    whose = "This run was" if len(runs) == 1 else f"{', '.join(dirty)}:"
    return [f"{whose} made from a working tree with uncommitted changes: its commit alone does not reproduce it."]
