"""Trains every distinct cell of NAS-Bench-201 on scikit-learn's digits, and goes on where it was stopped.

Run: ``OMP_NUM_THREADS=1 python experiments/e20_digits201/measure.py --seeds 0``. Every training is one line of the log;
kill the script as you like, and start it again with the same command. Cells come in one random order for all seeds, so
that an unfinished log holds a random sample.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import torch
from log import Log, read
from protocol import Measurer, distinct_cells

from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams

LOG = Path("runs/digits201.jsonl")


def in_order() -> list[Architecture]:
    """The distinct cells in the order in which they are measured."""
    cells = distinct_cells()
    return [cells[at] for at in Streams(0, "digits201 order").at(0).permutation(len(cells))]


def top(valid: Mapping[tuple[int, ...], float], n: int) -> list[Architecture]:
    """The cells with the highest values, in the order of all."""
    best = set(sorted(valid, key=lambda genes: (-valid[genes], genes))[:n])
    return [cell for cell in in_order() if cell.genes in best]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one training a cell and seed, in this order")
    parser.add_argument("--top", type=int, help="only so many cells, the best on VALID by seed 0")
    parser.add_argument("--first", type=int, help="only so many of these, the first in the order of measuring")
    parser.add_argument("--log", type=Path, default=LOG, help=f"where trainings are kept ({LOG})")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    log = Log(asked.log)
    done = {(tuple(line["genes"]), line["seed"]): line["correct"][-1][0] for line in read(asked.log)}
    valid = {genes: correct for (genes, seed), correct in done.items() if seed == 0}
    cells = (in_order() if asked.top is None else top(valid, asked.top))[: asked.first]
    measurer = Measurer()
    measurer.measure(cells[0], 0)  # torch is slow the first time, and seconds are recorded
    for seed in asked.seeds:
        for cell in cells:
            if (cell.genes, seed) not in done:
                weights, epochs = measurer.measure(cell, seed)
                log.append(
                    {
                        "genes": cell.genes,
                        "seed": seed,
                        "parameters": weights,
                        "correct": [epoch.correct for epoch in epochs],
                        "log_loss": [epoch.log_loss for epoch in epochs],
                        "seconds": [epoch.seconds for epoch in epochs],
                    }
                )


if __name__ == "__main__":
    main()
