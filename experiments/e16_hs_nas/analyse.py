"""HS-NAS on NAS-Bench-201: does a cheap first half save expensive evaluations, and is it the predictor that does it?

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e16_hs_nas/analyse.py [--choose 50 --compare 100]``. Searches that
are in ``results/regrets.jsonl`` already are not made again. Prints the tables of ``README.md`` and writes
``results/figures.json``.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray
from remembering import Remembering
from rungs import DEMONSTRATIONS, FURTHER, LOOK_UP, cheap_rungs

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.app.catalogs import default_catalog
from nasray.app.parts import build
from nasray.app.provenance import commit
from nasray.core.measurement import Outcome
from nasray.core.predictor import Predictor
from nasray.core.seeds import Streams
from nasray.evaluators.table import TableEvaluator
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201

BUDGETS = (20, 50, 100, 200)
CHOSEN_FROM, COMPARED_FROM = 0, 50
MARGINS = {"cifar10": 0.05, "cifar100": 0.2, "imagenet16_120": 0.2}
SETTINGS = tuple((name, epochs) for epochs in (200, 12) for name in MARGINS)
"""(data set, epochs of the expensive rung)."""

CONTROLS = ("#params", "random", LOOK_UP)
PLANNED = (*CONTROLS, "gcn", "distilled(ols)")
PUBLISHED = "end=15"
RESULTS = Path(__file__).with_name("results")
SPACE = NasBench201(channels=16, cells_per_stage=5)

Job = tuple[str, int, str, str, int]
"""Data set, epochs of the expensive rung, cheap rung, policy, seed."""

Regrets = dict[Job, list[float]]


def policies() -> dict[str, dict[str, Any]]:
    """Name -> section of the switch."""
    found = {f"end={end}": ("iteration", {"start": 0, "end": end}) for end in (5, 10, 15, 20, 25, 30)}
    found["expensive first"] = ("iteration", {"start": 15, "end": 30})
    found["after 500 candidates"] = ("budget", {"candidates": 500, "latest": 20})
    found["tau of 20, interval"] = ("tau", {"sample": 20, "at_least": 0.0, "interval": True, "end": 15})
    found["tau of 20, point"] = ("tau", {"sample": 20, "at_least": 0.0, "interval": False, "end": 15})
    return {
        name: {"_target_": f"nasray.strategies.switch_by_{kind}.SwitchBy{kind.capitalize()}", **settings}
        for name, (kind, settings) in found.items()
    }


@cache
def _as_shipped() -> dict[str, Any]:
    return yaml.safe_load((files("nasray.conf") / "strategy" / "hat_evolution.yaml").read_text(encoding="utf-8"))


def searched(predictor: Predictor | None, switch: Mapping[str, Any], epochs: int, evaluator: Any, seed: int) -> Any:
    """The expensive evaluations of one search with the published numbers, in order, each architecture once."""
    settings = _as_shipped() | {"switch": switch, "warm_up": DEMONSTRATIONS}
    settings["_target_"] = f"{Remembering.__module__}.{Remembering.__name__}"
    rungs = dict(settings["rungs"])
    rungs["full"] = {**rungs["full"], "epochs": epochs}
    if predictor is None:
        del rungs["cheap"]
    settings["rungs"] = rungs

    def make() -> Any:
        return build(settings, space=SPACE, predictor=predictor)

    (outcomes,) = study(make, SPACE, evaluator, seeds=[seed], evaluations=BUDGETS[-1], width=256)
    return outcomes


def regrets_of(outcomes: Sequence[Outcome], truth: Mapping[Any, float], best: float) -> list[float]:
    """``(B,)`` points by which what was best on the expensive rung is below the best cell, VALID of 200 epochs."""
    values = [one.value for one in outcomes]
    leaders = [outcomes[int(np.argmax(values[:n]))].proposal.architecture for n in BUDGETS]
    return [round(best - truth[one], 4) for one in leaders]


class Study:
    """Makes searches and remembers what came of them."""

    def __init__(self) -> None:
        self.table = default_catalog().open("nasbench201", SPACE)
        self.cells = list(SPACE.enumerate())
        self.rungs: dict[str, Callable[[int], Predictor]] = cheap_rungs(SPACE, self.cells)
        self.file = RESULTS / "regrets.jsonl"
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        self.seed = -1
        self.known: Regrets = {tuple(job): regrets for job, regrets in map(json.loads, lines)}
        rows = self.table.rows(self.cells)
        self.truth = {
            name: dict(zip(self.cells, self.table.column(f"{name}_valid_200")[rows].tolist(), strict=True))
            for name in MARGINS
        }
        self.evaluators = {
            name: TableEvaluator(
                table=self.table, dataset=name, epochs=200, chunk_size=512, columns=[], columns_table=None, space=SPACE
            )
            for name in MARGINS
        }

    def make(self, jobs: Iterable[Job]) -> None:
        """The searches that were not made before."""
        switches = policies() | {"": {**policies()[PUBLISHED], "end": 0}}
        with self.file.open("a", encoding="utf-8") as file:
            for job in jobs:
                if job not in self.known:
                    dataset, epochs, cheap, policy, seed = job
                    if seed != self.seed:
                        self.seed = seed
                        Remembering.bred.clear()
                    predictor = self.rungs[cheap](seed) if cheap else None
                    outcomes = searched(predictor, switches[policy], epochs, self.evaluators[dataset], seed)
                    truth = self.truth[dataset]
                    self.known[job] = regrets_of(outcomes, truth, max(truth.values()))
                    file.write(json.dumps([job, self.known[job]]) + "\n")
                    file.flush()

    def regrets(self, dataset: str, epochs: int, cheap: str, policy: str, seeds: Sequence[int]) -> NDArray[np.float64]:
        """``(S, B)``."""
        return np.array([self.known[dataset, epochs, cheap, policy, seed] for seed in seeds])


def chosen(made: Study, cheap: str, epochs: int, seeds: Sequence[int]) -> dict[str, Any]:
    """The policy of a cheap rung with the least regret on CIFAR-10, mean over budgets and seeds, and all of them."""
    means = {name: made.regrets("cifar10", epochs, cheap, name, seeds).mean(axis=0) for name in policies()}
    best = min(means, key=lambda name: float(means[name].mean()))
    rows = {name: [round(float(one), 3) for one in row] for name, row in means.items()}
    return {"policy": best, "mean": float(means[best].mean()), "regrets": rows}


def all_chosen(made: Study, seeds: Sequence[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Epochs of the expensive rung -> cheap rung -> its policy; of the further rungs only the best goes on."""

    def over(rungs: Sequence[str], epochs: int) -> dict[str, dict[str, Any]]:
        made.make(("cifar10", epochs, cheap, name, seed) for seed in seeds for cheap in rungs for name in policies())
        return {cheap: chosen(made, cheap, epochs, seeds) for cheap in rungs}

    found = over((*PLANNED, *FURTHER), 200)
    best = min(FURTHER, key=lambda cheap: found[cheap]["mean"])
    return {200: found, 12: over((*PLANNED, best), 12)}


def arms(choice: Mapping[int, Mapping[str, Any]], epochs: int) -> dict[tuple[str, str], str]:
    """Cheap rung and kind of policy, nothing for expensive-only -> the policy."""
    found = {("", ""): ""}
    for cheap in choice[12]:
        found |= {(cheap, "chosen"): choice[epochs][cheap]["policy"], (cheap, "published"): PUBLISHED}
    return found


def compare(made: Study, choice: Mapping[int, Mapping[str, Any]], seeds: Sequence[int]) -> dict[str, Any]:
    """Regret of every arm, and what it is better by: than expensive-only, and than the controls' like policies."""
    found: dict[str, Any] = {}
    rng = Streams(0, "e16").at(0)
    made.make(
        (dataset, epochs, cheap, policy, seed)
        for seed in seeds
        for dataset, epochs in SETTINGS
        for (cheap, _), policy in arms(choice, epochs).items()
    )
    for dataset, epochs in SETTINGS:
        policy_of = arms(choice, epochs)
        regret = {arm: made.regrets(dataset, epochs, arm[0], policy, seeds) for arm, policy in policy_of.items()}
        rows: dict[str, Any] = {}
        for (cheap, kind), policy in policy_of.items():
            row: dict[str, Any] = {"policy": policy, "regret": _interval(regret[cheap, kind], rng)}
            others = {"expensive only": ("", ""), **{one: (one, kind) for one in CONTROLS}}
            if cheap not in ("", *CONTROLS):
                row["better than"] = {
                    name: _interval(regret[one] - regret[cheap, kind], rng) for name, one in others.items()
                }
            rows[f"{cheap}, {kind}" if cheap else "expensive only"] = row
        found[f"{dataset}/{epochs}"] = rows
    return found


def _interval(samples: NDArray[np.float64], rng: np.random.Generator) -> list[list[float]]:
    """``(B, 3)`` mean and 95 % interval at every budget."""
    one = bootstrap_interval(samples, rng)
    return np.round(np.stack([one.mean, one.low, one.high], axis=1), 3).tolist()


def verdict(interval: Sequence[float], margin: float) -> str:
    """In a word, of a difference that is better when higher."""
    _, low, high = interval
    if low > -margin:
        return "better" if low > 0 else "no worse" if high >= 0 else "no worse, behind"
    return "worse" if high < 0 else "open"


def print_tables(choice: Mapping[int, Mapping[str, Any]], found: Mapping[str, Any]) -> None:
    head = " | ".join(map(str, BUDGETS))
    for epochs, rungs in choice.items():
        print(f"\nCIFAR-10, expensive rung of {epochs} epochs: regret at {head}\n| policy | {' | '.join(rungs)} |")
        for policy in policies():
            rows = (one["regrets"][policy] for one in rungs.values())
            print(f"| {policy} | {' | '.join(' / '.join(f'{one:.2f}' for one in row) for row in rows)} |")
        print(f"| chosen | {' | '.join('{policy} ({mean:.3f})'.format(**one) for one in rungs.values())} |")
    for setting, rows in found.items():
        margin = MARGINS[setting.partition("/")[0]]
        print(f"\n{setting}\n| arm | {head} |")
        for name, row in rows.items():
            cells = ["{:.2f} [{:.2f}, {:.2f}]".format(*one) for one in row["regret"]]
            print(f"| {name}: {row['policy']} | {' | '.join(cells)} |")
        print(f"| arm against control | {head} |")
        for name, row in rows.items():
            for other, differences in row.get("better than", {}).items():
                cells = ["{:+.2f} [{:+.2f}, {:+.2f}] {}".format(*one, verdict(one, margin)) for one in differences]
                print(f"| {name} against {other} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--choose", type=int, default=50, help="seeds from 0")
    parser.add_argument("--compare", type=int, default=100, help="seeds from 50")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    RESULTS.mkdir(exist_ok=True)
    made = Study()
    first = range(CHOSEN_FROM, CHOSEN_FROM + asked.choose)
    then = range(COMPARED_FROM, COMPARED_FROM + asked.compare)
    choice = all_chosen(made, first)
    found = compare(made, choice, then)
    print_tables(choice, found)
    head, changed = commit()
    line = {"experiment": "e16", "commit": head, "uncommitted_changes": changed, "table_sha256": made.table.sha256}
    line |= {"chosen_on": [first[0], first[-1]], "compared_on": [then[0], then[-1]], "chosen": choice}
    text = json.dumps(line | {"figures": found}, indent=1) + "\n"
    (RESULTS / "figures.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
