"""Design principle transfer on TransNAS-Bench-101 micro: every task is the source of every other one.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e19_lapt_transnas/run.py``. Prints the tables of ``README.md`` and
writes ``results/figures.json`` with commit, data checksum and seconds.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.paired_test import sign_flip_test
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.refiner import Refiner
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.core.transfer_source import TransferSource
from nasray.data.table import Table
from nasray.evaluators.table import TableEvaluator
from nasray.refiners.everything import Everything
from nasray.refiners.frequency import Frequency
from nasray.refiners.oracle import Oracle
from nasray.refiners.random_candidates import RandomCandidates
from nasray.simulator.study import study
from nasray.spaces.transnas_micro import TransNasMicro
from nasray.strategies.principle_transfer import PrincipleTransfer
from nasray.strategies.regularized_evolution import RegularizedEvolution

SEEDS, PLAIN_SEEDS, EVALUATIONS = range(100), range(500), 50
PLAIN = "plain evolution"
"""It learns nothing from its source, and asks for no cell twice, as all the others."""

CONTROLS = (PLAIN, "copy", "random", "oracle")
"""Arms that cannot be chosen as the method."""

DISSIMILAR = ("autoencoder", "room_layout")
SPACE = TransNasMicro(channels=64, stem_halvings=2)
EVOLUTION = partial(RegularizedEvolution, population_size=10, tournament_size=5)
ADAPT_AT = (20, 30, 40)
RESULTS = Path(__file__).with_name("results")

Maker = Callable[[int], Strategy]
"""Seed -> a fresh strategy."""

Curves = NDArray[np.float64]
"""``(seeds, 50)`` best VALID value so far."""


def arms(sources: Sequence[TransferSource], target: TransferSource) -> dict[str, Maker]:
    """The methods and the controls for one pair."""

    def transfer(refiner: Refiner, adapt_at: Sequence[int] = (), copied: int = 0) -> Strategy:
        return PrincipleTransfer(
            space=SPACE,
            refiner=refiner,
            sources=sources,
            inner=EVOLUTION,
            copied=copied,
            adapt_at=adapt_at,
            shown=15,
            outside=0.0,
            history="kept",
        )

    kept = {"space": SPACE, "most_operators": 3, "most_sources": 3}
    frequency, everything = Frequency(**kept), Everything(space=SPACE)
    return {
        PLAIN: lambda _: transfer(everything),
        "copy": lambda _: transfer(frequency, copied=EVALUATIONS),
        "frequency": lambda _: transfer(frequency),
        "frequency, adapted": lambda _: transfer(frequency, ADAPT_AT),
        "copied start": lambda _: transfer(everything, copied=10),
        "copied start, frequency": lambda _: transfer(frequency, copied=10),
        "copied start, frequency, adapted": lambda _: transfer(frequency, ADAPT_AT, copied=10),
        "random": lambda seed: transfer(RandomCandidates(seed=seed, **kept)),
        "oracle": lambda _: transfer(Oracle(target=target, **kept)),
    }


class Tasks:
    """The seven tasks."""

    def __init__(self, table: Table) -> None:
        self.columns = {name.partition("_valid_")[0]: name for name in table.names}
        self.names = tuple(self.columns)
        self.sources = {task: TransferSource(table=table, column=name, top=50) for task, name in self.columns.items()}
        self.evaluators = {
            task: TableEvaluator(
                table=table, dataset=task, epochs=None, chunk_size=4096, space=SPACE, columns=(), columns_table=None
            )
            for task in self.names
        }

    def curves(self, make: Maker, target: str, seeds: Sequence[int] = SEEDS) -> Curves:
        """One a seed; a search that ends early keeps its best."""
        found = np.empty((len(seeds), EVALUATIONS))
        for at, seed in enumerate(seeds):
            evaluator = self.evaluators[target]
            run = study(partial(make, seed), SPACE, evaluator, seeds=[seed], evaluations=EVALUATIONS, width=1)[0]
            best = best_so_far([one.value for one in run])
            found[at, : len(best)], found[at, len(best) :] = best, best[-1]
        return found


def saving(curves: Curves, plain: Curves) -> float:
    """1 - n / 50: the mean curve passes plain evolution's mean at 50 with its n-th evaluation; 51 if it never does."""
    passed = np.flatnonzero(curves.mean(0) >= plain[:, -1].mean())
    return 1 - (int(passed[0]) + 1 if len(passed) else EVALUATIONS + 1) / EVALUATIONS


def clustered(savings: dict[tuple[str, str], float], names: Sequence[str], rng: np.random.Generator) -> list[float]:
    """Mean over pairs, and its 95 % interval by a bootstrap of tasks: a pair counts as often as its two are drawn."""
    drawn = rng.integers(len(names), size=(10_000, len(names)))
    counts = np.stack([(drawn == at).sum(1) for at in range(len(names))], 1)
    place = {name: at for at, name in enumerate(names)}
    pairs = [(place[source], place[target]) for source, target in savings]
    weights = np.stack([counts[:, source] * counts[:, target] for source, target in pairs], 1)
    enough = weights.sum(1) > 0
    means = (weights[enough] @ np.array([*savings.values()])) / weights[enough].sum(1)
    return [float(np.mean([*savings.values()])), *np.percentile(means, [2.5, 97.5]).tolist()]


def main() -> None:
    began = time.perf_counter()
    table = default_catalog().open("transnas_micro", SPACE)
    tasks, rng = Tasks(table), Streams(0, "e19").at(0)
    plain = {
        task: tasks.curves(arms([tasks.sources[task]], tasks.sources[task])[PLAIN], task, PLAIN_SEEDS)
        for task in tasks.names
    }
    repeating = {task: tasks.curves(lambda _: EVOLUTION(space=SPACE), task, PLAIN_SEEDS) for task in tasks.names}
    found: dict[str, dict[tuple[str, str], Curves]] = {}
    for target, source in permutations(tasks.names, 2):
        makers = arms([tasks.sources[source]], tasks.sources[target])
        for arm, make in makers.items():
            of_arm = found.setdefault(arm, {})
            known = [pair for pair in of_arm if arm in (PLAIN, "oracle") and pair[1] == target]  # whatever the source
            seeds = SEEDS[:1] if arm == "copy" else SEEDS  # it draws nothing
            of_arm[source, target] = of_arm[known[0]] if known else tasks.curves(make, target, seeds)
        print(f"# {source} -> {target} {time.perf_counter() - began:.0f} s", flush=True)
    savings, easier = (
        {arm: {pair: saving(one, bar[pair[1]]) for pair, one in of.items()} for arm, of in found.items()}
        for bar in (plain, repeating)
    )
    choices = {task: chosen_without(task, savings) for task in tasks.names}
    chosen = {pair: one for _, found_there in choices.values() for pair, one in found_there.items()}
    figures = {
        "arms": {arm: _summary(one, tasks.names, rng) for arm, one in savings.items()}
        | {"chosen without the target": _summary(chosen, tasks.names, rng)},
        "against_repeating": {arm: _summary(one, tasks.names, rng) for arm, one in easier.items()},
        "plain_at_50": {
            task: [round(float(bar[task][:, -1].mean()), 4) for bar in (plain, repeating)] for task in plain
        },
        "choices": {task: arm for task, (arm, _) in choices.items()},
        "savings": {arm: _matrix(one) for arm, one in savings.items()},
        "adaptation": _adaptation(tasks, found, rng),
        "all_sources": _all_sources(tasks, plain),
    }
    _print(figures, tasks.names)
    head, changed = commit()
    pedigree = {"commit": head, "uncommitted_changes": changed, "seconds": round(time.perf_counter() - began, 1)}
    line = {"experiment": "e19", **pedigree, "seeds": len(SEEDS), "table_sha256": table.sha256, "figures": figures}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({**pedigree, "table_sha256": table.sha256}))


def _summary(savings: dict[tuple[str, str], float], names: Sequence[str], rng: np.random.Generator) -> dict[str, Any]:
    return {
        "saving": [round(one, 3) for one in clustered(savings, names, rng)],
        "failing_pairs": sum(one < 0 for one in savings.values()),
    }


def chosen_without(
    task: str, savings: dict[str, dict[tuple[str, str], float]]
) -> tuple[str, dict[tuple[str, str], float]]:
    """The arm that saves most on the pairs that ``task`` has no part in, and its savings on those with that target."""

    def elsewhere(arm: str) -> float:
        return float(np.mean([one for pair, one in savings[arm].items() if task not in pair]))

    arm = max((arm for arm in savings if arm not in CONTROLS), key=elsewhere)
    return arm, {pair: one for pair, one in savings[arm].items() if pair[1] == task}


def _matrix(savings: dict[tuple[str, str], float]) -> dict[str, float]:
    return {f"{source} -> {target}": round(one, 2) for (source, target), one in savings.items()}


def _adaptation(tasks: Tasks, found: dict[str, dict[tuple[str, str], Curves]], rng: np.random.Generator) -> Any:
    """Regret at 50 of adapted minus static, paired by seed, from each dissimilar source to every target.

    Regrets are in standard deviations of the target's values, so that targets can be averaged.
    """
    rows: dict[str, Any] = {}
    for start in ("", "copied start, "):
        static, adapted = found[f"{start}frequency"], found[f"{start}frequency, adapted"]
        for source in DISSIMILAR:
            gains = []
            for target in tasks.names:
                if target != source:
                    gained = (adapted[source, target] - static[source, target])[:, -1]
                    gains.append(-gained / tasks.evaluators[target].table.column(tasks.columns[target]).std())
            test = sign_flip_test(np.mean(gains, 0), rng)
            rows[f"{start}{source}"] = {
                "regret_change": _three(bootstrap_interval(np.mean(gains, 0), rng)),
                "p": round(test.p_value, 5),
                "targets_better": int(sum(one.mean() < 0 for one in gains)),
                "targets_worse": int(sum(one.mean() > 0 for one in gains)),
            }
    return rows


def _three(interval: Any) -> list[float]:
    return [round(float(one), 4) for one in (interval.mean, interval.low, interval.high)]


def _all_sources(tasks: Tasks, plain: dict[str, Curves]) -> dict[str, dict[str, float]]:
    """The six other tasks as sources together, target by target."""
    rows: dict[str, dict[str, float]] = {}
    for target in tasks.names:
        sources = [tasks.sources[task] for task in tasks.names if task != target]
        for arm, make in arms(sources, tasks.sources[target]).items():
            if arm in ("copy", "frequency", "copied start, frequency, adapted"):
                rows.setdefault(arm, {})[target] = round(saving(tasks.curves(make, target), plain[target]), 2)
    return rows


def _print(figures: dict[str, Any], names: Sequence[str]) -> None:
    """The README's tables, row by row."""
    for bar in ("arms", "against_repeating"):
        for arm, one in figures[bar].items():
            interval = "{:.1f} % [{:.1f}, {:.1f}]".format(*(100 * part for part in one["saving"]))
            print(f"| {arm} | {interval} | {one['failing_pairs']} |")
    print(figures["plain_at_50"], figures["choices"])
    for arm, pairs in figures["savings"].items():
        print(f"\n{arm}\n| source | {' | '.join(names)} |")
        for source in names:
            cells = [f"{100 * pairs[f'{source} -> {target}']:.0f}" if target != source else "" for target in names]
            print(f"| {source} | {' | '.join(cells)} |")
    for source, one in figures["adaptation"].items():
        print(f"| {source} | {one['regret_change']} | {one['p']} | {one['targets_better']} / {one['targets_worse']} |")
    for arm, by_target in figures["all_sources"].items():
        cells = [f"{100 * by_target[target]:.0f}" for target in names]
        print(f"| {arm} | {' | '.join(cells)} | {100 * np.mean([*by_target.values()]):.1f} |")


if __name__ == "__main__":
    main()
