"""How closely track B should fit TransNAS-Bench-101, judged by an operator that is new there.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/choose_fit.py``. NAS-Bench-201 is never opened
here. Its cells are those of TransNAS-Bench-101 with average pooling added, of which NAS-Bench-101 knows a relative.
So: learn NAS-Bench-101 and the 729 TransNAS cells without 1x1 convolutions, and rank all 4,096 by scene accuracy, or
only those with a 1x1 convolution. Writes ``results/choice_fit.json``.
"""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from choose import BASE, NB101
from tracks import RESULTS, SHAPE_KEYS, TRAINING_KEYS, labelled, measured, scores

from nasray.analysis.rank_correlation import rank_correlation
from nasray.models.data_flow import DataFlow
from nasray.models.gcn import GcnShape
from nasray.models.gcn_training import GcnRecipe, train_gcn
from nasray.predictors.live_parameters import LiveParameters

TABLE, COLUMN = "transnas_micro", "class_scene_valid_25"
LEFT_OUT = 2
"""The gene of the 1x1 convolution."""

ARMS: dict[str, dict[str, Any]] = {
    "weight 0.5": {"weight": 0.5},
    "weight 4": {"weight": 4.0},
    "weight 4, no dropout": {"weight": 4.0, "dropout": 0.0},
    "weight 4, 3 layers": {"weight": 4.0, "layers": 3},
    "weight 4, mse": {"weight": 4.0, "loss": "mse"},
    "weight 4, pairwise": {"weight": 4.0, "loss": "pairwise"},
    "weight 4, no norm": {"weight": 4.0, "node_norm": "none"},
}


def main() -> None:
    torch.set_num_threads(1)
    data = measured(TABLE, BASE["wording"], True)
    truth = data.column(COLUMN)
    has = np.array([LEFT_OUT in one.genes for one in data.cells])
    images: dict[str, Any] = {"space": data.space, "input_shape": (3, 64, 64), "n_classes": 10}
    control = LiveParameters(**images).predict(data.cells)
    parts = {"all": np.ones(len(has), bool), "new operator": has, "best tenth": truth >= np.quantile(truth, 0.9)}
    found = {"live #params": {name: judged(control, truth, rows) for name, rows in parts.items()}}
    print("live #params", found["live #params"], flush=True)
    for name, change in ARMS.items():
        recipe = BASE | change
        whole = labelled((TABLE, COLUMN, recipe["weight"]), recipe)
        rows = torch.from_numpy(~has)
        kept = replace(whole, flow=DataFlow(*(part[rows] for part in whole.flow)), labels=whole.labels[rows])
        model = train_gcn(
            GcnShape(**{key: recipe[key] for key in SHAPE_KEYS}),
            GcnRecipe(**{key: recipe[key] for key in TRAINING_KEYS}),
            [*(labelled(one, recipe) for one in NB101), kept],
            seed=100,
        )
        found[name] = {part: judged(scores(model, TABLE, recipe), truth, at) for part, at in parts.items()}
        print(name, found[name], flush=True)
    (RESULTS / "choice_fit.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def judged(score: np.ndarray, truth: np.ndarray, rows: np.ndarray) -> float:
    return round(rank_correlation(score[rows], truth[rows]).kendall, 3)


if __name__ == "__main__":
    main()
