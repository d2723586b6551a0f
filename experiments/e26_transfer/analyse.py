"""The tables of ``README.md`` from ``results/trainings.jsonl``.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e26_transfer/analyse.py``.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from networks import COLUMNS, DARTS, NB101, NB101_SMALL, SCENE, TASKS, TRANSNAS, cells_of, judged, live_parameters
from trainings import LEFT_OUT

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.ranking_quality import relative_ranks
from nasray.core.seeds import Streams

LINES = Path(__file__).with_name("results") / "trainings.jsonl"
Found = dict[tuple[str, str, str], list[dict[str, float]]]
"""(part, arm, hold-out) -> the figures of each seed."""


def found_lines() -> Found:
    found: Found = defaultdict(list)
    for line in map(json.loads, LINES.read_text(encoding="utf-8").splitlines()):
        for held, figures in line["judged"].items():
            found[line["part"], line["arm"], held].append(figures)
    return found


def cell(figures: list[dict[str, float]], key: str) -> str:
    """Mean over seeds, with its 95 % bootstrap interval; with fewer than five, the lowest and the highest."""
    values = [one[key] for one in figures if key in one]
    if len(values) < 2:
        return " ".join(f"{value:.3f}" for value in values) or "-"
    if len(values) < 5:
        return f"{np.mean(values):.3f} [{min(values):.3f}, {max(values):.3f}]"
    one = bootstrap_interval(values, Streams(0, "e26").at(0))
    return f"{one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]"


def table(title: str, columns: list[str], rows: dict[str, list[str]]) -> None:
    print(f"\n{title}\n| | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")


def shares(found: Found) -> None:
    arms = [*dict.fromkeys(arm for part, arm, _ in found if part == "share")]
    for key in ("tau", "tau_best_tenth"):
        for track in ("A", "B"):
            held = [*dict.fromkeys(at for part, arm, at in found if part == "share" and arm.startswith(track))]
            rows = {arm: [cell(found["share", arm, at], key) for at in held] for arm in sorted(arms) if arm[0] == track}
            rows |= {"live #params": [f"{live(at, np.ones_like)[key]:.3f}" for at in held]}
            table(f"shares, {key}", held, rows)


def live(held: str, chosen: Callable[[np.ndarray], np.ndarray]) -> dict[str, float]:
    """How well the live number of weights ranks the chosen cells of a ``TABLE COLUMN``."""
    name, column = held.split()
    truth = cells_of(name).truth(column)
    rows = chosen(np.ones(len(truth), bool))
    return judged(live_parameters(name)[rows], truth[rows])


def operators(found: Found) -> None:
    rows = {}
    for operator, tables in LEFT_OUT.items():
        for name in tables:
            if name == NB101_SMALL:
                continue
            column = COLUMNS.get(name, SCENE)
            has = cells_of(name).has[operator]
            arms = {
                "embeddings": ("short", name),
                "nearest": ("short", f"{name} nearest"),
                "span": ("short", f"{name} span"),
                "one-hot": ("one_hot", name),
                "with DARTS": ("with DARTS", name),
            }
            cells = [cell(found["operator", f"{operator}, {arm}", at], "tau") for arm, at in arms.values()]
            cells.append(cell(found["operator", "known", f"{operator}: {name}"], "tau"))
            cells.append(f"{live(f'{name} {column}', lambda all_cells, has=has: has & all_cells)['tau']:.3f}")
            rows[f"{operator}: {name}, {int(has.sum())} of {len(has)}"] = cells
    columns = [
        "embeddings",
        "by the nearest",
        "projected",
        "one-hot",
        "DARTS learnt, too",
        "operator known",
        "live #params",
    ]
    table("operators, tau on the cells with the operator", columns, rows)


def spaces(found: Found) -> None:
    everything = {
        "NAS-Bench-101": [f"{NB101} {COLUMNS[NB101]}", f"{NB101_SMALL} {COLUMNS[NB101_SMALL]}"],
        "DARTS pool": [f"{DARTS} {COLUMNS[DARTS]}"],
    }
    rows = {}
    for arm, held in everything.items():
        for at in held:
            rows[f"{arm}: {at}"] = [*(cell(found["space", arm, at], key) for key in ("tau", "tau_best_tenth"))]
            rows[f"{arm}: {at}"] += [f"{live(at, np.copy)['tau']:.3f}", "-", "-"]
    ranks = {task: relative_ranks(cells_of(TRANSNAS).truth(task)) for task in TASKS}
    for task in TASKS:
        at = f"{TRANSNAS} {task}"
        others = judged(np.mean([ranks[one] for one in TASKS if one != task], axis=0), ranks[task])["tau"]
        rows[task] = [*(cell(found["space", "TransNAS", at], key) for key in ("tau", "tau_best_tenth"))]
        rows[task] += [f"{live(at, np.copy)['tau']:.3f}", cell(found["space", task, at], "tau"), f"{others:.3f}"]
    columns = [
        "tau",
        "tau, best tenth",
        "live #params, tau",
        "six other tasks learnt, tau",
        "six others' mean rank, tau",
    ]
    table("spaces", columns, rows)


def main() -> None:
    found = found_lines()
    shares(found)
    operators(found)
    spaces(found)


if __name__ == "__main__":
    main()
