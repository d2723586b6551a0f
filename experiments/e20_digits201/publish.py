"""From the log of ``measure.py`` to the trainings that are kept, and from these to the table that ships.

Run: ``python experiments/e20_digits201/publish.py --machine "2 cores of …" --commit …``. Written are, beside this
script, ``trainings.csv.gz``, one row a training, and in ``nasray/assets/digits201`` the table of their means, its seal
and a card. Cells have the seeds of ``SEEDS`` in ``nasray/data/importers/digits201.py``, all of them: the best of
unsteady means look better than they are. Trainings with other seeds are for ``reliability.py``: ``other_seeds.csv.gz``.
What is printed last has the SHA-256 that is pinned beside ``SEEDS``.
"""

import argparse
import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

from log import read
from measure import LOG
from protocol import DIGITS, RECIPE, SPACE

from nasray.app.provenance import versions
from nasray.core.architecture import Architecture
from nasray.data.importers.digits201 import DIGITS201, HEADER, N_CELLS, SEEDS
from nasray.data.table_file import header_of, seal_path, sha256_of, write_table

TRAININGS = Path(__file__).with_name(DIGITS201.file_name)
OTHER_SEEDS = Path(__file__).with_name("other_seeds.csv.gz")


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


def write_means(trainings: Path, table: Path) -> None:
    """The means of ``trainings`` as a table with its seal."""
    rows = DIGITS201.read(trainings, SPACE).in_order()
    table.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, header_of(DIGITS201, trainings, rows, SPACE), rows)


def card_of(lines: list[dict[str, Any]], table: Path, commit: str, machine: str) -> dict[str, Any]:
    """Where the table comes from."""
    return {
        "name": DIGITS201.name,
        "command": f"python experiments/e20_digits201/measure.py --seeds {' '.join(map(str, SEEDS))}",
        "commit": commit,
        "machine": machine,
        "versions": versions(),
        "cells": N_CELLS,
        "seeds": SEEDS,
        "space": {"channels": SPACE.channels, "cells_per_stage": SPACE.cells_per_stage},
        "images": {"n_train": DIGITS.n_train, "n_valid": DIGITS.n_valid, "seed": DIGITS.seed},
        "recipe": vars(RECIPE),
        "cannot_carry": "which cell is best, rankings within the best tenth, regrets as statements about architectures",
        "cpu_seconds_of_training": round(sum(line["seconds"][-1] for line in lines)),
        "sha256": json.loads(seal_path(table).read_bytes())["sha256"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, default=LOG, help=f"where trainings were logged ({LOG})")
    parser.add_argument("--machine", required=True, help="what it was measured on, for the card")
    parser.add_argument("--commit", required=True, help="of the code that measured, for the card")
    asked, table = parser.parse_args(), DIGITS201.shipped
    assert table is not None
    logged = list(read(asked.log))
    lines = [line for line in logged if line["seed"] in SEEDS]
    if len(lines) != N_CELLS * len(SEEDS):
        sys.exit(f"{asked.log} has {len(lines)} of {N_CELLS * len(SEEDS)} trainings: run measure.py again")
    TRAININGS.write_bytes(packed(lines))
    OTHER_SEEDS.write_bytes(packed([line for line in logged if line["seed"] not in SEEDS]))
    write_means(TRAININGS, table)
    card = card_of(lines, table, asked.commit, asked.machine)
    table.with_name("card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({"bytes": table.stat().st_size, "sha256": sha256_of(TRAININGS)}))


if __name__ == "__main__":
    main()
