"""How often the intervals of ensembles hold, before and after calibration; NAS-Bench-201 is not opened.

Run: ``NASRAY_DATA_MIRROR=FOLDER OMP_NUM_THREADS=1 python experiments/e26_transfer/calibration.py``. Cases
that ``results/calibration.json`` has are not computed again; prints the tables of ``README.md``.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import torch
import yaml
from networks import COLUMNS, DARTS, NB101, SCENE, TASKS, TRANSNAS, cells_of

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.predictors.calibrated import Calibrated
from nasray.predictors.gcn import Gcn
from nasray.predictors.pretrained_gcn import PretrainedGcn

UNSEEN = (
    ("gcn_nasbench101", TRANSNAS, SCENE),
    ("gcn_nasbench101", TRANSNAS, TASKS[1]),
    ("gcn_nasbench101", DARTS, COLUMNS[DARTS]),
    ("gcn_nasbench101_transnas", DARTS, COLUMNS[DARTS]),
    ("gcn_transnas_darts", NB101, COLUMNS[NB101]),
)
LEARNT = ((TRANSNAS, SCENE), (NB101, COLUMNS[NB101]))
LEVELS, SIZES, DIVISIONS = (0.5, 0.9), (20, 50), 200
N_LEARNT, LESSONS = 100, 10
ROOT = Path(__file__).parents[2]
RESULT = Path(__file__).with_name("results") / "calibration.json"

Ends = tuple[np.ndarray, np.ndarray]
"""``(A,)`` lower and upper ends."""
Judged = dict[str, list[tuple[float, float]]]
"""Kind of interval and level -> coverage and mean width in the unit of the labels, of each division."""


class Scores:
    """Scores that are there already; every interval has the same width."""

    higher_is_better = True

    def __init__(self, cells: Sequence[Architecture], values: np.ndarray) -> None:
        self.at, self.values = {cell: row for row, cell in enumerate(cells)}, values

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:
        return self.values[[self.at[one] for one in architectures]]


class Ensemble(Scores):
    """Likewise, and the members' standard deviations."""

    def __init__(self, cells: Sequence[Architecture], values: np.ndarray, spread: np.ndarray) -> None:
        super().__init__(cells, values)
        self.spread = spread

    def uncertainty(self, architectures: Sequence[Architecture]) -> np.ndarray:
        return self.spread[[self.at[one] for one in architectures]]


def members(centre: np.ndarray, spread: np.ndarray, level: float) -> Ends:
    """What an ensemble says by itself, its members taken for draws from a normal distribution."""
    half = NormalDist().inv_cdf((1 + level) / 2) * spread
    return centre - half, centre + half


def judge(found: Judged, kind: str, truth: np.ndarray, ends: Callable[[float], Ends]) -> None:
    for level in LEVELS:
        low, high = ends(level)
        held = float(((low <= truth) & (truth <= high)).mean()), float((high - low).mean())
        found.setdefault(f"{kind}, {level}", []).append(held)


def unseen(checkpoint: str, table: str, column: str) -> Judged:
    """A network that has not seen the space; a few cells of it, drawn at random, calibrate, the others are asked."""
    data = cells_of(table)
    cells, truth = list(data.cells), data.truth(column)
    network = PretrainedGcn(space=data.scorer.space, checkpoint=checkpoint, sentence_model=None, leak="refuse")
    score, spread = network.predict(cells), network.uncertainty(cells)
    kinds = {"one width": Scores(cells, score), "widths by spread": Ensemble(cells, score, spread)}
    found: Judged = {}
    for size in SIZES:
        for seed in range(DIVISIONS):
            order = Streams(seed, f"e26/calibration/{len(cells)}").at(0).permutation(len(cells))
            known, asked = order[:size], order[size:]
            slope, intercept = np.polyfit(score[known], truth[known], 1)
            line = (intercept + slope * score[asked], abs(slope) * spread[asked])
            judge(found, f"{size}: line, members", truth[asked], lambda level, line=line: members(*line, level))
            for name, predictor in kinds.items():
                one = Calibrated(predictor=predictor, every=2)
                one.fit([cells[at] for at in known], truth[known])
                ends = ends_of(one, [cells[at] for at in asked])
                judge(found, f"{size}: calibrated, {name}", truth[asked], ends)
    return found


def learnt(table: str, column: str) -> Judged:
    """An ensemble that learns from the space itself, as in a search: 80 cells teach, 20 calibrate, others are asked."""
    data = cells_of(table)
    truth = data.truth(column)
    settings: dict[str, Any] = yaml.safe_load((ROOT / "conf/predictor/gcn.yaml").read_text(encoding="utf-8"))
    settings |= {"space": data.scorer.space, "members": 5, "target": "values"}
    settings.pop("_target_")
    found: Judged = {}
    for seed in range(LESSONS):
        order = Streams(seed, f"e26/calibration/{table}").at(0).permutation(len(truth))
        known, asked = order[:N_LEARNT], order[N_LEARNT : N_LEARNT + 500]
        inner = Gcn(**settings | {"seed": 10 * seed})
        one = Calibrated(predictor=inner, every=5)
        one.fit([data.cells[at] for at in known], truth[known])
        taught, cells = (
            truth[[at for number, at in enumerate(known) if number % 5 != 4]],
            [data.cells[at] for at in asked],
        )
        own = taught.mean() + taught.std() * inner.predict(cells), taught.std() * inner.uncertainty(cells)
        judge(found, "members", truth[asked], lambda level, own=own: members(*own, level))
        judge(found, "calibrated, widths by spread", truth[asked], ends_of(one, cells))
    return found


def ends_of(one: Calibrated, cells: Sequence[Architecture]) -> Callable[[float], Ends]:
    def ends(level: float) -> Ends:
        low, high = one.interval(cells, level).T
        return low, high

    return ends


def figures(found: Judged) -> dict[str, list[float]]:
    """Mean coverage with its 95 % bootstrap interval over divisions, and the mean width."""
    rows: dict[str, list[float]] = {}
    for kind, each in found.items():
        cover = bootstrap_interval([one[0] for one in each], Streams(0, "e26/calibration").at(0))
        width = float(np.mean([one[1] for one in each]))
        rows[kind] = [round(float(one), 4) for one in (cover.mean, cover.low, cover.high, width)]
    return rows


def main() -> None:
    torch.set_num_threads(1)
    whole: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.is_file() else {}
    cases = {f"{one[0]} on {one[1]} {one[2]}": partial(unseen, *one) for one in UNSEEN}
    cases |= {f"learnt from {N_LEARNT} cells of {one[0]} {one[1]}": partial(learnt, *one) for one in LEARNT}
    for name, case in cases.items():
        if name not in whole:
            whole[name] = figures(case())
            RESULT.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
        print(f"\n{name}")
        for kind, (cover, low, high, width) in whole[name].items():
            print(f"| {kind} | {cover:.3f} [{low:.3f}, {high:.3f}] | {width:.2f} |")


if __name__ == "__main__":
    main()
