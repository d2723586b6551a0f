"""How fast members of a supernet are judged, cut out of its weights, against building a network for each.

Run: ``python benchmarks/supernet_speed.py [--space hat_small]``. Random members of the space, 64 made-up sentence
pairs of 5 to 25 words in batches of 2,048 tokens, one thread. The last line is one JSON object:
``evaluations_per_second`` with extraction, median of 3 rounds; ``naive_evaluations_per_second`` of the same members,
each built with random weights of its own, as one does who trains them one by one; ``ratio``, first to second,
median of the ratios of the rounds; ``extractions_per_second`` and ``naive_extractions_per_second`` without judging.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from statistics import median
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from nasray.app.catalogs import space_named
from nasray.models.hat_dimensions import HatDimensions
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import HatTransformer
from nasray.models.supernet_batches import Batches
from nasray.models.supernet_judging import mean_loss
from nasray.models.supernet_members import extreme

N_MEMBERS, ROUNDS, N_PAIRS, TOKENS, VOCABULARY = 24, 3, 64, 2_048, 4_003

Build = Callable[[HatDimensions], HatTransformer]


def pairs() -> Any:
    rng = np.random.default_rng(0)
    sentences = [rng.integers(0, VOCABULARY - 3, length).tolist() for length in rng.integers(5, 26, N_PAIRS)]
    return SimpleNamespace(source=sentences, target=sentences, references=[""] * N_PAIRS)


def seconds(build: Build, members: Sequence[HatDimensions], judge: Callable[[HatTransformer], object]) -> float:
    start = time.perf_counter()
    for member in members:
        judge(build(member))
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="hat_small")
    space: Any = space_named(parser.parse_args().space)
    torch.set_num_threads(1)
    rng, weights = np.random.default_rng(1), torch.Generator().manual_seed(0)
    supernet = HatSupernet(extreme(space.choices, max), space.qkv_dim, VOCABULARY, 0.0, weights).eval()
    batches = Batches(pairs(), TOKENS).in_order()

    def built(dims: HatDimensions) -> HatTransformer:
        return HatSupernet(dims, space.qkv_dim, VOCABULARY, 0.0, weights).network.requires_grad_(False).eval()

    rounds: list[tuple[float, float, float, float]] = []
    for _ in range(ROUNDS):
        members = [space.shape(space.sample(rng)) for _ in range(N_MEMBERS)]
        spent = [
            seconds(build, members, judge)
            for judge in (lambda network: mean_loss(network, batches), lambda _: None)
            for build in (supernet.extract, built)
        ]
        rounds.append((spent[0], spent[1], spent[2], spent[3]))
    ours, naive, cut, naive_cut = ([one[k] for one in rounds] for k in range(4))
    figures = {
        "evaluations_per_second": round(N_MEMBERS / median(ours), 2),
        "naive_evaluations_per_second": round(N_MEMBERS / median(naive), 2),
        "ratio": round(median(other / one for one, other in zip(ours, naive, strict=True)), 3),
        "extractions_per_second": round(N_MEMBERS / median(cut), 1),
        "naive_extractions_per_second": round(N_MEMBERS / median(naive_cut), 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
