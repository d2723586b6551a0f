"""How fast the NAS-Bench-201 table and one of NAS-Bench-101's size open and answer, and what they add to a process.

Run: ``NASRAY_DATA_MIRROR=FOLDER python benchmarks/table_speed.py``. The last line is one JSON object:
``open_seconds`` from nothing to the first answer of an evaluator (index and Measurements included), ``added_rss_mb``
resident memory after the look-ups minus before opening (imports are counted before), ``lookups_per_second``
architecture in, Measurement out, in chunks of 512, median of 5 rounds, ``single_lookup_microseconds`` the same one at a
time. The same of a synthetic table as large as NAS-Bench-101, 423,624 rows of 26 genes and 4 columns, opened in a
process of its own: ``large_open_seconds``, ``large_added_rss_mb``, ``large_lookups_per_second``,
``large_single_lookup_microseconds``, ``large_rows``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import pyarrow as pa

from nasray.core.architecture import Architecture
from nasray.core.measurement import Split
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.data.catalog import Catalog
from nasray.data.column import Column
from nasray.data.rows import Rows
from nasray.data.table import Table
from nasray.data.table_file import write_table
from nasray.data.table_header import TableHeader
from nasray.evaluators.table import TableEvaluator
from nasray.spaces.nasbench201 import NasBench201

CHUNK = 512
N_LOOKUPS = 50 * CHUNK
N_SINGLE = 20_000
ROUNDS = 5
LARGE_ROWS = 423_624


def import_table(folder: Path, mirror: Path) -> None:
    Catalog(folder=folder, mirror=mirror).open("nasbench201", NasBench201(channels=16, cells_per_stage=5))


def write_large(path: Path) -> None:
    """A table as large as NAS-Bench-101: random genes, random values."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, [*[2] * 21, *[4] * 5], (LARGE_ROWS * 2, 26)).astype(np.int8)
    genes = np.unique(drawn, axis=0)[:LARGE_ROWS]
    columns = tuple(
        Column(
            dataset="toy", split=split, epochs=epochs, quantity="accuracy", unit="%", direction="higher", seeds="none"
        )
        for epochs in (36, 108)
        for split in Split
    )
    values = {column.name: rng.random(LARGE_ROWS) * 100 for column in columns}
    header = TableHeader(
        name="large",
        space="nasbench101",
        provenance="random",
        licence="none",
        source_sha256="",
        columns=columns,
        witnesses=(),
    )
    write_table(path, header, Rows(genes, values))


def measure_small(folder: Path) -> dict[str, float]:
    space, rng = NasBench201(channels=16, cells_per_stage=5), np.random.default_rng(0)
    asked = [space.sample(rng) for _ in range(N_LOOKUPS)]
    return measure(folder / "nasbench201.arrow", "cifar10", 200, asked)


def measure_large(folder: Path) -> dict[str, float]:
    path = folder / "large.arrow"
    genes = pa.ipc.open_file(str(path)).get_batch(0).column("genes")
    rows = np.random.default_rng(1).integers(0, len(genes), N_LOOKUPS)
    asked = [Architecture(tuple(genes[int(row)].as_py())) for row in rows]
    return measure(path, "toy", 108, asked)


def measure(path: Path, dataset: str, epochs: int, asked: list[Architecture]) -> dict[str, float]:
    streams = Streams(0, "evaluator")
    proposals = [Proposal(slot, architecture) for slot, architecture in enumerate(asked)]
    chunks = [proposals[at : at + CHUNK] for at in range(0, N_LOOKUPS, CHUNK)]
    process = psutil.Process()
    before = process.memory_info().rss
    start = time.perf_counter()
    table = Table.open(path)
    evaluator = TableEvaluator(
        table=table, dataset=dataset, epochs=epochs, chunk_size=CHUNK, columns=(), columns_table=None
    )
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


def prepare(folder: Path, mirror: Path) -> dict[str, float]:
    import_table(folder, mirror)
    write_large(folder / "large.arrow")
    return {}


STEPS: dict[str, Callable[[Path, Path], dict[str, float]]] = {
    "prepare": prepare,
    "small": lambda folder, _: measure_small(folder),
    "large": lambda folder, _: {f"large_{name}": value for name, value in measure_large(folder).items()},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--mirror", type=Path, default=os.environ.get("NASRAY_DATA_MIRROR"), help="folder of source files"
    )
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        print(json.dumps(STEPS[args.step](args.folder, args.mirror)))
        return
    if not args.mirror:
        sys.exit("table_speed needs the measured data: set NASRAY_DATA_MIRROR or give --mirror FOLDER")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        # Each step runs in a process of its own: memory that one frees would hide what the next one adds.
        for step in STEPS:
            command = [sys.executable, __file__, "--mirror", str(args.mirror), "--folder", folder, "--step", step]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            figures |= json.loads(done.stdout)
    print(f"bars: open < 0.5 s, added < 60 MB, > 200,000 look-ups a second ({N_LOOKUPS:,} look-ups, {ROUNDS} rounds)")
    print(f"bars of {LARGE_ROWS:,} rows: open < 1 s, added < 100 MB")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
