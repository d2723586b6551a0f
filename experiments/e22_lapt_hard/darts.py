"""Principles for DARTS cells, operators and sources, learnt from one half of the pool and judged on the other.

Run: ``NASRAY_DATA_MIRROR=FOLDER OMP_NUM_THREADS=1 python experiments/e22_lapt_hard/darts.py``. Prints the tables of
``README.md`` and writes ``results/darts.json``.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.rank_correlation import rank_correlation
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.core.refiner import Refiner
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.core.transfer_source import TransferSource
from nasray.evaluators.darts_fitted import DartsFitted
from nasray.refiners.everything import Everything
from nasray.refiners.frequency import Frequency
from nasray.refiners.random_candidates import RandomCandidates
from nasray.simulator.study import study
from nasray.spaces.darts import Darts
from nasray.strategies.principle_transfer import PrincipleTransfer
from nasray.strategies.regularized_evolution import RegularizedEvolution

SPACE = Darts(channels=4, cells=3, allow_none=False)
SPLITS, SEEDS, EVALUATIONS, TOP, K = range(5), range(20), 50, 50, 3
COLUMN = "cifar10_valid_100"
RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Half:
    """Some rows of the pool."""

    genes: NDArray[np.int8]
    values: NDArray[np.float64]

    def column(self, name: str) -> NDArray[np.float64]:
        """The surrogate accuracies, whatever the name."""
        assert name == COLUMN
        return self.values

    def cells(self) -> list[Architecture]:
        """All of them, in the table's order."""
        return [Architecture(tuple(row)) for row in self.genes.tolist()]

    def best(self) -> list[Architecture]:
        """The best 50, as a source gives them."""
        cells = self.cells()
        return [cells[row] for row in np.argsort(-self.values, kind="stable")[:TOP].tolist()]


def arms(source: Half) -> dict[str, Callable[[int], Strategy]]:
    """The methods."""

    def transfer(refiner: Refiner, adapt_at: Sequence[int] = (), copied: int = 0) -> Strategy:
        return PrincipleTransfer(
            space=SPACE,
            refiner=refiner,
            sources=cast(list[TransferSource], [source]),
            inner=partial(RegularizedEvolution, population_size=10, tournament_size=5),
            copied=copied,
            adapt_at=adapt_at,
            shown=15,
            outside=0.0,
            history="kept",
        )

    kept = {"space": SPACE, "most_operators": K, "most_sources": K}
    frequency, whole = Frequency(**kept), Everything(space=SPACE)
    return {
        "plain evolution": lambda _: transfer(whole),
        "copy": lambda _: transfer(whole, copied=EVALUATIONS),
        "frequency, k = 3": lambda _: transfer(frequency),
        "frequency, adapted": lambda _: transfer(frequency, (20, 30, 40)),
        "copied start": lambda _: transfer(whole, copied=10),
        "random, k = 3": lambda seed: transfer(RandomCandidates(seed=seed, **kept)),
    }


def agreement(principles: Principles, cells: Sequence[Architecture]) -> NDArray[np.float64]:
    """Share of the 32 choices of each cell pair that keep to the principles."""
    operators = np.array([SPACE.operators_of(one) for one in cells])
    sources = np.array([SPACE.sources_of(one) for one in cells])
    inside = [np.isin(operators[:, at], ids) for at, ids in enumerate(principles.operators)]
    inside += [np.isin(sources[:, at], ids) for at, ids in enumerate(principles.sources)]
    return np.mean(inside, 0)


def halves(table: Any, split: int) -> tuple[Half, Half]:
    """Two halves of the pool, by lot."""
    order = Streams(split, "e22/darts").at(0).permutation(len(table.genes))
    middle = len(order) // 2
    one, other = (Half(table.genes[rows], table.column(COLUMN)[rows]) for rows in (order[:middle], order[middle:]))
    return one, other


def main() -> None:
    began = time.process_time()
    table = default_catalog().open("darts_pool", SPACE)
    best: dict[str, list[float]] = {}
    ranking: dict[str, list[float]] = {"principles": [], "parameters": [], "inside": [], "all": []}
    for split in SPLITS:
        source, judge = halves(table, split)
        evaluator = DartsFitted(table=judge, chunk_size=512, ridge=10.0, weight=300.0, gamma=0.003)
        learnt = Frequency(space=SPACE, most_operators=K, most_sources=K).learn(source.best())
        share = agreement(learnt, judge.cells())
        ranking["principles"].append(rank_correlation(share, judge.values).kendall)
        high = share >= np.quantile(share, 0.9)
        ranking["inside"].append(float(judge.values[high].mean()))
        ranking["all"].append(float(judge.values.mean()))
        parameters = dict(zip(map(bytes, table.genes), table.column("parameters_millions"), strict=True))
        sizes = np.array([parameters[bytes(row)] for row in judge.genes])
        ranking["parameters"].append(rank_correlation(sizes, judge.values).kendall)
        for arm, make in arms(source).items():
            for seed in SEEDS[:1] if arm == "copy" else SEEDS:
                own = len(SEEDS) * split + seed
                run = study(partial(make, own), SPACE, evaluator, seeds=[own], evaluations=EVALUATIONS, width=1)[0]
                best.setdefault(arm, []).append(max(one.value for one in run))
        print(
            f"# split {split}: {SPACE.restrict(learnt).size():.3g} members, {time.process_time() - began:.0f} s",
            flush=True,
        )
    rng = Streams(0, "e22/darts/shown").at(0)
    for arm, values in best.items():
        interval = bootstrap_interval(np.array(values), rng)
        print(f"| {arm} | {interval.mean:.2f} [{interval.low:.2f}, {interval.high:.2f}] | {len(values)} |")
    print({name: [round(one, 3) for one in values] for name, values in ranking.items()})
    RESULTS.mkdir(exist_ok=True)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "table_sha256": table.sha256}
    figures = {"best": best, "ranking": ranking, **pedigree}
    (RESULTS / "darts.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
