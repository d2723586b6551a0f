"""The controls of e14 on convolutional cells, which are measured by the thousand: what ten demonstrations teach there.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e14_hat_predictors/cells.py [--divisions 100] [WORDS]``. A division
is ten random cells as demonstrations and 200 others that are judged, of at most 2,000 that are drawn first. Prints the
tables of ``README.md`` and writes ``results/cells.json``. A predictor of your own adds its row in the words of
``nasray run``, for instance ``--divisions 3 predictor=language_model language_model=local_server``, or
``predictor=distilled``; the file is then named after it.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_module
from numpy.typing import NDArray

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.app.catalogs import default_catalog, space_named
from nasray.app.parts import build
from nasray.app.provenance import commit
from nasray.app.schema import resolved
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.data.table import Table

SHOWN, JUDGED, MOST = 10, 200, 2_000
SETS = {
    "NAS-Bench-201, CIFAR-10, 200 epochs": ("nasbench201", "nasbench201", "cifar10_valid_200"),
    "NAS-Bench-201, CIFAR-100, 200 epochs": ("nasbench201", "nasbench201", "cifar100_valid_200"),
    "NAS-Bench-201, ImageNet16-120, 200 epochs": ("nasbench201", "nasbench201", "imagenet16_120_valid_200"),
    "NAS-Bench-101 up to 5 vertices, 4 epochs": ("nasbench101_small", "nasbench101_small", "cifar10_valid_4"),
    "NAS-Bench-101, 292 cells, 108 epochs": ("nasbench101", "nasbench101_500", "cifar10_valid_108"),
}
"""Name -> space, table and column; all on VALID."""

GRAPH_NETWORK = {"nasbench201": "gcn_nasbench101"}
"""Space -> the shipped network that has not seen its cells; of NAS-Bench-101 it is the other one."""

COMPARED = "OLS on log(parameters)"
RESULTS = Path(__file__).with_name("results")
Vector = NDArray[np.float64]
Fit = Callable[[NDArray[np.int64], Vector], Vector]
"""Demonstrations' places and values -> ``(A,)`` predictions for all cells."""


@dataclass(frozen=True)
class Cells:
    """A set of A measured cells, and what is known of them without training.

    Attributes:
        space: They are members of.
        members: Of the table.
        values: ``(A,)`` VALID accuracy in percent.
        scores: Name -> ``(A,)`` scores that rank and predict no accuracy.
    """

    space: SearchSpace
    members: Sequence[Architecture]
    values: Vector
    scores: Mapping[str, Vector]


def composed(words: Sequence[str], space: str) -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        return resolved(compose("run", overrides=[f"space={space}", "name=e14", *words]))


def read(name: str) -> Cells:
    space_name, table_name, column = SETS[name]
    space, table, members = opened(space_name, table_name)
    values = table.column(column)[table.rows(members)]
    return Cells(space, members, values, scores_of(space_name, table_name))


@cache
def opened(space_name: str, table_name: str) -> tuple[SearchSpace, Table, list[Architecture]]:
    space = space_named(space_name)
    table = default_catalog().open(table_name, space)
    members = [Architecture(tuple(genes)) for genes in table.index]
    drawn = Streams(0, "e14/drawn").at(0).permutation(len(members))[:MOST]
    return space, table, [members[place] for place in np.sort(drawn)]


@cache
def scores_of(space_name: str, table_name: str) -> dict[str, Vector]:
    """What ranks the cells of a table, and has not seen its values."""
    space, _, members = opened(space_name, table_name)
    named = {"parameters": "parameters", "live parameters": "live_parameters", "FLOPs": "flops"}
    named["graph network"] = GRAPH_NETWORK.get(space_name, "gcn_transnas_darts")
    return {
        label: build(composed([f"predictor={one}"], space_name)["predictor"], space=space).predict(members)
        for label, one in named.items()
    }


def line(feature: Vector) -> Fit:
    """Least squares on one feature."""

    def fit(shown: NDArray[np.int64], values: Vector) -> Vector:
        design = np.column_stack([np.ones(len(feature)), feature])
        return design @ np.linalg.lstsq(design[shown], values, rcond=None)[0]

    return fit


@cache
def language_model(words: tuple[str, ...]) -> dict[str, Any]:
    """The one that ``words`` name, for all sets: its cache has one owner."""
    settings = composed(words, "nasbench201").get("language_model")
    return {"language_model": build(settings)} if settings else {}


def taught(cells: Cells, words: Sequence[str], space: str, size: int) -> Fit:
    """A predictor of ``conf/predictor`` that learns from the demonstrations."""
    config = composed(words, space)
    live = language_model(tuple(words))

    def fit(shown: NDArray[np.int64], values: Vector) -> Vector:
        predictor = build(config["predictor"], space=cells.space, **live)
        predictor.fit([cells.members[place] for place in shown], values)
        asked = judged_beside(cells, shown, size)
        found = np.full(len(cells.members), np.nan)
        found[asked] = predictor.predict([cells.members[place] for place in asked])
        return found

    return fit


def judged_beside(cells: Cells, shown: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The ``size`` cells that are judged with these demonstrations, or all others where there are fewer."""
    others = np.setdiff1d(np.arange(len(cells.members)), shown)
    drawn = Streams(int(shown[0]), "e14/judged").at(int(shown[1]))
    return np.sort(drawn.permutation(others)[:size])


def predictors(cells: Cells, name: str, words: Sequence[str], size: int) -> dict[str, Fit]:
    space = SETS[name][0]
    rows: dict[str, Fit] = {
        "demonstration mean": lambda _, values: np.full(len(cells.members), values.mean()),
        COMPARED: line(np.log(cells.scores["parameters"])),
        "OLS on log(live parameters)": line(np.log1p(cells.scores["live parameters"])),
        "graph network, calibrated": line(cells.scores["graph network"]),
        "OLS on operators": taught(cells, ["predictor=ols"], space, size),
        "ridge on operators": taught(cells, ["predictor=ridge", "predictor.target=values"], space, size),
    }
    told = " ".join(word for word in words if not word.startswith("language_model.path="))
    return rows | ({told: taught(cells, words, space, size)} if words else {})


def figures_of(predicted: Vector, truth: Vector, *, ranks_only: bool) -> list[float]:
    """MAE, tau-b, tau with tied predictions in random order, and the share of distinct predictions."""
    p = np.round(predicted, 9)
    ours, theirs = (np.sign(one[:, None] - one[None, :]) for one in (p, truth))
    agreement, pairs = float((ours * theirs).sum()), len(p) * (len(p) - 1)
    scale = np.sqrt(abs(theirs).sum())
    tau = agreement / (scale * np.sqrt(abs(ours).sum())) if ours.any() else np.nan
    error = np.nan if ranks_only else abs(predicted - truth).mean()
    return [error, tau, agreement / (scale * np.sqrt(pairs)), len(np.unique(p)) / len(p)]


def judge(cells: Cells, name: str, words: Sequence[str], divisions: int, size: int) -> dict[str, Vector]:
    """Row -> ``(D, 4)`` figures of D divisions."""
    rows = predictors(cells, name, words, size)
    found: dict[str, list[list[float]]] = {one: [] for one in (*rows, *cells.scores)}
    for division in range(divisions):
        shown = Streams(division, "e14/cells").at(0).choice(len(cells.members), SHOWN, replace=False)
        judged = judged_beside(cells, shown, size)
        truth = cells.values[judged]
        for one, fit in rows.items():
            found[one].append(figures_of(fit(shown, cells.values[shown])[judged], truth, ranks_only=False))
        for one, scores in cells.scores.items():
            found[one].append(figures_of(scores[judged], truth, ranks_only=True))
    return {one: np.array(each) for one, each in found.items()}


def interval(samples: Vector) -> list[float] | None:
    """Mean and 95 % interval over divisions."""
    if not np.isfinite(samples).all():
        return None
    found = bootstrap_interval(samples, Streams(0, "e14/interval").at(0))
    return [round(float(one), 4) for one in (found.mean, found.low, found.high)]


def summary(each: Mapping[str, Vector]) -> dict[str, Any]:
    kinds = ("mae", "tau", "tau_ties_broken", "distinct")
    found: dict[str, Any] = {}
    for name, row in each.items():
        found[name] = {kind: interval(row[:, k]) for k, kind in enumerate(kinds)}
        found[name]["minus"] = {kind: interval((row - each[COMPARED])[:, k]) for k, kind in enumerate(kinds[:3])}
    return found


def shown_as(found: Sequence[float] | None, form: str) -> str:
    return "-" if found is None else f"{{0:{form}}} [{{1:{form}}}, {{2:{form}}}]".format(*found)


def print_table(name: str, found: Mapping[str, Any]) -> None:
    print(f"\n{name}\n| predictor | MAE | tau-b | tau, ties broken | distinct | MAE minus {COMPARED} | tau minus it |")
    print("|---|---|---|---|---|---|---|")
    for row, one in found.items():
        cells = [shown_as(one["mae"], ".2f"), shown_as(one["tau"], ".2f")]
        cells += ["{:.2f}".format(*one["tau_ties_broken"]), "{:.0%}".format(*one["distinct"])]
        cells += [shown_as(one["minus"]["mae"], "+.2f"), shown_as(one["minus"]["tau_ties_broken"], "+.2f")]
        print(f"| {row} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--divisions", type=int, default=100)
    parser.add_argument("--sets", action="append", help="only those whose name contains this; may be given again")
    parser.add_argument("--judged", type=int, default=JUDGED, help="cells of a division")
    asked, words = parser.parse_known_args()
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    for name in SETS:
        if asked.sets is None or any(part in name for part in asked.sets):
            found[name] = summary(judge(read(name), name, words, asked.divisions, asked.judged))
            print_table(name, found[name])
    head, changed = commit()
    pedigree = {"experiment": "e14", "commit": head, "uncommitted_changes": changed}
    pedigree |= {"divisions": asked.divisions, "judged": asked.judged}
    file = RESULTS / ("_".join(["cells", *(word.partition("=")[2] for word in words if "." not in word)]) + ".json")
    file.write_text(json.dumps(pedigree | {"words": words, "figures": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
