"""Which published proxies to add to the network of track B, by two hold-outs; NAS-Bench-201 is never opened here.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/choose_proxies.py``. Writes
``results/choice_proxies.json``. Hold-outs: the DARTS pool with a network that learnt NAS-Bench-101 and TransNAS scenes
and objects, and the cells of NAS-Bench-101 with one that learnt TransNAS and the DARTS pool.
"""

import json
import os
from ast import literal_eval
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from choose import BASE, DARTS, NB101, SEEDS
from pyarrow import parquet
from tracks import RESULTS, Source, measured, ranks, scores, train

from nasray.analysis.rank_correlation import rank_correlation

CANDIDATES = ("params", "synflow", "l2_norm", "grad_norm", "jacov", "nwot")
TASKS: list[Source] = [("transnas_micro", f"class_{name}_valid_25", 0.25) for name in ("scene", "object")]
CODES = {0: "input", 1: "output", 2: "maxpool3x3", 3: "conv1x1-bn-relu", 4: "conv3x3-bn-relu"}


def published(file_name: str) -> dict[str, list]:
    return parquet.read_table(Path(os.environ["NASRAY_DATA_MIRROR"]) / file_name).to_pydict()


def nasbench101() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Scores of the network, labels, proxies; one row a cell."""
    model = train([*TASKS, DARTS], BASE, SEEDS[0])
    data = measured(NB101[0][0], BASE["wording"], True)
    score = dict(zip(data.cells, scores(model, NB101[0][0], BASE), strict=True))
    raw = published("nasbench101_500_cells.parquet")
    at = {}
    for row, text in enumerate(raw["arch"]):
        numbers = literal_eval(text)
        matrix = [numbers[i : i + 7] for i in range(0, 49, 7)]
        at[data.space.canonical(data.space.from_matrix(matrix, [CODES[code] for code in numbers[49:]]))] = row
    cells = [*at]
    truth = dict(zip(data.cells, data.column(NB101[0][1]), strict=True))
    proxies = {name: np.array(raw[name], float)[[at[one] for one in cells]] for name in CANDIDATES if name in raw}
    return np.array([score[one] for one in cells]), np.array([truth[one] for one in cells]), proxies


def darts() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Likewise; cells without nwot are left out."""
    model = train([*NB101, *TASKS], BASE, SEEDS[0])
    data = measured(DARTS[0], BASE["wording"], True)
    score = dict(zip(data.cells, scores(model, DARTS[0], BASE), strict=True))
    truth = dict(zip(data.cells, data.column(DARTS[1]), strict=True))
    raw = published("nasbench301_surrogate_1225_cells.parquet")
    at = {}
    by_value = {round(value, 4): cell for cell, value in truth.items()}
    for row, value in enumerate(raw["val_accuracy"]):
        cell = by_value.get(round(value, 4))
        if cell is not None and raw["nwot"][row] is not None and np.isfinite(raw["nwot"][row]):
            at[cell] = row
    cells = [*at]
    proxies = {name: np.array(raw[name], float)[[at[one] for one in cells]] for name in CANDIDATES}
    return np.array([score[one] for one in cells]), np.array([truth[one] for one in cells]), proxies


def main() -> None:
    torch.set_num_threads(1)
    held = {"NAS-Bench-101": nasbench101(), "DARTS pool": darts()}
    found = {}
    for n in range(4):
        for names in combinations(CANDIDATES, n):
            taus = []
            for score, truth, proxies in held.values():
                used = [ranks(proxies[name]) for name in names if name in proxies]
                taus.append(rank_correlation(np.mean([ranks(score), *used], axis=0), truth).kendall)
            found[" + ".join(("network", *names))] = [round(float(np.mean(taus)), 3), *(round(one, 3) for one in taus)]
    ordered = dict(sorted(found.items(), key=lambda item: -item[1][0]))
    for name, figures in [*ordered.items()][:10]:
        print(name, figures)
    print("network alone", found["network"], {name: len(one[0]) for name, one in held.items()})
    (RESULTS / "choice_proxies.json").write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
