"""What "plain evolution" means decides two figures of e18 and e19: its own median, and the savings of copying.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e18_lapt_nasbench201/definitions.py``. Prints the table of
``README.md`` and writes ``results/definitions.json``.
"""

import json
import time
from collections.abc import Callable
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.best_so_far import best_so_far
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.core.transfer_source import TransferSource
from nasray.evaluators.table import TableEvaluator
from nasray.refiners.everything import Everything
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro
from nasray.strategies.principle_transfer import PrincipleTransfer
from nasray.strategies.regularized_evolution import RegularizedEvolution

SEEDS = range(500)
NB_EVALUATIONS, TN_EVALUATIONS = 150, 50
RESULTS = Path(__file__).with_name("results")


class DrawnOnce(RegularizedEvolution):
    """No member stands twice in a tournament, which is a stronger selection."""

    def _offspring(self, slot: int, streams: Streams) -> Proposal:
        rng = streams.at(slot)
        drawn = rng.permutation(self.population_size)[: self.tournament_size].tolist()
        parent = self._population[max(drawn, key=self._values.__getitem__)].proposal
        return Proposal(slot, self.space.mutate(parent.architecture, rng), "mutation", (parent.slot,))


def definitions(space: SearchSpace, any_source: TransferSource) -> dict[str, Callable[[], Strategy]]:
    """Regularized evolution, population 10, tournament 5, in three ways."""
    usual, once = (partial(kind, population_size=10, tournament_size=5) for kind in (RegularizedEvolution, DrawnOnce))
    distinct = partial(
        PrincipleTransfer,
        space=space,
        refiner=Everything(space=space),
        sources=[any_source],
        copied=0,
        adapt_at=(),
        shown=1,
        outside=0.0,
        history="kept",
    )
    return {
        "repeats itself, tournament with replacement": partial(usual, space=space),
        "distinct, tournament with replacement": partial(distinct, inner=usual),
        "distinct, tournament without replacement": partial(distinct, inner=once),
    }


def values_of(make: Callable[[], Strategy], evaluator: TableEvaluator, space: SearchSpace, n: int) -> list[list[Any]]:
    """A list of (genes, VALID) for every seed."""
    runs = study(make, space, evaluator, seeds=SEEDS, evaluations=n, width=1)
    return [[(one.proposal.architecture, one.value) for one in run] for run in runs]


def medians() -> dict[str, dict[str, float]]:
    """Distinct evaluations to the top 0.1 % of NAS-Bench-201; a run that did not come there counts as infinite."""
    space = NasBench201(channels=16, cells_per_stage=5)
    table = default_catalog().open("nasbench201", space)
    found: dict[str, dict[str, float]] = {}
    for task in ("cifar10", "cifar100", "imagenet16_120"):
        evaluator = _evaluator(table, task, 200, space)
        source = TransferSource(table=table, column=f"{task}_valid_200", top=1)
        goal = evaluator.threshold(0.001)
        for name, make in definitions(space, source).items():
            reached = list[float]()
            for run in values_of(make, evaluator, space, NB_EVALUATIONS):
                at = next((number for number, (_, value) in enumerate(run, 1) if value >= goal), 0)
                reached.append(len({genes for genes, _ in run[:at]}) if at else np.inf)
            found.setdefault(name, {})[task] = float(np.median(reached))
    return found


def savings() -> dict[str, tuple[float, int]]:
    """What copying saves on the 42 pairs of TransNAS-Bench-101, in percent, and on how many it fails (e19)."""
    space = TransNasMicro(channels=64, stem_halvings=2)
    table = default_catalog().open("transnas_micro", space)
    values = {name.partition("_valid_")[0]: table.column(name) for name in table.names}
    source = TransferSource(table=table, column=table.names[0], top=1)
    found: dict[str, tuple[float, int]] = {}
    for name, make in definitions(space, source).items():
        bars = {
            task: float(
                np.mean(
                    [_best(run) for run in values_of(make, _evaluator(table, task, None, space), space, TN_EVALUATIONS)]
                )
            )
            for task in values
        }
        saved = [_copied(values[one], values[other], bars[other]) for one, other in permutations(values, 2)]
        found[name] = (round(100 * float(np.mean(saved)), 1), sum(one < 0 for one in saved))
    return found


def _best(run: list[Any]) -> float:
    return max(value for _, value in run)


def _copied(source: NDArray[np.float64], target: NDArray[np.float64], bar: float) -> float:
    order = np.argsort(-source, kind="stable")[:TN_EVALUATIONS]
    passed = np.flatnonzero(best_so_far(target[order]) >= bar)
    return 1 - (int(passed[0]) + 1 if len(passed) else TN_EVALUATIONS + 1) / TN_EVALUATIONS


def _evaluator(table: Any, task: str, epochs: int | None, space: SearchSpace) -> TableEvaluator:
    return TableEvaluator(
        table=table, dataset=task, epochs=epochs, chunk_size=4096, space=space, columns=(), columns_table=None
    )


def main() -> None:
    began = time.process_time()
    to_top, saved = medians(), savings()
    for name, of_task in to_top.items():
        cells = " | ".join(f"{one:.0f}" for one in of_task.values())
        print(f"| {name} | {cells} | {saved[name][0]} % | {saved[name][1]} |")
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "cpu_seconds": round(time.process_time() - began)}
    line = {"medians": to_top, "savings": saved, "seeds": len(SEEDS), **pedigree}
    (RESULTS / "definitions.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
