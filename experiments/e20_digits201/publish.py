"""From the log of ``measure.py`` to what ships: ``nasray/assets/digits201/{trainings.csv.gz,card.json}``.

Run: ``python experiments/e20_digits201/publish.py --machine "2 cores of …"``. A seed that not every cell was trained
with is left out, unless it is one that ``--top`` gave to some cells (``--with-seeds``).
"""

import argparse
import csv
import gzip
import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from log import read
from measure import LOG
from protocol import DIGITS, RECIPE, SPACE

from nasray.app.provenance import commit, versions
from nasray.core.architecture import Architecture
from nasray.data.importers.digits201 import HEADER, N_CELLS, SHIPPED


def whole_seeds(lines: list[dict[str, Any]]) -> list[int]:
    """Seeds that every cell was trained with."""
    return sorted(seed for seed, n in Counter(line["seed"] for line in lines).items() if n == N_CELLS)


def row(line: dict[str, Any]) -> dict[str, Any]:
    """One training as the file has it."""
    values = {
        "arch": SPACE.to_text(Architecture(tuple(line["genes"]))),
        "seed": line["seed"],
        "parameters": line["parameters"],
    }
    for epoch, (correct, loss, seconds) in enumerate(
        zip(line["correct"], line["log_loss"], line["seconds"], strict=True), 1
    ):
        values |= {f"valid_correct_{epoch}": correct[0], f"test_correct_{epoch}": correct[1]}
        values |= {f"valid_log_loss_{epoch}": loss[0], f"test_log_loss_{epoch}": loss[1]}
        values[f"seconds_{epoch}"] = seconds
    return values


def packed(lines: list[dict[str, Any]]) -> bytes:
    """The rows, by cell and seed; equal trainings give equal bytes."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row(line) for line in sorted(lines, key=lambda line: (line["genes"], line["seed"])))
    return gzip.compress(text.getvalue().encode(), 9, mtime=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, default=LOG, help=f"where trainings were kept ({LOG})")
    parser.add_argument("--machine", required=True, help="what it was measured on, for the card")
    parser.add_argument("--measured-at", help="commit that measured; that of this checkout unless given")
    parser.add_argument("--with-seeds", type=int, nargs="*", default=[], help="also these, which only some cells have")
    asked = parser.parse_args()
    lines = list(read(asked.log))
    seeds = whole_seeds(lines)
    if not seeds:
        sys.exit(f"{asked.log} has {len(lines)} trainings; the first seed is not whole: run measure.py again")
    kept = [line for line in lines if line["seed"] in {*seeds, *asked.with_seeds}]
    card = {
        "name": "digits201",
        "command": f"python experiments/e20_digits201/measure.py --seeds {' '.join(map(str, seeds))}",
        "commit": asked.measured_at or commit()[0],
        "machine": asked.machine,
        "versions": versions(),
        "cells": N_CELLS,
        "trainings": len(kept),
        "seeds_of_all_cells": seeds,
        "seeds_of_some_cells": sorted({line["seed"] for line in kept} - set(seeds)),
        "space": {"channels": SPACE.channels, "cells_per_stage": SPACE.cells_per_stage},
        "images": {"n_train": DIGITS.n_train, "n_valid": DIGITS.n_valid, "seed": DIGITS.seed},
        "recipe": vars(RECIPE),
        "cpu_seconds_of_training": round(sum(line["seconds"][-1] for line in kept)),
    }
    SHIPPED.parent.mkdir(parents=True, exist_ok=True)
    SHIPPED.write_bytes(packed(kept))
    SHIPPED.with_name("card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({"trainings": len(kept), "seeds": seeds, "bytes": SHIPPED.stat().st_size}))


if __name__ == "__main__":
    main()
