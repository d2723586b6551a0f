"""Compares recipes by leaving one space out; NAS-Bench-201 is never opened here.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/choose.py``. Writes ``results/choice.json``; what
is chosen is written into ``recipe.json`` by hand, with the other settings.

Track A is judged by the mean Kendall's tau of a network that learnt NAS-Bench-101 on three hold-outs: TransNAS scenes,
TransNAS objects, and the DARTS pool. The tasks of track B are judged by the DARTS pool (having learnt NAS-Bench-101 and
the tasks) and by the 292 cells of NAS-Bench-101 (having learnt the tasks and the DARTS pool).
"""

import json
from typing import Any

import numpy as np
import torch
from tracks import RESULTS, Source, measured, scores, train

from nasray.analysis.rank_correlation import rank_correlation

BASE: dict[str, Any] = {
    "wording": "short",
    "data_flow": True,
    "width": 32,
    "layers": 2,
    "both_directions": True,
    "normalisation": "none",
    "node_norm": "layer",
    "readout": "sum",
    "dropout": 0.2,
    "epochs": 40,
    "batch_size": 128,
    "learning_rate": 0.005,
    "weight_decay": 0.01,
    "loss": "listwise",
}
ARMS: dict[str, dict[str, Any]] = {
    "base": {},
    "pairwise": {"loss": "pairwise"},
    "mse": {"loss": "mse"},
    "no norm": {"node_norm": "none"},
    "symmetric": {"normalisation": "symmetric"},
    "medium": {"wording": "medium"},
    "long": {"wording": "long"},
    "one-hot": {"wording": "one_hot"},
    "graph as it is": {"data_flow": False},
}
NB101: list[Source] = [("nasbench101_500", "cifar10_valid_108", 5.0), ("nasbench101_small", "cifar10_valid_4", 0.25)]
DARTS: Source = ("darts_pool", "cifar10_valid_100", 0.5)
HOLD_OUTS = (("transnas_micro", "class_scene_valid_25"), ("transnas_micro", "class_object_valid_25"), DARTS[:2])
TASKS = {
    "none": [],
    "scene": ["class_scene_valid_25"],
    "scene and object": ["class_scene_valid_25", "class_object_valid_25"],
    "scene, object, jigsaw": ["class_scene_valid_25", "class_object_valid_25", "jigsaw_valid_10"],
}
SEEDS = (100, 101)
"""Not those of the tracks."""


def tau(model: Any, table: str, column: str, recipe: dict[str, Any]) -> float:
    truth = measured(table, recipe["wording"], recipe["data_flow"]).column(column)
    return rank_correlation(scores(model, table, recipe), truth).kendall


def main() -> None:
    torch.set_num_threads(1)
    found: dict[str, Any] = {"track A": {}, "track B": {}}
    for name, change in ARMS.items():
        recipe = BASE | change
        models = [train(NB101, recipe, seed) for seed in SEEDS]
        taus = np.array([[tau(model, *one, recipe) for one in HOLD_OUTS] for model in models])
        found["track A"][name] = {"taus": taus.mean(0).round(3).tolist(), "mean": round(float(taus.mean()), 3)}
        print(name, found["track A"][name], flush=True)
    for name, tasks in TASKS.items():
        learnt: list[Source] = [("transnas_micro", task, 0.5 / len(tasks)) for task in tasks]
        pair = [tau(train([*NB101, *learnt], BASE, SEEDS[0]), *DARTS[:2], BASE)]
        pair.append(tau(train([*learnt, DARTS], BASE, SEEDS[0]), *NB101[0][:2], BASE))
        found["track B"][name] = {"taus": [round(one, 3) for one in pair], "mean": round(float(np.mean(pair)), 3)}
        print(name, found["track B"][name], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "choice.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
