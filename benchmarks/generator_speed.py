"""How fast the shipped GPT writes NAS-Bench-101 cells, and whether what it writes can be used as it is.

Run: ``python benchmarks/generator_speed.py``. 1,000 cells from nothing, batches of 256, temperature 0.7, no grammar
and no repair, on as many threads as ``--threads`` says. The last line is one JSON object: ``ms_per_architecture``
median of 3 rounds, loading apart; ``valid_fraction`` of all; ``distinct_fraction``, isomorphism classes of valid cells
over all; ``rebuild_ms_per_architecture`` the same for populations of 30 that lost 4 of 10 vertices, with the batches
and the temperature of ``conf/generator/gpt.yaml``.
"""

import argparse
import json
import time
from statistics import median

import numpy as np
import torch

from nasray.core.errors import InvalidArchitecture
from nasray.generators.gpt import Gpt
from nasray.spaces.nasbench101 import NasBench101

N_WANTED, ROUNDS = 1_000, 3
TEMPERATURE = 0.7
POPULATION, RATE, GENERATIONS = 30, 0.4, 10


def is_valid(space: NasBench101, cell: object) -> bool:
    try:
        space.validate(cell)
    except InvalidArchitecture:
        return False
    return True


def generator(space: NasBench101, batch_size: int, temperature: float) -> Gpt:
    return Gpt(
        space=space,
        checkpoint=None,
        weights="pretrained",
        seed=0,
        temperature=temperature,
        top_k=0,
        share=0.5,
        batch_size=batch_size,
        input_shape=(3, 32, 32),
        adapt_epochs=0,
        adapt_learning_rate=1e-4,
        leak="refuse",
    )


def rebuild_seconds(space: NasBench101) -> float:
    """Seconds a member of a population."""
    gpt, rng = generator(space, batch_size=32, temperature=1.0), np.random.default_rng(1)
    population = [space.sample(rng) for _ in range(POPULATION)]
    n_units = len(space.unit_layers(population[0]))
    start = time.perf_counter()
    for number in range(GENERATIONS):
        masks = (rng.random((POPULATION, n_units)) < RATE).tolist()
        rngs = [np.random.default_rng([number, member]) for member in range(POPULATION)]
        population = [space.repair(one, rng) for one in gpt.rebuild(population, masks, rngs)]
    return (time.perf_counter() - start) / (POPULATION * GENERATIONS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    space = NasBench101(channels=16, stacks=3, cells_per_stack=1, max_vertices=7)
    gpt = generator(space, batch_size=256, temperature=TEMPERATURE)
    gpt.propose([], 256, np.random.default_rng(0))  # the first call sets torch up
    seconds: list[float] = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        proposed = gpt.propose([], N_WANTED, np.random.default_rng(0))
        seconds.append(time.perf_counter() - start)
    valid = [one for one in proposed if is_valid(space, one)]
    print("bars: at most 6 ms an architecture, at least 0.997 valid, at least 0.987 distinct")
    figures = {
        "ms_per_architecture": round(1e3 * median(seconds) / N_WANTED, 3),
        "valid_fraction": len(valid) / N_WANTED,
        "distinct_fraction": len({space.canonical(one) for one in valid}) / N_WANTED,
        "rebuild_ms_per_architecture": round(1e3 * rebuild_seconds(space), 3),
        "temperature": TEMPERATURE,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
