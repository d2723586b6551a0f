"""Design principle transfer from hard sources: few, poor, varied, learnt by a network, or of another space.

Run: ``NASRAY_DATA_MIRROR=FOLDER OMP_NUM_THREADS=1 python experiments/e22_lapt_hard/run.py [PART …]``. A part that has
its file in ``results/`` is not run again; at the end the tables of ``README.md`` are printed.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations, product
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.analysis.rank_correlation import rank_correlation
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.architecture import Architecture
from nasray.core.refiner import Refiner
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.core.transfer_source import TransferSource
from nasray.evaluators.table import TableEvaluator
from nasray.predictors.gcn import Gcn
from nasray.refiners.everything import Everything
from nasray.refiners.frequency import Frequency
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro
from nasray.strategies.principle_transfer import PrincipleTransfer
from nasray.strategies.regularized_evolution import RegularizedEvolution

SEEDS, TOP, POOL = range(100), 50, 500
PLAIN = "plain evolution"
RESULTS = Path(__file__).with_name("results")
GCN = {
    "wording": "short", "sentence_model": None, "data_flow": False, "features": [], "members": 1, "target": "ranks",
    "seed": 0, "width": 32, "layers": 3, "both_directions": True, "normalisation": "none", "node_norm": "layer",
    "readout": "sum", "dropout": 0.0, "epochs": 100, "batch_size": 128, "learning_rate": 0.005, "weight_decay": 0.01,
    "loss": "mse",
}  # fmt: skip
"""``conf/predictor/gcn.yaml``."""

Cells = list[Architecture]
Values = NDArray[np.float64]
Lists = Callable[[int], list[Cells]]
"""Seed -> the cells of each source task, best first."""


@dataclass(frozen=True)
class Listed:
    """A source task whose cells were chosen here."""

    cells: Cells

    def best(self) -> Cells:
        """All of them."""
        return self.cells


class Bench:
    """A space, its measured tasks, and LAPT's settings for it."""

    def __init__(self, name: str, space: Any, suffix: str, evaluations: int, population: tuple[int, int]) -> None:
        self.name, self.space, self.evaluations, self.k = name, space, evaluations, 2 if population[0] == 5 else 3
        table = default_catalog().open(name, space)
        self.sha256, self.cells = table.sha256, [Architecture(tuple(row)) for row in table.genes.tolist()]
        columns = [one for one in table.names if suffix in one and (name != "nasbench201" or one.endswith("_200"))]
        self.values = {one.partition("_valid_")[0]: table.column(one) for one in columns}
        self.evaluators = {
            task: TableEvaluator(
                table=table, dataset=task, epochs=None, chunk_size=4096, space=space, columns=(), columns_table=None
            )
            for task in self.values
        }
        size, tournament = population
        self.inner = partial(RegularizedEvolution, population_size=size, tournament_size=tournament)
        self.plain = partial(RegularizedEvolution, population_size=10, tournament_size=5)
        self.copied = size
        self.adapt_at, self.shown = ((10, 15), 5) if self.k == 2 else ((20, 30, 40), 15)
        self._curves: dict[str, Values] = {}

    def best(self, task: str, among: Sequence[int] | NDArray[np.int64], n: int = TOP) -> Cells:
        """The ``n`` best by ``task`` of the rows ``among``, best first."""
        rows = np.asarray(among)
        order = np.argsort(-self.values[task][rows], kind="stable")[:n]
        return [self.cells[row] for row in rows[order].tolist()]

    def arms(self) -> dict[str, Callable[[list[Cells]], Strategy]]:
        """The methods, each for the lists of its sources."""

        def transfer(refiner: Refiner, lists: list[Cells], adapt_at: Sequence[int] = (), copied: int = 0) -> Strategy:
            return PrincipleTransfer(
                space=self.space,
                refiner=refiner,
                sources=cast(list[TransferSource], [Listed(cells) for cells in lists]),
                inner=self.inner,
                copied=copied,
                adapt_at=adapt_at,
                shown=self.shown,
                outside=0.0,
                history="kept",
            )

        two, three = (Frequency(space=self.space, most_operators=k, most_sources=k) for k in (2, 3))
        usual, whole = two if self.k == 2 else three, Everything(space=self.space)
        return {
            "copy": lambda lists: transfer(whole, lists, copied=self.evaluations),
            "frequency, k = 2": lambda lists: transfer(two, lists),
            "frequency, k = 3": lambda lists: transfer(three, lists),
            "frequency, adapted": lambda lists: transfer(usual, lists, self.adapt_at),
            "copied start": lambda lists: transfer(whole, lists, copied=self.copied),
            "copied start, frequency, adapted": lambda lists: transfer(usual, lists, self.adapt_at, self.copied),
        }

    def curves(self, target: str, make: Callable[[int], Strategy], seeds: Sequence[int]) -> Values:
        """``(seeds, evaluations)`` best VALID value so far; a search that ends early keeps its best."""
        found = np.empty((len(seeds), self.evaluations))
        evaluator, n = self.evaluators[target], self.evaluations
        for at, seed in enumerate(seeds):
            run = study(partial(make, seed), self.space, evaluator, seeds=[seed], evaluations=n, width=1)[0]
            best = best_so_far([one.value for one in run])
            found[at, : len(best)], found[at, len(best) :] = best, best[-1]
        return found

    def plain_curves(self, target: str) -> Values:
        """Evolution that learns nothing and asks for nothing twice; its mean is the bar, so it has more seeds."""
        if target not in self._curves:
            one = Listed(self.cells[:1])
            make = partial(
                PrincipleTransfer,
                space=self.space,
                refiner=Everything(space=self.space),
                sources=cast(list[TransferSource], [one]),
                inner=self.plain,
                copied=0,
                adapt_at=(),
                shown=1,
                outside=0.0,
                history="kept",
            )
            self._curves[target] = self.curves(target, lambda _: make(), range(5 * len(SEEDS)))
        return self._curves[target]


def rows_of(bench: Bench, seed: int, task: str, size: int = POOL) -> NDArray[np.int64]:
    """Rows that were measured on a source task: drawn anew for every seed."""
    rng = Streams(seed, f"e22/{task}").at(0)
    return rng.permutation(len(bench.cells))[:size]


def parts(nb: Bench, tn: Bench) -> dict[str, Callable[[], dict[str, Any]]]:
    """What is run, by name."""
    made: dict[str, Callable[[], dict[str, Any]]] = {}
    for bench in (nb, tn):
        pairs = list(permutations(bench.values, 2))
        for kind, lists in kinds(bench).items():
            made[f"{bench.name}, {kind}"] = partial(judged, bench, {pair: partial(lists, pair[0]) for pair in pairs})
    for source, target in ((nb, tn), (tn, nb)):
        shared = np.flatnonzero([max(one.genes) <= 3 for one in source.cells])  # the ids 0 to 3 mean the same in both
        lists = {task: [source.best(task, shared)] for task in source.values}
        pairs = product(source.values, target.values)
        chosen = {pair: lambda _, found=lists[pair[0]]: found for pair in pairs}
        made[f"{target.name}, 50 best of the other space"] = partial(judged, target, chosen)
    for n in (2, 6):
        made[f"{tn.name}, {n} source tasks"] = partial(
            judged, tn, {(f"{n} others", target): partial(several, tn, target, n) for target in tn.values}
        )
    return made


def kinds(bench: Bench) -> dict[str, Callable[[str, int], list[Cells]]]:
    """Name -> what a source task gives to a seed."""
    ranked = {task: np.argsort(-values, kind="stable") for task, values in bench.values.items()}
    learnt: dict[str, list[Cells]] = {}

    def drawn(n: int, task: str, seed: int) -> list[Cells]:
        chosen = Streams(seed, f"e22/{task}/{n}").at(0).permutation(n)[:TOP]
        return [bench.best(task, ranked[task][chosen])]

    def network(task: str, seed: int) -> list[Cells]:  # noqa: ARG001 -- it is trained once
        if task not in learnt:
            rows = rows_of(bench, 0, task)
            gcn = Gcn(space=bench.space, **cast(Any, GCN))
            gcn.fit([bench.cells[row] for row in rows], bench.values[task][rows])
            order = np.argsort(-gcn.predict(bench.cells), kind="stable")[:TOP]
            learnt[task] = [[bench.cells[row] for row in order.tolist()]]
        return learnt[task]

    found: dict[str, Callable[[str, int], list[Cells]]] = {
        "50 best of all": lambda task, _: [bench.best(task, ranked[task][:TOP])],
        "50 best of 500": lambda task, seed: [bench.best(task, rows_of(bench, seed, task))],
        "50 of the 800 best": partial(drawn, 800),
        "50 best by a network": network,
    }
    if bench.name == "nasbench201":
        found["50 of the 200 best"] = partial(drawn, 200)
        found["10 best of all"] = lambda task, _: [bench.best(task, ranked[task][:TOP], 10)]
    return found


def several(bench: Bench, target: str, n: int, seed: int) -> list[Cells]:
    """The 50 best of ``n`` of the other tasks, drawn anew for every seed."""
    others = [task for task in bench.values if task != target]
    chosen = Streams(seed, f"e22/{target}/tasks").at(0).permutation(len(others))[:n]
    return [bench.best(others[at], range(len(bench.cells))) for at in sorted(chosen.tolist())]


def judged(bench: Bench, pairs: dict[tuple[str, str], Lists]) -> dict[str, Any]:
    """Every method on every pair: its saving, and its regret in standard deviations of the target's values."""
    began = time.process_time()
    regrets: dict[str, dict[str, list[float]]] = {}
    savings: dict[str, dict[str, float]] = {}
    shape: list[tuple[float, float]] = []
    for (source, target), lists in pairs.items():
        values, plain = bench.values[target], bench.plain_curves(target)
        cells = [one for seed in SEEDS[:10] for one in lists(seed)]
        shape.append(
            (
                float(np.mean([spread(one) for one in cells])),
                float(np.mean([place(bench, source, one) for one in cells])),
            )
        )
        of_pair = {arm: partial(_made, make, lists) for arm, make in bench.arms().items()}
        curves = {PLAIN: plain[: len(SEEDS)]} | {
            arm: bench.curves(target, make, SEEDS) for arm, make in of_pair.items()
        }
        for arm, found in curves.items():
            passed = np.flatnonzero(found.mean(0) >= plain[:, -1].mean())
            n = int(passed[0]) + 1 if len(passed) else bench.evaluations + 1
            savings.setdefault(arm, {})[f"{source} -> {target}"] = round(1 - n / bench.evaluations, 3)
            regret = (values.max() - found[:, -1]) / values.std()
            regrets.setdefault(arm, {})[f"{source} -> {target}"] = [round(float(one), 5) for one in regret]
    distance, rank = np.mean(shape, 0).tolist()
    return {
        "hamming_distance": round(distance, 2),
        "mean_rank_percent": round(rank, 1) if np.isfinite(rank) else None,
        "savings": savings,
        "regrets": regrets,
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def _made(make: Callable[[list[Cells]], Strategy], lists: Lists, seed: int) -> Strategy:
    return make(lists(seed))


def spread(cells: Cells) -> float:
    """Mean number of edges in which two of ``cells`` differ."""
    genes = np.array([one.genes for one in cells])
    n = len(genes)
    return float((genes[:, None] != genes[None]).sum() / (n * (n - 1)))


def place(bench: Bench, task: str, cells: Cells) -> float:
    """Mean rank of ``cells`` on ``task``, in percent of the space; nan for what is no task of this bench."""
    if task not in bench.values:
        return float("nan")
    index = {one: at for at, one in enumerate(bench.cells)}
    values = bench.values[task]
    return float(np.mean([100 * (values > values[index[one]]).mean() for one in cells]))


def main() -> None:
    nb = Bench("nasbench201", NasBench201(channels=16, cells_per_stage=5), "_valid_", 20, (5, 2))
    tn = Bench("transnas_micro", TransNasMicro(channels=64, stem_halvings=2), "_valid_", 50, (10, 5))
    RESULTS.mkdir(exist_ok=True)
    head, changed = commit()
    pedigree = {
        "commit": head,
        "uncommitted_changes": changed,
        "table_sha256": {one.name: one.sha256 for one in (nb, tn)},
    }
    found: dict[str, dict[str, Any]] = {}
    for name, run in parts(nb, tn).items():
        path = RESULTS / (name.replace(", ", "-").replace(" ", "_") + ".json")
        if not path.exists() and (len(sys.argv) == 1 or any(word in name for word in sys.argv[1:])):
            line = {"part": name, **pedigree, "seeds": len(SEEDS), **run()}
            path.write_text(json.dumps(line) + "\n", encoding="utf-8")
        if path.exists():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    for bench in (nb, tn):
        if own := {name.partition(", ")[2]: one for name, one in found.items() if name.startswith(bench.name)}:
            show(own, bench.k)
            if bench is tn:
                by_similarity(tn, own)


def show(parts: dict[str, dict[str, Any]], k: int) -> None:
    """The README's tables of one space: savings, regrets beside plain evolution's, and what adapting changes."""
    rng = Streams(0, "e22/shown").at(0)
    arms = [arm for arm in next(iter(parts.values()))["savings"] if arm != PLAIN]
    print(f"\n| source | pairs | edges that differ | mean rank | {' | '.join(arms)} |")
    for name, one in parts.items():
        saved = {arm: np.array([*of.values()]) for arm, of in one["savings"].items()}
        cells = [f"{100 * saved[arm].mean():.0f} % ({int((saved[arm] < 0).sum())})" for arm in arms]
        rank = "" if one["mean_rank_percent"] is None else f"{one['mean_rank_percent']} %"
        print(f"| {name} | {len(saved[PLAIN])} | {one['hamming_distance']:.1f} | {rank} | {' | '.join(cells)} |")
    means = {
        name: {arm: np.mean([*of.values()], 0) for arm, of in one["regrets"].items()} for name, one in parts.items()
    }
    print(f"\n| source | plain evolution's regret | {' | '.join(arms)} |")
    for name, of in means.items():
        cells = [_three(of[arm] - of[PLAIN], rng) for arm in arms]
        print(f"| {name} | {of[PLAIN].mean():.3f} | {' | '.join(cells)} |")
    static = f"frequency, k = {k}"
    print("\n| source | adapted - static | p | copied start with principles - without | p |")
    for name, of in means.items():
        pairs = ((of["frequency, adapted"], of[static]), (of[arms[-1]], of["copied start"]))
        cells = [f"{_three(one - other, rng)} | {sign_flip_test(one - other, rng).p_value:.4f}" for one, other in pairs]
        print(f"| {name} | {' | '.join(cells)} |")


def by_similarity(bench: Bench, parts: dict[str, dict[str, Any]]) -> None:
    """Adapted minus static, by thirds of the pairs from the least to the most alike, and by source."""
    rng = Streams(0, "e22/similarity").at(0)
    values = bench.values
    rho = {pair: rank_correlation(*(values[one] for one in pair)).spearman for pair in permutations(values, 2)}
    order = sorted(rho, key=lambda pair: rho[pair])
    third = len(order) // 3
    groups = {
        f"rho {rho[few[0]]:.2f} to {rho[few[-1]]:.2f}": few
        for few in (order[at : at + third] for at in (0, third, 2 * third))
    } | {f"source {task}": [pair for pair in order if pair[0] == task] for task in values}
    print("\n| source | pairs | adapted - static | p |")
    for name in sorted({"50 best of all", "50 best of 500"} & parts.keys()):
        regrets = parts[name]["regrets"]
        for group, pairs in groups.items():
            both = [
                [regrets[arm][" -> ".join(pair)] for pair in pairs]
                for arm in ("frequency, adapted", "frequency, k = 3")
            ]
            change = np.subtract(*np.mean(both, 1))
            p_value = sign_flip_test(change, rng).p_value
            print(f"| {name} | {group} | {_three(change, rng)} | {p_value:.4f} |")


def _three(values: Values, rng: np.random.Generator) -> str:
    interval = bootstrap_interval(values, rng)
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


if __name__ == "__main__":
    main()
