"""After the search: TEST for the winner and for random controls, and what ``result.json`` says of it all."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

from nasray.analysis.hypervolume import hypervolume
from nasray.analysis.trade_off import NOTHING, Loss, TradeOff
from nasray.app.composition import Composition
from nasray.app.predictor_quality import predictor_quality
from nasray.app.principles_facts import principles_facts
from nasray.core.architecture import Architecture
from nasray.core.errors import JobLost, RecordError
from nasray.core.evaluator import Evaluator
from nasray.core.executor import Executor
from nasray.core.known_optimum import KnownOptimum
from nasray.core.known_splits import KnownSplits
from nasray.core.measurement import NO_COST, Cost, Measurement, Outcome, Split, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import GraphView
from nasray.core.writable import in_one_line
from nasray.search.archive import archive_hash
from nasray.search.guard import refusal
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

    def plain_place(outcome: Outcome) -> tuple[float, float, int]:
        return -outcome.rung, -outcome.value, outcome.proposal.slot

    best: dict[tuple[int, ...], Outcome] = {}
    measured = [one for one in outcomes if isinstance(one.result, Measurement)]
    for outcome in sorted(measured, key=plain_place if trade_off == NOTHING else place):
        best.setdefault(outcome.proposal.architecture.genes, outcome)
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
    top = _cells(composed, best[: composed.config.top])
    distinct = _distinct(search.outcomes)
    return {
        "archive": archive_hash(search.outcomes),
        "stopped": search.stopped or "budget",
        "evaluations": len(search.outcomes),
        "failures": sum(not isinstance(outcome.result, Measurement) for outcome in search.outcomes),
        "wall_seconds": search.wall_seconds,
        "cost": asdict(_cost(search.outcomes)),
        "best": top[0] if top else None,
        "top": top,
        **_front(composed, trade_off, search.outcomes),
        "constraints": _constraints(trade_off, search.outcomes),
        **(_tested(composed, best[0].proposal, executor) if best and has_test(composed.evaluator) else {"test": None}),
        "optimum": _optimum(composed),
        "rates": _rates(composed, search.outcomes, [cell for cell, _ in distinct]),
        "operators": _operators(composed, distinct),
        "predictor": predictor_quality(composed, search.outcomes),
        "principles": principles_facts(composed, search.outcomes),
        "language_model": _language_model(composed),
    }


def _language_model(composed: Composition) -> dict[str, Any] | None:
    """What all processes of the run asked, and what that cost; None without a language model."""
    model = composed.language_model
    return None if model is None else {"model": model.model, **model.tally().to_json()}


def _cells(composed: Composition, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    space = composed.space if isinstance(composed.space, GraphView) else None  # once: it takes longer than a graph
    return [_cell(composed, outcome, space) for outcome in outcomes]


def _cell(composed: Composition, outcome: Outcome, space: GraphView | None) -> dict[str, Any]:
    architecture = outcome.proposal.architecture
    drawn = None if space is None else space.graph(architecture)
    return {
        "slot": outcome.proposal.slot,
        "text": composed.describe(architecture),
        "genes": architecture.to_json(),
        "value": outcome.value,
        "operation": outcome.proposal.operation,
        "columns": dict(outcome.result.columns) if isinstance(outcome.result, Measurement) else {},
        "graph": {"operators": drawn.operators, "edges": drawn.edges} if drawn else None,
    }


def _cost(outcomes: Sequence[Outcome]) -> Cost:
    """What all evaluations took together; most of a table's took nothing."""
    return sum((cost for one in outcomes if (cost := one.result.cost) is not NO_COST), NO_COST)


def _front(composed: Composition, trade_off: TradeOff, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The front and its hypervolume, in the objectives' own units; None for a search with one objective."""
    if not trade_off.objectives:
        return {"front": None, "hypervolume": None}
    members = trade_off.front(outcomes)
    losses = [loss for loss in trade_off.losses(outcomes) if loss is not None]
    rows = _cells(composed, members)
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
    """What is known of TEST; where a candidate is to blame that it cannot be measured, that is recorded.

    Raises:
        Exception: The machinery failed: there is no result yet, and a resumed run comes here again.
    """
    try:
        controls = _controls(composed)
    except Exception as error:  # noqa: BLE001 - the documented boundary between TEST and the record of the search
        return {"test": None, "test_failure": in_one_line(error)}
    scores = _scores(composed, winner, controls, executor)
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
    return [_settled(executor, *each) for each in zip(jobs, executor.call(score, jobs), strict=True)]


def _settled(executor: Executor, job: tuple[Any, ...], answer: Scored | str | Exception) -> Scored | str:
    """An answer; a job that has none is done once more, alone: side by side they may not have fitted into a machine.

    A random architecture that takes its worker down again is left out.

    Raises:
        Exception: What still stands in the way of another job.
    """
    if isinstance(answer, Exception):
        (answer,) = executor.call(score, [job])
    if isinstance(answer, JobLost) and job[1].operation == "control":
        return in_one_line(answer)
    if isinstance(answer, Exception):
        raise answer
    return answer


def score(factory: Any, proposal: Proposal, streams: Streams) -> Scored | str | RecordError:
    """VALID (of a control; the winner's is known) and TEST of one architecture. Runs where evaluators run.

    Returns:
        Both, or in one line why they could not be measured, or what the machine refuses.
    """
    try:
        evaluator = factory()
        valid = evaluator.evaluate([proposal], streams)[0] if proposal.operation == "control" else None
        test = evaluator.test(proposal, streams)
        if not math.isfinite(test.value):
            return f"{type(evaluator).__name__}: TEST is {test.value}; a score must be finite"
    except Exception as error:  # noqa: BLE001 - the documented boundary between TEST and the record of the search
        return refusal(error) or in_one_line(error)
    return valid, test


def _optimum(composed: Composition) -> dict[str, float] | None:
    evaluator = composed.evaluator
    if not isinstance(evaluator, KnownOptimum):
        return None
    return {"valid": evaluator.optimum(), "top_share_threshold": evaluator.threshold(TOP_SHARE)}


def _distinct(outcomes: Sequence[Outcome]) -> list[tuple[Architecture, int]]:
    """Each architecture once, and in how many slots it is; told apart by genes, which hash faster."""
    cells = [outcome.proposal.architecture for outcome in outcomes]
    counted = Counter([cell.genes for cell in cells])
    return list(zip({cell.genes: cell for cell in cells}.values(), counted.values(), strict=True))


def _rates(composed: Composition, outcomes: Sequence[Outcome], distinct: Sequence[Architecture]) -> dict[str, float]:
    """Shares of all slots."""
    n = max(1, len(outcomes))
    canonical = composed.space.canonical
    return {
        "repaired": sum([outcome.proposal.raw is not None for outcome in outcomes]) / n,
        "duplicate_strings": 1 - len(distinct) / n,
        "duplicate_canonical": 1 - len({canonical(cell).genes for cell in distinct}) / n,
        "failed": sum([not isinstance(outcome.result, Measurement) for outcome in outcomes]) / n,
    }


def _operators(composed: Composition, distinct: Sequence[tuple[Architecture, int]]) -> dict[str, int]:
    """How often each operator occurs in all evaluated cells, inputs and outputs left out."""
    if not isinstance(composed.space, GraphView):
        return {}
    graph = composed.space.graph
    return dict(Counter(chain.from_iterable(graph(cell).operators[1:-1] * n for cell, n in distinct)))
