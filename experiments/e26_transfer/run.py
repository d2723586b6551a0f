"""Trains what is missing: one line a network in ``results/trainings.jsonl``; NAS-Bench-201's labels are not opened.

Run: ``NASRAY_DATA_MIRROR=FOLDER OMP_NUM_THREADS=1 python experiments/e26_transfer/run.py SCORES``. In the folder SCORES
the scores of NAS-Bench-201's cells by the networks of the first part are kept for ``look.py``.
"""

import json
import sys
import time
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from networks import RECIPE_SHA256, scores
from trainings import FEWER_SEEDS, operator_trainings, share_trainings, space_trainings, task_trainings

LINES = Path(__file__).with_name("results") / "trainings.jsonl"


def main() -> None:
    torch.set_num_threads(1)
    kept = Path(sys.argv[1])
    kept.mkdir(parents=True, exist_ok=True)
    lines = LINES.read_text(encoding="utf-8").splitlines() if LINES.is_file() else []
    done = {(one["part"], one["arm"], one["seed"]) for one in map(json.loads, lines)}
    others = (part(seed) for seed in FEWER_SEEDS for part in (space_trainings, operator_trainings))
    tasks = (task_trainings(seed) for seed in FEWER_SEEDS)
    for training in chain(share_trainings(), *others, *tasks):
        key = (training.part, training.arm, training.seed)
        if key in done:
            continue
        before = time.process_time()
        model = training.network()
        seconds = time.process_time() - before
        if training.part == "share" or training.arm == "NAS-Bench-201":
            np.save(kept / f"{training.arm}, {training.seed}.npy", scores(model, "nasbench201"))
        line = dict(zip(("part", "arm", "seed"), key, strict=True)) | {
            "cpu_seconds": round(seconds, 2),
            "judged": training.judge(model),
            "recipe_sha256": RECIPE_SHA256[:12],
        }
        with LINES.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
