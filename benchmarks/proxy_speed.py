"""How fast a trained graph network scores the whole of NAS-Bench-201.

Run: ``python benchmarks/proxy_speed.py [CHECKPOINT]``. ``seconds``: from 15,625 architectures to 15,625 scores of one
network, embeddings of the operators warm, median of five runs. ``ratio_to_one_by_one``: against asking for each alone,
measured on every 25th in the same run. The ensemble of the checkpoint is measured too. Ends with one JSON line.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

from nasray.app.catalogs import space_named
from nasray.core.space import Enumerable, need
from nasray.predictors.pretrained_gcn import PretrainedGcn

ROUNDS, EVERY = 5, 25
BAR_SECONDS, BAR_RATIO = 0.5, 30.0


def seconds(call: Callable[[], object]) -> float:
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


def main() -> None:
    space = space_named("nasbench201")
    cells = [*need(space, Enumerable, "proxy_speed").enumerate()]
    checkpoint = sys.argv[1] if len(sys.argv) > 1 else "gcn_nasbench101_transnas"
    whole = PretrainedGcn(space=space, checkpoint=checkpoint, sentence_model=None, leak="refuse")
    one = whole.member(0)
    one.predict(cells[:64])
    together = statistics.median(seconds(lambda: one.predict(cells)) for _ in range(ROUNDS))
    ensemble = statistics.median(seconds(lambda: whole.predict(cells)) for _ in range(ROUNDS))
    some = cells[::EVERY]
    alone = seconds(lambda: [one.predict([cell]) for cell in some]) / len(some) * len(cells)
    figures = {
        "architectures": len(cells),
        "seconds": round(together, 4),
        "seconds_ensemble": round(ensemble, 4),
        "seconds_one_by_one": round(alone, 2),
        "ratio_to_one_by_one": round(alone / together, 1),
        "bar_seconds": BAR_SECONDS,
        "bar_ratio": BAR_RATIO,
    }
    print(f"bars: seconds < {BAR_SECONDS}, ratio_to_one_by_one > {BAR_RATIO:g}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
