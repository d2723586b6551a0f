"""How often track B should be shown TransNAS-Bench-101, and what to average; NAS-Bench-201 is never opened here.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/choose_average.py``. Writes
``results/choice_average.json``. Four kinds of hold-out, which count alike, each judged by Kendall's tau over all cells
plus tau within the best tenth, as the bar of the track is:

- *known*: all TransNAS cells were learnt by their scene accuracy; ranked for five other tasks;
- *new*: only the 729 without a 1x1 (or a 3x3) convolution were learnt; all 4,096 are ranked for six tasks;
- *DARTS*: NAS-Bench-101 and scenes were learnt;
- *NAS-Bench-101*: the DARTS pool and scenes were learnt.

Arms: one network for each weight of TransNAS, or the mean rank of several; with the rank of the live number of weights
at 0, half or the whole of that weight.
"""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from choose import BASE, DARTS, NB101, SEEDS
from tracks import RESULTS, SHAPE_KEYS, TRAINING_KEYS, Source, labelled, measured, ranks, scores

from nasray.analysis.rank_correlation import rank_correlation
from nasray.models.data_flow import DataFlow
from nasray.models.gcn import GcnShape
from nasray.models.gcn_training import GcnRecipe, train_gcn
from nasray.predictors.live_parameters import LiveParameters

TRANSNAS, SCENES = "transnas_micro", "class_scene_valid_25"
OTHERS = ("class_object_valid_25", "room_layout_valid_25", "jigsaw_valid_10", "segmentsemantic_valid_30")
TASKS = (SCENES, *OTHERS, "normal_valid_30")
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
ARMS = (*((one,) for one in WEIGHTS), (0.25, 2.0), (0.25, 4.0), (0.5, 2.0), (0.5, 4.0), WEIGHTS)
SIZES = (0.0, 0.5, 1.0)
KINDS = {"known": ("known",), "new": ("no 1x1", "no 3x3"), "DARTS": ("DARTS",), "NAS-Bench-101": ("NAS-Bench-101",)}
Judged = tuple[str, tuple[str, ...]]
"""Table, and the columns by which it is judged."""


def network(known: list[Source], weight: float, seed: int, without: int | None = None) -> Any:
    """One that learnt ``known`` and scenes, of cells that have no gene ``without``."""
    sources = [labelled(one, BASE) for one in known]
    scenes = labelled((TRANSNAS, SCENES, weight), BASE)
    cells = measured(TRANSNAS, BASE["wording"], True).cells
    rows = torch.from_numpy(np.array([without not in one.genes for one in cells]))
    kept = replace(scenes, flow=DataFlow(*(part[rows] for part in scenes.flow)), labels=scenes.labels[rows])
    shape = GcnShape(**{key: BASE[key] for key in SHAPE_KEYS})
    return train_gcn(shape, GcnRecipe(**{key: BASE[key] for key in TRAINING_KEYS}), [*sources, kept], seed)


def live(table: str) -> np.ndarray:
    data = measured(table, BASE["wording"], True)
    settings: dict[str, Any] = {"space": data.space, "input_shape": (3, 32, 32), "n_classes": 10}
    return ranks(LiveParameters(**settings).predict(data.cells))


def hold_outs(weight: float, seed: int) -> dict[str, np.ndarray]:
    """Name -> ranks of its cells by a network that has not seen it."""
    whole = network(NB101, weight, seed)
    found = {"known": (whole, TRANSNAS), "DARTS": (whole, DARTS[0])}
    found["no 1x1"] = network(NB101, weight, seed, 2), TRANSNAS
    found["no 3x3"] = network(NB101, weight, seed, 3), TRANSNAS
    found["NAS-Bench-101"] = network([DARTS], weight, seed), NB101[0][0]
    return {name: ranks(scores(*pair, BASE)) for name, pair in found.items()}


def judged(score: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Tau over all cells, and within the best tenth."""
    top = truth >= np.quantile(truth, 0.9)
    return tuple(rank_correlation(score[part], truth[part]).kendall for part in (slice(None), top))


def main() -> None:
    torch.set_num_threads(1)
    wide: Judged = (TRANSNAS, TASKS)
    tables: dict[str, Judged] = {"known": (TRANSNAS, TASKS[1:]), "no 1x1": wide, "no 3x3": wide}
    tables |= {"DARTS": (DARTS[0], DARTS[1:2]), "NAS-Bench-101": (NB101[0][0], NB101[0][1:2])}
    made = {(weight, seed): hold_outs(weight, seed) for weight in WEIGHTS for seed in SEEDS}
    size = {table: live(table) for table, _ in tables.values()}
    found: dict[str, Any] = {}
    for arm in ARMS:
        for share in SIZES:
            figures = {}
            for name, (table, columns) in tables.items():
                truths = [measured(table, BASE["wording"], True).column(column) for column in columns]
                each = [np.mean([made[one, seed][name] for one in arm], 0) + share * size[table] for seed in SEEDS]
                figures[name] = np.mean([judged(score, truth) for score in each for truth in truths], 0)
            kinds = {kind: np.mean([figures[name] for name in names], 0) for kind, names in KINDS.items()}
            mean = float(np.mean([pair.sum() for pair in kinds.values()]))
            text = f"weights {', '.join(map(str, arm))}; size {share}"
            found[text] = {"mean": round(mean, 4)} | {kind: pair.round(3).tolist() for kind, pair in kinds.items()}
    ordered = dict(sorted(found.items(), key=lambda item: -item[1]["mean"]))
    for name, one in ordered.items():
        print(name, one)
    (RESULTS / "choice_average.json").write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
