"""What large graphs cost the graph network: time and memory of the dense path, and of torch-geometric's sparse one.

Run: ``OMP_NUM_THREADS=1 python benchmarks/gcn_sizes.py``. 128 random graphs of 20 to 100 nodes with two sources a node,
the shape of the network that ships, one thread, each case in a process of its own. The last line is one JSON object,
for every CASE and SIZE ``CASE_us_SIZE``, microseconds of CPU a graph, median of 7 rounds, and ``CASE_peak_mib_SIZE``,
the peak of memory above what was there before; and ``largest_difference_SIZE`` between the scores of both paths. Cases:
``dense_score``; ``dense_step``, forward, backward and AdamW; ``sparse_score`` and ``sparse_step`` likewise of a batch
that is an edge list already; ``sparse_batching``, to write it as one; ``data_flow``, to resolve skips before either.
"""

import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from nasray.models.data_flow import data_flow
from nasray.models.gcn import Gcn, GcnShape
from nasray.models.ranking_loss import listwise
from nasray.models.sparse_gcn import SparseGcn, as_data

SIZES = (20, 40, 60, 80, 100)
N_GRAPHS, N_OPERATORS, EMBEDDING, ROUNDS = 128, 8, 384, 7
SOURCES = 2
CASES = ("dense_score", "dense_step", "sparse_score", "sparse_step", "sparse_batching", "data_flow")
TOLERANCE = 1e-4
SHAPE = GcnShape(
    width=32,
    layers=2,
    both_directions=True,
    normalisation="none",
    node_norm="layer",
    readout="sum",
    dropout=0.0,
)
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def graphs(size: int, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Mixtures and adjacencies: every node reads ``SOURCES`` earlier ones, perhaps twice the same."""
    operators = torch.randint(N_OPERATORS, (N_GRAPHS, size), generator=rng)
    adjacency = torch.zeros(N_GRAPHS, size, size)
    for node in range(1, size):
        sources = torch.randint(node, (N_GRAPHS, SOURCES), generator=rng)
        adjacency[:, :, node].scatter_(1, sources, 1.0)
    return torch.nn.functional.one_hot(operators, N_OPERATORS).float(), adjacency


def mib(field: str) -> float:
    """Resident memory now (``VmRSS``) or at most since the last reset (``VmHWM``)."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text(encoding="utf-8").splitlines())
    return int(lines[field].split()[0]) / 1024


def measured(call: Callable[[], object]) -> tuple[float, float]:
    """Microseconds of CPU a graph, and the peak of memory in MiB."""
    RESET.write_text("5", encoding="ascii")
    before = mib("VmRSS")
    call()
    peak = mib("VmHWM") - before
    seconds: list[float] = []
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds) / N_GRAPHS * 1e6, peak


def call_of(case: str, mixture: torch.Tensor, adjacency: torch.Tensor) -> Callable[[], object]:
    """What is measured; everything that is not is made here."""
    if case == "data_flow":
        return lambda: data_flow(mixture, adjacency, [], [0])
    if case == "sparse_batching":
        return lambda: as_data(mixture, adjacency, with_global=False)
    dense, sparse = networks()
    batch = as_data(mixture, adjacency, with_global=False) if case.startswith("sparse") else None
    optimiser = torch.optim.AdamW((dense if batch is None else sparse).parameters())
    table, labels = embeddings(), torch.linspace(0, 1, len(mixture))

    def score() -> torch.Tensor:
        return dense(mixture, adjacency, table) if batch is None else sparse.score(batch, table)

    def step() -> None:
        optimiser.zero_grad()
        listwise(score(), labels).backward()
        optimiser.step()

    return step if case.endswith("step") else torch.no_grad()(score)


def networks() -> tuple[Gcn, SparseGcn]:
    """Both paths with the same weights."""
    return tuple(kind(SHAPE, EMBEDDING, 0, torch.Generator().manual_seed(0)) for kind in (Gcn, SparseGcn))


def embeddings() -> torch.Tensor:
    return torch.randn(N_OPERATORS, EMBEDDING, generator=torch.Generator().manual_seed(1)) / EMBEDDING**0.5


def figures_of(size: int, case: str, answer: Connection) -> None:
    """One case, in a process of its own, since memory that was freed before would hide what is taken."""
    torch.set_num_threads(1)
    mixture, adjacency = graphs(size, torch.Generator().manual_seed(size))
    call_of(case, mixture[:2], adjacency[:2])()  # the first call sets torch up
    answer.send(measured(call_of(case, mixture, adjacency)))


def in_a_process(size: int, case: str) -> tuple[float, float]:
    """Forked, so that torch is not loaded anew."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=figures_of, args=(size, case, there))
    process.start()
    there.close()
    found = here.recv()
    process.join()
    return found


def largest_difference(size: int) -> float:
    """Between the scores of both paths.

    Raises:
        SystemExit: They are not the same.
    """
    mixture, adjacency = graphs(size, torch.Generator().manual_seed(size))
    with torch.no_grad():
        first, second = (one(mixture, adjacency, embeddings()) for one in networks())
    found = float((first - second).abs().max())
    if found > TOLERANCE:
        raise SystemExit(f"scores of {size} nodes differ by {found:g}")
    return found


def main() -> None:
    torch.set_num_threads(1)
    figures = {
        f"{case}_{unit}_{size}": value
        for size in SIZES
        for case in CASES
        for unit, value in zip(("us", "peak_mib"), in_a_process(size, case), strict=True)
    }
    figures |= {f"largest_difference_{size}": largest_difference(size) for size in SIZES}
    print("| nodes | " + " | ".join(f"{case} us / MiB" for case in CASES) + " |")
    for size in SIZES:
        pairs = (f"{figures[f'{case}_us_{size}']:.0f} / {figures[f'{case}_peak_mib_{size}']:.1f}" for case in CASES)
        print(f"| {size} | " + " | ".join(pairs) + " |")
    print(json.dumps({"graphs": N_GRAPHS, **{name: float(f"{value:.4g}") for name, value in figures.items()}}))


if __name__ == "__main__":
    main()
