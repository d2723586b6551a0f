"""How fast the NAS-Bench-201 table opens and answers, and what it adds to a process.

Run: ``NASRAY_DATA_MIRROR=FOLDER python benchmarks/table_speed.py``. The last line is one JSON object:
``open_seconds`` from nothing to the first answer of an evaluator (index and Measurements included), ``added_rss_mb``
resident memory after the look-ups minus before opening (imports are counted before), ``lookups_per_second``
architecture in, Measurement out, in chunks of 512, median of 5 rounds, ``single_lookup_microseconds`` the same one at a
time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.data.catalog import Catalog
from nasray.data.table import Table
from nasray.evaluators.table import TableEvaluator
from nasray.spaces.nasbench201 import NasBench201

CHUNK = 512
N_LOOKUPS = 50 * CHUNK
N_SINGLE = 20_000
ROUNDS = 5


def import_table(folder: Path, mirror: Path) -> None:
    Catalog(folder=folder, mirror=mirror).open("nasbench201", NasBench201(channels=16, cells_per_stage=5))


def measure(folder: Path) -> dict[str, float]:
    space, rng, streams = NasBench201(channels=16, cells_per_stage=5), np.random.default_rng(0), Streams(0, "evaluator")
    proposals = [Proposal(slot, space.sample(rng)) for slot in range(N_LOOKUPS)]
    chunks = [proposals[at : at + CHUNK] for at in range(0, N_LOOKUPS, CHUNK)]
    process = psutil.Process()
    before = process.memory_info().rss
    start = time.perf_counter()
    table = Table.open(folder / "nasbench201.arrow")
    evaluator = TableEvaluator(table=table, dataset="cifar10", epochs=200, chunk_size=CHUNK)
    evaluator.evaluate(proposals[:1], streams)
    open_seconds = time.perf_counter() - start
    batched: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for chunk in chunks:
            evaluator.evaluate(chunk, streams)
        batched.append(N_LOOKUPS / (time.perf_counter() - start))
    start = time.perf_counter()
    for proposal in proposals[:N_SINGLE]:
        evaluator.evaluate((proposal,), streams)
    single = (time.perf_counter() - start) / N_SINGLE
    return {
        "open_seconds": round(open_seconds, 4),
        "added_rss_mb": round((process.memory_info().rss - before) / 2**20, 1),
        "lookups_per_second": round(median(batched)),
        "single_lookup_microseconds": round(single * 1e6, 2),
        "process_rss_mb": round(process.memory_info().rss / 2**20, 1),
        "rows": len(table),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mirror", type=Path, default=os.environ.get("NASRAY_DATA_MIRROR"), help="folder of source files"
    )
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.folder:
        import_table(args.folder, args.mirror)
        return
    if not args.mirror:
        sys.exit("table_speed needs the measured data: set NASRAY_DATA_MIRROR or give --mirror FOLDER")
    with tempfile.TemporaryDirectory() as folder:
        # The import runs in a process of its own: memory it frees would hide what opening the table adds.
        subprocess.run([sys.executable, __file__, "--mirror", str(args.mirror), "--folder", folder], check=True)
        figures = measure(Path(folder))
    print(f"bars: open < 0.5 s, added < 60 MB, > 200,000 look-ups a second ({N_LOOKUPS:,} look-ups, {ROUNDS} rounds)")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
