"""Whether track C should leave the order of its best cells to track B, by four hold-outs.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/choose_reordered.py``. Writes
``results/choice_reordered.json``. C is the mean rank of B and the published proxies nwot and jacov. For every share,
the cells that C puts in its best share are ordered by B, above all others. The rule is that of ``choose_returned.py``:
the share whose five first cells have the highest mean relative rank by accuracy.

Hold-outs: the DARTS pool and NAS-Bench-101 as in ``choose_proxies.py`` (which has no nwot for the latter), and all
4,096 TransNAS cells when those with a 1x1 (or 3x3) convolution were not learnt, for six tasks. A TransNAS cell has the
proxies that were published for the same cell in the network of NAS-Bench-201; no accuracy of that space is read.
"""

import json
from typing import Any

import numpy as np
import torch
from choose import NB101, SEEDS
from choose_average import BASE, TASKS, TRANSNAS, live, network
from choose_proxies import darts, nasbench101
from choose_returned import figures
from tracks import RESULTS, measured, ranks, reordered, scores

from nasray.app.catalogs import default_catalog, space_named
from nasray.predictors.published_zero_cost import PublishedZeroCost

WEIGHTS = (0.5, 4.0)
PROXIES = ("nwot", "jacov")
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
Held = tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]
"""Ranks of B, ranks of the proxies, and the columns of accuracy."""


def transnas(without: int) -> Held:
    data = measured(TRANSNAS, BASE["wording"], True)
    space = space_named("nasbench201")
    table = default_catalog().open("nasbench201_features", space)
    proxies = [PublishedZeroCost(space=space, table=table, column=f"zc_c10_{name}") for name in PROXIES]
    nets = [network(NB101, weight, SEEDS[0], without) for weight in WEIGHTS]
    each = [*(ranks(scores(one, TRANSNAS, BASE)) for one in nets), live(TRANSNAS)]
    twins = [ranks(one.predict(data.cells)) for one in proxies]
    return ranks(np.mean(each, 0)), twins, [data.column(task) for task in TASKS]


def other(score: np.ndarray, truth: np.ndarray, proxies: dict[str, np.ndarray]) -> Held:
    return ranks(score), [ranks(proxies[name]) for name in PROXIES if name in proxies], [truth]


def main() -> None:
    torch.set_num_threads(1)
    held = {"no 1x1": transnas(2), "no 3x3": transnas(3)}
    held |= {"DARTS pool": other(*darts()), "NAS-Bench-101": other(*nasbench101())}
    found: dict[str, Any] = {}
    for share in SHARES:
        each = {}
        for name, (score, proxies, truths) in held.items():
            order = reordered(np.mean([score, *proxies], 0), score, share)
            each[name] = np.mean([figures(order, truth) for truth in truths], 0)
        mean = float(np.mean([one[0] for one in each.values()]))
        found[str(share)] = {"mean": round(mean, 4)} | {name: one.round(4).tolist() for name, one in each.items()}
        print(share, found[str(share)], flush=True)
    (RESULTS / "choice_reordered.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
