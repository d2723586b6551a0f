"""Which combination of network and proxies returns the best cells, by two hold-outs; NAS-Bench-201 is not opened here.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e09_tgnas_tracks/choose_returned.py``. Writes
``results/choice_returned.json``. Hold-outs and combinations are those of ``choose_proxies.py``. The rule, fixed before
it was run: the combination whose ``BEST`` first cells have the highest mean relative rank by accuracy (1 is the best
cell of the hold-out), averaged over the two hold-outs; single first cells are shown beside it.
"""

import json
from itertools import combinations

import numpy as np
import torch
from choose_proxies import CANDIDATES, darts, nasbench101
from tracks import RESULTS, ranks

from nasray.analysis.ranking_quality import relative_ranks

BEST = 5


def figures(score: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean relative rank of the first ``BEST`` cells, and that of the very first."""
    first = np.argsort(-score, kind="stable")[:BEST]
    found = relative_ranks(truth)[first]
    return float(found.mean()), float(found[0])


def main() -> None:
    torch.set_num_threads(1)
    held = {"NAS-Bench-101": nasbench101(), "DARTS pool": darts()}
    found = {}
    for n in range(4):
        for names in combinations(CANDIDATES, n):
            each = []
            for score, truth, proxies in held.values():
                used = [ranks(proxies[name]) for name in names if name in proxies]
                each.append(figures(np.mean([ranks(score), *used], axis=0), truth))
            found[" + ".join(("network", *names))] = {
                "mean": round(float(np.mean([one[0] for one in each])), 4),
                "hold_outs": {name: [round(x, 4) for x in one] for name, one in zip(held, each, strict=True)},
            }
    ordered = dict(sorted(found.items(), key=lambda item: -item[1]["mean"]))
    for name, one in [*ordered.items()][:10]:
        print(name, one)
    print("network", found["network"], {name: len(one[0]) for name, one in held.items()})
    (RESULTS / "choice_returned.json").write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
