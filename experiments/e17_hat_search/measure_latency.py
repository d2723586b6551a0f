"""Measure what members of a hat space take on this CPU, and fit the model that limits the searches.

Run: ``python experiments/e17_hat_search/measure_latency.py``. A member encodes one sentence of 20 words and writes 20
words, one at a time, on one thread; counted is CPU time, median of 5, so that a busy machine disturbs little. Half of
the members are for the fit; the mean error on the others is printed and kept.
"""

import argparse
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from nasray.app.catalogs import space_named
from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import BEGIN, HatTransformer
from nasray.models.supernet_members import extreme
from nasray.predictors.hat_latency import fitted_weights, milliseconds

WORDS, REPEATS, VOCABULARY = 20, 5, 4_003


@torch.no_grad()
def translate_once(network: HatTransformer) -> None:
    source = torch.full((1, WORDS), 5)
    memory, past, last = network.encode(source), None, torch.full((1, 1), BEGIN)
    for _ in range(WORDS):
        logits, past = network.decode(last, memory, past)
        last = logits[:, -1:].argmax(-1)


def cpu_ms(network: HatTransformer) -> float:
    spent: list[float] = []
    for _ in range(REPEATS):
        start = time.process_time()
        translate_once(network)
        spent.append(1e3 * (time.process_time() - start))
    return median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="hat_small")
    parser.add_argument("--members", type=int, default=240)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results" / "latency.json")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    space: Any = space_named(asked.space)
    weights = torch.Generator().manual_seed(0)
    supernet = HatSupernet(extreme(space.choices, max), space.qkv_dim, VOCABULARY, 0.0, weights).eval()
    rng = np.random.default_rng(0)
    members = [space.sample(rng) for _ in range(asked.members)]
    translate_once(supernet.extract(space.shape(members[0])))  # the first one sets torch up
    found = np.array([cpu_ms(supernet.extract(space.shape(one))) for one in members])
    features = np.array([space.averaged_features(one) for one in members])
    half = len(members) // 2
    fit = fitted_weights(features[:half], found[:half])
    error = float(np.abs(milliseconds(fit, features[half:]) / found[half:] - 1).mean())
    facts = {
        "space": asked.space,
        "members": asked.members,
        "median_ms": round(float(np.median(found)), 3),
        "fastest_ms": round(float(found.min()), 3),
        "slowest_ms": round(float(found.max()), 3),
        "mean_relative_error": round(error, 4),
        "weights": fit.tolist(),
    }
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    asked.output.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: value for name, value in facts.items() if name != "weights"}))


if __name__ == "__main__":
    main()
