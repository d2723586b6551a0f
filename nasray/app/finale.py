"""After the search: TEST for the winner and for random controls, and what ``result.json`` says of it all."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from nasray.analysis.hypervolume import hypervolume
from nasray.analysis.trade_off import NOTHING, Loss, TradeOff
from nasray.app.composition import Composition
from nasray.app.predictor_quality import predictor_quality
from nasray.core.evaluator import Evaluator
from nasray.core.executor import Executor
from nasray.core.known_optimum import KnownOptimum
from nasray.core.known_splits import KnownSplits
from nasray.core.measurement import NO_COST, Measurement, Outcome, Split, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import GraphView
from nasray.search.archive import archive_hash
from nasray.search.search import Search

Scored = tuple[Measurement | None, TestScore]
"""VALID, where it had to be measured, and TEST."""

TOP_SHARE = 0.001
"""The share of a benchmark's cells that counts as the goal: 0.1 %, ties included."""


def ranked(outcomes: Sequence[Outcome], trade_off: TradeOff = NOTHING) -> list[Outcome]:
    """Measured outcomes of distinct architectures, best first.

    Feasible before infeasible ones, less violation before more; then what was measured with more effort, then by value;
    among equals by the other objectives, so that the first is on the front where the value is an objective, and then
    the earlier slot first.
    """

    def place(outcome: Outcome) -> tuple[float, float, float, tuple[float, ...], int]:
        return (
            trade_off.violation(outcome),
            -outcome.rung,
            -outcome.value,
            trade_off.loss(outcome) or (),
            outcome.proposal.slot,
        )

    best: dict[str, Outcome] = {}
    for outcome in sorted((one for one in outcomes if isinstance(one.result, Measurement)), key=place):
        best.setdefault(outcome.proposal.architecture.key, outcome)
    return list(best.values())


def has_test(evaluator: Evaluator) -> bool:
    """Whether TEST was measured; a wrapper has what it wraps."""
    while (inner := getattr(evaluator, "inner", None)) is not None:
        evaluator = inner
    return not isinstance(evaluator, KnownSplits) or Split.TEST in evaluator.splits


def result_of(composed: Composition, search: Search, executor: Executor) -> dict[str, Any]:
    """Everything that is known at the end of a search; calls TEST, for the only time."""
    trade_off = composed.trade_off
    best = ranked(search.outcomes, trade_off)
    return {
        "archive": archive_hash(search.outcomes),
        "stopped": search.stopped or "budget",
        "evaluations": len(search.outcomes),
        "failures": sum(not isinstance(outcome.result, Measurement) for outcome in search.outcomes),
        "wall_seconds": search.wall_seconds,
        "cost": asdict(sum((outcome.result.cost for outcome in search.outcomes), NO_COST)),
        "best": _cell(composed, best[0]) if best else None,
        "top": [_cell(composed, outcome) for outcome in best[: composed.config.top]],
        **_front(composed, trade_off, search.outcomes),
        "constraints": _constraints(trade_off, search.outcomes),
        **(_tested(composed, best[0].proposal, executor) if best and has_test(composed.evaluator) else {"test": None}),
        "optimum": _optimum(composed),
        "rates": _rates(composed, search.outcomes),
        "operators": _operators(composed, search.outcomes),
        "predictor": predictor_quality(composed, search.outcomes),
    }


def _cell(composed: Composition, outcome: Outcome) -> dict[str, Any]:
    architecture = outcome.proposal.architecture
    drawn = composed.space.graph(architecture) if isinstance(composed.space, GraphView) else None
    return {
        "slot": outcome.proposal.slot,
        "text": composed.describe(architecture),
        "genes": architecture.to_json(),
        "value": outcome.value,
        "operation": outcome.proposal.operation,
        "columns": dict(outcome.result.columns) if isinstance(outcome.result, Measurement) else {},
        "graph": asdict(drawn) if drawn else None,
    }


def _front(composed: Composition, trade_off: TradeOff, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The front and its hypervolume, in the objectives' own units; None for a search with one objective."""
    if not trade_off.objectives:
        return {"front": None, "hypervolume": None}
    members = trade_off.front(outcomes)
    losses = [loss for loss in trade_off.losses(outcomes) if loss is not None]
    rows = [_cell(composed, outcome) for outcome in members]
    wanted = ("slot", "text", "value", "columns")
    return {
        "front": [{name: row[name] for name in wanted} for row in rows],
        "hypervolume": _hypervolume(trade_off, losses) if losses else None,
    }


def _hypervolume(trade_off: TradeOff, losses: Sequence[Loss]) -> dict[str, Any]:
    corner = trade_off.corner(losses)
    return {
        "value": hypervolume(losses, corner),
        "objectives": [objective.column for objective in trade_off.objectives],
        "reference": trade_off.in_units(corner.tolist()),
        "ideal": trade_off.in_units([min(column) for column in zip(*losses, strict=True)]),
        "stated": trade_off.reference is not None,
    }


def _constraints(trade_off: TradeOff, outcomes: Sequence[Outcome]) -> dict[str, Any] | None:
    """The bounds, and the share of the measured candidates that keeps them all; None without bounds."""
    if not trade_off.constraints:
        return None
    measured = [outcome for outcome in outcomes if isinstance(outcome.result, Measurement)]
    feasible = sum(not trade_off.violation(outcome) for outcome in measured)
    return {
        "bounds": [asdict(constraint) for constraint in trade_off.constraints],
        "feasible_share": feasible / max(1, len(measured)),
    }


def _tested(composed: Composition, winner: Proposal, executor: Executor) -> dict[str, Any]:
    """What is known of TEST; whatever goes wrong with it, the search before it is paid for and kept."""
    try:
        controls = _controls(composed)
        scores = _scores(composed, winner, controls, executor)
    except Exception as error:  # noqa: BLE001 - the documented boundary between TEST and the record of the search
        return {"test": None, "test_failure": _told(error)}
    if isinstance(scores[0], str):
        return {"test": None, "test_failure": scores[0]}
    kept = [(each, found) for each, found in zip(controls, scores[1:], strict=True) if not isinstance(found, str)]
    return {
        "test": {
            "best": scores[0][1].value,
            "controls": [test.value for _, (_, test) in kept],
            "control_valid": [valid.value for _, (valid, _) in kept if valid is not None],
            "control_texts": [composed.describe(control.architecture) for control, _ in kept],
            "controls_failed": len(controls) - len(kept),
        }
    }


def _controls(composed: Composition) -> list[Proposal]:
    drawn = Streams(composed.config.seed, "control")
    return [Proposal(n, composed.space.sample(drawn.at(n)), "control") for n in range(composed.config.controls)]


def _scores(
    composed: Composition, winner: Proposal, controls: Sequence[Proposal], executor: Executor
) -> list[Scored | str]:
    """Of the winner, then of random architectures that are measured in the same way."""
    seed = composed.config.seed
    evaluating, controlling = Streams(seed, "evaluator"), Streams(seed, "control/evaluator")
    jobs = [(composed.factory, winner, evaluating), *((composed.factory, each, controlling) for each in controls)]
    try:
        return executor.call(score, jobs)
    except Exception:  # noqa: BLE001 - one job took its worker down: the others must not go down with it
        return [_alone(executor, job) for job in jobs]


def _alone(executor: Executor, job: tuple[Any, ...]) -> Scored | str:
    try:
        return executor.call(score, [job])[0]
    except Exception as error:  # noqa: BLE001 - as in ``_scores``
        return _told(error)


def score(factory: Any, proposal: Proposal, streams: Streams) -> Scored | str:
    """VALID (of a control; the winner's is known) and TEST of one architecture. Runs where evaluators run.

    Returns:
        Both, or in one line why they could not be measured.
    """
    try:
        evaluator = factory()
        valid = evaluator.evaluate([proposal], streams)[0] if proposal.operation == "control" else None
        test = evaluator.test(proposal, streams)
        if not math.isfinite(test.value):
            return f"{type(evaluator).__name__}: TEST is {test.value}; a score must be finite"
    except Exception as error:  # noqa: BLE001 - the documented boundary between TEST and the record of the search
        return _told(error)
    return valid, test


def _told(error: Exception) -> str:
    """An exception in one line that JSON takes."""
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return line.encode(errors="backslashreplace").decode()


def _optimum(composed: Composition) -> dict[str, float] | None:
    evaluator = composed.evaluator
    if not isinstance(evaluator, KnownOptimum):
        return None
    return {"valid": evaluator.optimum(), "top_share_threshold": evaluator.threshold(TOP_SHARE)}


def _rates(composed: Composition, outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Shares of all slots."""
    n = max(1, len(outcomes))
    cells = [outcome.proposal.architecture for outcome in outcomes]
    canonical = {composed.space.canonical(cell) for cell in set(cells)}
    return {
        "repaired": sum(outcome.proposal.raw is not None for outcome in outcomes) / n,
        "duplicate_strings": 1 - len(set(cells)) / n,
        "duplicate_canonical": 1 - len(canonical) / n,
        "failed": sum(not isinstance(outcome.result, Measurement) for outcome in outcomes) / n,
    }


def _operators(composed: Composition, outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How often each operator occurs in all evaluated cells, inputs and outputs left out."""
    if not isinstance(composed.space, GraphView):
        return {}
    found: Counter[str] = Counter()
    for architecture, n in Counter(outcome.proposal.architecture for outcome in outcomes).items():
        for name in composed.space.graph(architecture).operators[1:-1]:
            found[name] += n
    return dict(found)
