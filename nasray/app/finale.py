"""After the search: TEST for the winner and for random controls, and what ``result.json`` says of it all."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from nasray.app.composition import Composition
from nasray.core.executor import Executor
from nasray.core.known_optimum import KnownOptimum
from nasray.core.measurement import NO_COST, Measurement, Outcome, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import GraphView
from nasray.search.archive import archive_hash
from nasray.search.search import Search

TOP_SHARE = 0.001
"""The share of a benchmark's cells that counts as the goal: 0.1 %, ties included."""


def ranked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Measured outcomes of distinct architectures, best first, the earlier slot first among equals."""
    best: dict[str, Outcome] = {}
    for outcome in sorted(outcomes, key=lambda outcome: (-outcome.value, outcome.proposal.slot)):
        if isinstance(outcome.result, Measurement):
            best.setdefault(outcome.proposal.architecture.key, outcome)
    return list(best.values())


def result_of(composed: Composition, search: Search, executor: Executor) -> dict[str, Any]:
    """Everything that is known at the end of a search; calls TEST, for the only time."""
    best = ranked(search.outcomes)
    return {
        "archive": archive_hash(search.outcomes),
        "stopped": search.stopped or "budget",
        "evaluations": len(search.outcomes),
        "failures": sum(not isinstance(outcome.result, Measurement) for outcome in search.outcomes),
        "wall_seconds": search.wall_seconds,
        "cost": asdict(sum((outcome.result.cost for outcome in search.outcomes), NO_COST)),
        "best": _cell(composed, best[0]) if best else None,
        "top": [_cell(composed, outcome) for outcome in best[: composed.config.top]],
        "test": _test(composed, best[0].proposal, executor) if best else None,
        "optimum": _optimum(composed),
        "rates": _rates(composed, search.outcomes),
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


def _test(composed: Composition, winner: Proposal, executor: Executor) -> dict[str, Any]:
    """TEST of the winner beside random architectures that are measured in the same way."""
    seed, n = composed.config.seed, composed.config.controls
    drawn = Streams(seed, "control")
    controls = [Proposal(slot, composed.space.sample(drawn.at(slot)), "control") for slot in range(n)]
    evaluating, controlling = Streams(seed, "evaluator"), Streams(seed, "control/evaluator")
    jobs = [(composed.factory, winner, evaluating), *((composed.factory, each, controlling) for each in controls)]
    scores = executor.call(score, jobs)
    return {
        "best": scores[0][1].value,
        "controls": [test.value for _, test in scores[1:]],
        "control_valid": [valid.value for valid, _ in scores[1:] if valid is not None],
        "control_texts": [composed.describe(control.architecture) for control in controls],
    }


def score(factory: Any, proposal: Proposal, streams: Streams) -> tuple[Measurement | None, TestScore]:
    """VALID (of a control; the winner's is known) and TEST of one architecture. Runs where evaluators run."""
    evaluator = factory()
    valid = evaluator.evaluate([proposal], streams)[0] if proposal.operation == "control" else None
    return valid, evaluator.test(proposal, streams)


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
