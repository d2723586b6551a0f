"""Does a GPT predict the next layer better than counting does, and what are its samples worth?

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e05_next_layer/analyse.py [cells] [humans] [samples]``. Prints the
tables of ``README.md`` and writes ``results/PART.json`` for each part; all three parts without arguments. One core.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from corpora import CELLS101, CELLS201, sampled_cells, withheld
from layer_corpora import Sequenced, cell_network, human_sequences, ids_of, vocabulary
from ngram import Ngram
from numpy.typing import NDArray
from pretrain import ON_CELLS, SEED, shape_of, taught

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.app.catalogs import default_catalog
from nasray.app.provenance import commit
from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture
from nasray.core.predictor import Generator
from nasray.core.space import SearchSpace
from nasray.generators.bigram import Bigram
from nasray.generators.gpt import Gpt
from nasray.models.gpt import BOS, UNKNOWN, Gpt2
from nasray.models.gpt_sampler import GptSampler
from nasray.models.gpt_training import GptRecipe

RESULTS = Path(__file__).with_name("results")
N_TRAIN, N_HELD_OUT = 1_000, 300
ON_FAMILIES = GptRecipe(epochs=10, batch_size=128, learning_rate=1e-3, final_share=0.05, stride=3)
ORDERS = (1, 2, 3, 5, 9)
N_SAMPLES = 1_000
RESAMPLES = 10_000


def predictors(train: Sequence[Sequenced], words: Sequence[str]) -> dict[str, Callable[[Sequence[int]], int]]:
    """The n-grams, by name."""
    sequences = [ids_of(one.words(), words) for one in train]
    return {f"{order}-gram": Ngram(sequences, order).predict for order in ORDERS}


def hits(
    networks: Sequence[Sequenced],
    words: Sequence[str],
    gpt: Gpt2,
    counting: dict[str, Callable[[Sequence[int]], int]],
) -> dict[str, list[NDArray[np.bool_]]]:
    """For every predictor, network by network: which choices it foretold. A word that is unknown is never foretold."""
    sampler = GptSampler(network=gpt, batch_size=256, temperature=0.0, top_k=0)
    allowed = np.arange(gpt.inner.config.vocab_size) > UNKNOWN
    found: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in ("gpt", *counting)}
    for one in networks:
        ids = [BOS, *ids_of(one.words(), words)]
        contexts = [ids[: place + 1] for place in one.choices]
        truth = np.array([ids[place + 1] for place in one.choices])
        foretold = {"gpt": sampler.next(contexts, np.zeros(len(contexts)), allowed)}
        foretold |= {name: np.array([predict(context) for context in contexts]) for name, predict in counting.items()}
        for name, guess in foretold.items():
            found[name].append((guess == truth) & (truth != UNKNOWN))
    return found


def judged(found: dict[str, list[NDArray[np.bool_]]], clusters: Sequence[str]) -> dict[str, Any]:
    """Top-1 of each, and of the GPT minus the best n-gram: all choices alike, clusters drawn with replacement."""
    names = sorted(set(clusters))
    member = [np.array([cluster == name for cluster in clusters]) for name in names]
    right = {key: np.array([one.sum() for one in value], float) for key, value in found.items()}
    asked = np.array([len(one) for one in found["gpt"]], float)
    share = {key: float(value.sum() / asked.sum()) for key, value in right.items()}
    best = max((key for key in share if key != "gpt"), key=lambda key: share[key])
    gained = np.array([(right["gpt"] - right[best])[rows].sum() for rows in member])
    choices = np.array([asked[rows].sum() for rows in member])
    weights = np.random.default_rng(SEED).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    low, high = np.quantile((weights @ gained) / (weights @ choices), [0.025, 0.975])
    return {
        "networks": len(clusters),
        "clusters": len(names),
        "choices": int(asked.sum()),
        "top1": {key: round(value, 4) for key, value in share.items()},
        "best_ngram": best,
        "difference": [round(float(one), 4) for one in (gained.sum() / choices.sum(), low, high)],
    }


def cells() -> dict[str, Any]:
    """Trained on cells of one half of the isomorphism classes, asked about the other."""
    train = [cell_network(one) for one in sampled_cells(N_TRAIN, SEED, of_withheld=False)]
    test = [cell_network(one) for one in sampled_cells(N_HELD_OUT, SEED + 1, of_withheld=True)]
    words = vocabulary(train)
    network = Gpt2(shape_of(len(words), width=64), SEED)
    losses = taught(network, train, words, ON_CELLS)
    found = hits(test, words, network, predictors(train, words))
    return judged(found, [one.cluster for one in test]) | {"losses": [round(one, 4) for one in losses]}


def humans() -> dict[str, Any]:
    """One family left out at a time: trained on the cells and then on the other families, asked about this one.

    The n-grams are counted on the other families, and again on these and the cells; the better ones are judged.
    """
    cells_ = [cell_network(one) for one in sampled_cells(N_TRAIN, SEED, of_withheld=False)]
    people = human_sequences()
    words = vocabulary([*cells_, *people])
    first = Gpt2(shape_of(len(words), width=64), SEED)
    taught(first, cells_, words, ON_CELLS)
    tested: list[Sequenced] = []
    found: dict[str, list[NDArray[np.bool_]]] = {}
    for family in sorted({one.cluster for one in people}):
        train = [one for one in people if one.cluster != family]
        test = [one for one in people if one.cluster == family]
        gpt = Gpt2(first.shape, SEED)
        gpt.load(first.tensors())
        taught(gpt, train, words, ON_FAMILIES)
        counting = predictors(train, words)
        counting |= {f"{name} with cells": one for name, one in predictors([*cells_, *train], words).items()}
        for name, rows in hits(test, words, gpt, counting).items():
            found.setdefault(name, []).extend(rows)
        tested += test
        print(f"{family}: gpt {np.concatenate(found['gpt'][-len(test) :]).mean():.3f}", flush=True)
    whole = judged(found, [one.cluster for one in tested])
    families = {
        family: {
            name: round(float(np.concatenate([rows[at] for at in places]).mean()), 4) for name, rows in found.items()
        }
        for family in sorted({one.cluster for one in tested})
        for places in [[at for at, one in enumerate(tested) if one.cluster == family]]
    }
    return whole | {"by_network": judged(found, [one.name for one in tested]), "families": families}


def valid_members(space: SearchSpace, proposed: Sequence[Architecture]) -> list[Architecture]:
    """Those that need no repair."""
    kept: list[Architecture] = []
    for one in proposed:
        try:
            space.validate(one)
        except InvalidArchitecture:
            continue
        kept.append(one)
    return kept


def generators(space: SearchSpace) -> dict[str, Generator]:
    """The GPT and its controls, as in conf/generator."""
    settings: dict[str, Any] = {"checkpoint": None, "share": 0.5, "input_shape": (3, 32, 32), "leak": "refuse"}
    drawing = {"seed": SEED, "top_k": 0, "batch_size": 256, "adapt_epochs": 0, "adapt_learning_rate": 1e-4}
    return {
        "gpt": Gpt(space=space, weights="pretrained", temperature=1.0, **settings, **drawing),
        "gpt at 0.7": Gpt(space=space, weights="pretrained", temperature=0.7, **settings, **drawing),
        "random weights": Gpt(space=space, weights="random", temperature=1.0, **settings, **drawing),
        "bigram": Bigram(space=space, smoothing=0.01, **settings),
    }


def samples() -> dict[str, Any]:
    """1,000 cells each, written from nothing, without grammar or repair."""
    figures: dict[str, Any] = {"nasbench101": {}, "nasbench201": {}}
    for name, generator in generators(CELLS101).items():
        kept = valid_members(CELLS101, generator.propose([], N_SAMPLES, np.random.default_rng(SEED)))
        classes = [CELLS101.canonical(one).genes for one in kept]
        figures["nasbench101"][name] = {
            "valid": len(kept) / N_SAMPLES,
            "distinct_classes": len(set(classes)) / N_SAMPLES,
            "novel": round(float(np.mean([withheld(one) for one in classes] or [0.0])), 4),
        }
    table = default_catalog().open("nasbench201", CELLS201)
    values = table.column("cifar10_valid_200")
    everyone = [float(values.mean()), *uniform_interval(values)]
    figures["nasbench201"]["uniform"] = {"mean_valid": [round(one, 3) for one in everyone]}
    for name, generator in generators(CELLS201).items():
        kept = valid_members(CELLS201, generator.propose([], N_SAMPLES, np.random.default_rng(SEED)))
        drawn = values[table.rows(kept)]
        against = bootstrap_interval(drawn - values.mean(), np.random.default_rng(SEED))
        figures["nasbench201"][name] = {
            "valid": len(kept) / N_SAMPLES,
            "distinct": len(set(kept)) / N_SAMPLES,
            "mean_valid": round(float(drawn.mean()), 3),
            "minus_uniform": [round(float(one), 3) for one in (against.mean, against.low, against.high)],
        }
    return figures | {"table_sha256": table.sha256}


def uniform_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Where the mean of 1,000 uniform samples lies, 19 times of 20."""
    means = [np.random.default_rng([SEED, at]).choice(values, N_SAMPLES).mean() for at in range(1_000)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


PARTS: dict[str, Callable[[], dict[str, Any]]] = {"cells": cells, "humans": humans, "samples": samples}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all without")
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"{sorted(unknown)} must be among {', '.join(PARTS)}")
    torch.set_num_threads(1)
    head, changed = commit()
    RESULTS.mkdir(exist_ok=True)
    for name in args.parts or PARTS:
        began = time.perf_counter()
        figures = PARTS[name]()
        pedigree = {"commit": head, "uncommitted_changes": changed, "seed": SEED}
        line = {"experiment": "e05", "part": name, **pedigree, "seconds": round(time.perf_counter() - began, 1)}
        text = json.dumps(line | {"figures": figures}, indent=1)
        (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(text, flush=True)


if __name__ == "__main__":
    main()
