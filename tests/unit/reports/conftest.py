"""Small run folders, written by the real writer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nasray.core.architecture import Architecture
from nasray.core.measurement import Cost, Failure, Measurement, Outcome, Result
from nasray.core.proposal import Proposal
from nasray.records.run_folder import RunFolder
from nasray.search.archive import archive_hash

OPERATORS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = [[0, 1], [0, 2], [0, 4], [1, 3], [1, 5], [2, 6], [3, 6], [4, 7], [5, 7], [6, 7]]

MakeRun = Callable[..., RunFolder]


def text_of(genes: tuple[int, ...]) -> str:
    return "|" + "|".join(OPERATORS[gene] for gene in genes) + "|"


def genes_of(slot: int, seed: int) -> tuple[int, ...]:
    return tuple((slot // 5**place + seed + place) % 5 for place in range(6))


def value_of(slot: int, seed: int) -> float:
    return round(90 + 5 * slot / 100 - (slot * 7 + seed * 3) % 11 / 4, 2)


def manifest_of(run_id: str, seed: int, config: dict[str, Any], **changes: Any) -> dict[str, Any]:
    settings = {
        "strategy": {"_target_": "nasray.strategies.regularized_evolution.RegularizedEvolution", "population_size": 10},
        "space": {"_target_": "nasray.spaces.nasbench201.NasBench201"},
        "seed": seed,
        "paths": {"run": run_id},
        **config,
    }
    return {
        "run_id": run_id,
        "created": "2026-05-04T10:22:31+00:00",
        "command": [f"seed={seed}", "note=two words"],
        "config": settings,
        "seed": seed,
        "metric": "valid accuracy (%)",
        "width": 4,
        "versions": {"nasray": "0.1.0", "python": "3.11.7"},
        "commit": "3f1c2ab9",
        "dirty": False,
        "platform": "Linux",
        "data": [{"name": "digits", "sha256": "ab" * 32, "provenance": "scikit-learn, https://scikit-learn.org"}],
        **changes,
    }


def result_of(told: list[tuple[Proposal, Result]], **changes: Any) -> dict[str, Any]:
    good = [(proposal, result) for proposal, result in told if isinstance(result, Measurement)]
    good.sort(key=lambda pair: (-pair[1].value, pair[0].slot))
    top = [
        {
            "slot": proposal.slot,
            "text": text_of(proposal.architecture.genes),
            "value": result.value,
            "operation": proposal.operation,
            "columns": dict(result.columns),
            "graph": {
                "operators": ["input", *(OPERATORS[gene] for gene in proposal.architecture.genes), "output"],
                "edges": EDGES,
            },
        }
        for proposal, result in good[:5]
    ]
    return {
        "archive": archive_hash([Outcome(proposal, result) for proposal, result in told]),
        "stopped": "budget",
        "evaluations": len(told),
        "failures": len(told) - len(good),
        "wall_seconds": 20.0,
        "cost": {"wall_seconds": 30.0, "benchmark_seconds": 0.0},
        "best": {key: top[0][key] for key in ("slot", "text", "value")} if top else None,
        "top": top,
        "test": {"best": 94.27, "controls": [91.0, 92.0, 93.0, 92.0, 92.0], "control_valid": [90.0] * 5},
        "optimum": {"valid": 99.0, "top_share_threshold": 93.0},
        "rates": {"repaired": 0.05, "duplicate_strings": 0.1, "duplicate_canonical": 0.25, "failed": 0.025},
        **changes,
    }


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """``make_run(name, seed, …)``: a run of ``n`` slots, slot 3 failed unless told otherwise."""

    def make(
        name: str = "run",
        *,
        seed: int = 0,
        n: int = 40,
        failed: tuple[int, ...] = (3,),
        finished: bool = True,
        config: dict[str, Any] | None = None,
        manifest: dict[str, Any] | None = None,
        result: dict[str, Any] | None = None,
        trace: str = "Traceback (most recent call last):\nValueError: <boom>",
    ) -> RunFolder:
        told: list[tuple[Proposal, Result]] = []
        for slot in range(n):
            raw = Architecture((9,) * 6) if slot == 5 else None
            proposal = Proposal(slot, Architecture(genes_of(slot, seed)), "mutation" if slot else "random", raw=raw)
            outcome: Result = Measurement(value_of(slot, seed), Cost(0.5), columns={"parameters": 73306.0 + slot})
            if slot in failed:
                outcome = Failure("exception", "ValueError: <boom>", trace, Cost(0.1))
            told.append((proposal, outcome))
        run = RunFolder.create(tmp_path / name, manifest_of(name, seed, config or {}, **(manifest or {})))
        journal = run.start_journal(fsync=False)
        for proposal, outcome in told:
            journal.asked(proposal.slot, [proposal])
            journal.arrived([proposal.slot], [outcome], 0.5 * proposal.slot)
        journal.commit(durable=False)
        journal.close()
        if finished:
            run.write_result(result_of(told, **(result or {})))
        run.unlock()
        return RunFolder.open(tmp_path / name)

    return make
