"""How fast a search over a table runs in the simulator, on one core.

Run: ``NASRAY_DATA_MIRROR=FOLDER python benchmarks/simulator_speed.py``. Regularized evolution (population 10,
tournament 5) on NAS-Bench-201, 20,000 evaluations, width 1 and 64, median of 3 runs each, with a journal on disk
(not forced to it, as in ``nasray run executor=simulator``). The last line is one JSON object:
``evaluations_per_second`` is the lower of ``width_1`` and ``width_64``; ``bare_loop`` is the same search written as
one loop over a dictionary, for scale.
"""

import json
import random
import tempfile
import time
from collections import deque
from pathlib import Path
from statistics import median

from nasray.core.budget import Budget
from nasray.core.seeds import Streams
from nasray.records.journal import Journal
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution

from measured_table import evaluator_factory  # isort: skip - the neighbour file

EVALUATIONS = 20_000
POPULATION, TOURNAMENT = 10, 5  # those of the golden figures
ROUNDS = 3


def search_seconds(width: int, folder: Path) -> float:
    space = NasBench201(channels=16, cells_per_stage=5)
    factory = evaluator_factory(space)
    evaluator = factory()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        start = time.perf_counter()
        search = Search(
            space=space,
            strategy=RegularizedEvolution(space=space, population_size=POPULATION, tournament_size=TOURNAMENT),
            budget=Budget(evaluations=EVALUATIONS),
            width=width,
            seed=0,
            log=Journal(Path(scratch) / "journal.jsonl", fsync=False),
        )
        Simulator(workers=1).run(search, lambda: evaluator, Streams(0, "evaluator"))
        return time.perf_counter() - start


def bare_loop_seconds() -> float:
    """Regularized evolution as a script would write it: no records, no objects, one global random stream."""
    space = NasBench201(channels=16, cells_per_stage=5)
    evaluator = evaluator_factory(space)()
    values = dict(zip(evaluator.table.index, evaluator.table.column("cifar10_valid_200").tolist(), strict=True))
    rng = random.Random(0)
    start = time.perf_counter()
    population: deque[tuple[float, tuple[int, ...]]] = deque(maxlen=POPULATION)
    for slot in range(EVALUATIONS):
        if slot < POPULATION:
            genes = tuple(rng.randrange(5) for _ in range(6))
        else:
            _, parent = max(population[rng.randrange(POPULATION)] for _ in range(TOURNAMENT))
            edge = rng.randrange(6)
            genes = (*parent[:edge], (parent[edge] + rng.randrange(1, 5)) % 5, *parent[edge + 1 :])
        population.append((values[genes], genes))
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rates = {
            f"width_{width}": round(EVALUATIONS / median(search_seconds(width, Path(folder)) for _ in range(ROUNDS)))
            for width in (1, 64)
        }
    bare = round(EVALUATIONS / median(bare_loop_seconds() for _ in range(ROUNDS)))
    print("bar: > 30,000 evaluations a second on one core")
    print(json.dumps({"evaluations_per_second": min(rates.values()), **rates, "bare_loop": bare}))


if __name__ == "__main__":
    main()
