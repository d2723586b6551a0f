"""How long each zero-cost proxy takes on one architecture.

Run: ``OMP_NUM_THREADS=1 python benchmarks/zero_cost_seconds.py [CELLS]``. Random NAS-Bench-201 cells on the benchmark's
networks (C = 16, N = 5), 64 images of 3 x 32 x 32, torch with one thread; processor seconds, building the network
included. The last line is one JSON object: ``seconds``, the mean by proxy, and ``cells``.
"""

import json
import sys
import time

import torch

from nasray.core.seeds import Streams
from nasray.models.zero_cost.proxies import PROXIES, zero_cost_score
from nasray.spaces.nasbench201 import NasBench201

CELLS = 5
BATCH_SIZE, SHAPE, N_CLASSES = 64, (3, 32, 32), 10


def main() -> None:
    n_cells = int(sys.argv[1]) if len(sys.argv) > 1 else CELLS
    torch.set_num_threads(1)
    space = NasBench201(channels=16, cells_per_stage=5)
    rng = Streams(0, "benchmark").at(0)
    plans = [space.plan(space.sample(rng), SHAPE, N_CLASSES) for _ in range(n_cells)]
    images = torch.randn((BATCH_SIZE, *SHAPE), generator=torch.Generator().manual_seed(0))
    labels = torch.arange(BATCH_SIZE) % N_CLASSES
    seconds: dict[str, float] = {}
    for name in PROXIES:
        start = time.process_time()
        for plan in plans:
            zero_cost_score(name, plan, (images, labels), "torch", 0)
        seconds[name] = round((time.process_time() - start) / n_cells, 3)
        print(f"{name:<15}{seconds[name]:>8.3f} s")
    print(json.dumps({"seconds": seconds, "cells": n_cells}))


if __name__ == "__main__":
    main()
