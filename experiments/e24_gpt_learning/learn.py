"""Trains a GPT on each corpus and asks it for the next layer: ``python experiments/e24_gpt_learning/learn.py FOLDER``.

Writes weights to FOLDER and one line a training to ``results/foretold.jsonl``, and goes on from there when it is
started again; then prints figures and writes them to ``results/foretold.json``. One core, one thread.
"""

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from corpora import Corpora, Words

from nasray.app.provenance import commit
from nasray.core.card import Card
from nasray.generators.checkpoint import Checkpoint
from nasray.models.gpt import BOS, N_SPECIAL, UNKNOWN, Gpt2
from nasray.models.gpt_sampler import GptSampler
from nasray.models.gpt_training import GptRecipe, train_gpt, windows

SEED, RESAMPLES = 0, 10_000
ARMS = ("random", "cells", "humans", "both", "mixed")
FOLDED = ("humans", "both", "mixed")
ON_CELLS = GptRecipe(epochs=8, batch_size=256, learning_rate=2e-3, final_share=0.05, stride=5)
ON_HUMANS = GptRecipe(epochs=20, batch_size=128, learning_rate=1e-3, final_share=0.05, stride=2)
ON_FAMILIES = GptRecipe(epochs=10, batch_size=128, learning_rate=1e-3, final_share=0.05, stride=3)
PAIRS = (("both", "humans"), ("both", "cells"), ("both", "mixed"), ("cells", "random"), ("humans", "random"))
RESULTS = Path(__file__).with_name("results")


class Job(NamedTuple):
    """One training; ``without`` is the family that is left out, empty for none."""

    arm: str
    without: str


@dataclass(frozen=True)
class Lesson:
    """What all trainings share.

    Args:
        folder: Where weights are kept.
    """

    folder: Path
    shipped: Checkpoint = field(default_factory=lambda: Checkpoint.read("gpt_layers"))

    @cached_property
    def corpora(self) -> Corpora:
        return Corpora(self.shipped.words)

    @cached_property
    def cells(self) -> list[Words]:
        return self.corpora.cells(1_000, SEED, withheld=False)

    @cached_property
    def unseen(self) -> list[Words]:
        return self.corpora.cells(300, SEED + 1, withheld=True)

    @cached_property
    def humans(self) -> list[Words]:
        return self.corpora.humans()

    def learn(self, job: Job) -> dict[str, Any]:
        """Train, keep the weights of what has read everything, and ask."""
        began, network = time.process_time(), Gpt2(self.shipped.shape, SEED)
        fine = [one for one in self.humans if one.cluster != job.without]
        how = ON_FAMILIES if job.without else ON_HUMANS
        losses: list[float] = []
        if job.arm == "both":
            network.load(Checkpoint.read(str(self.folder / "gpt_cells")).part("gpt"))
        if job.arm == "cells":
            losses = train_gpt(network, self._rows(self.cells, ON_CELLS), ON_CELLS, SEED)
        if job.arm in ("humans", "both"):
            losses = train_gpt(network, self._rows(fine, how), how, SEED)
        if job.arm == "mixed":
            epochs = math.gcd(ON_CELLS.epochs, how.epochs)
            parts = [(self._rows(self.cells, ON_CELLS), ON_CELLS), (self._rows(fine, how), how)]
            rows = np.concatenate([part for part, recipe in parts for _ in range(recipe.epochs // epochs)])
            losses = train_gpt(network, rows, replace(ON_CELLS, epochs=epochs), SEED)
        line = {**job._asdict(), "losses": [round(one, 4) for one in losses]}
        if not job.without:
            self._keep(job.arm, network)
            line["cells"] = _asked(network, self.unseen)
        asked = [one for one in self.humans if one.cluster == job.without or job.arm in ("random", "cells")]
        return {**line, "humans": _asked(network, asked), "cpu_seconds": round(time.process_time() - began, 1)}

    def _rows(self, networks: Sequence[Words], recipe: GptRecipe) -> np.ndarray:
        return windows([one.ids for one in networks], self.shipped.shape.window, recipe.stride)

    def _keep(self, arm: str, network: Gpt2) -> None:
        """As a checkpoint that differs from the shipped one in the GPT's weights."""
        tensors = {**self.shipped.tensors, **{f"gpt.{name}": value for name, value in network.tensors().items()}}
        card = Card(f"gpt_{arm}", "python experiments/e24_gpt_learning/learn.py", (), {"corpus": arm, "seed": SEED})
        replace(self.shipped, card=card, tensors=tensors).write(self.folder / card.name)


def _asked(network: Gpt2, networks: Sequence[Words]) -> list[tuple[str, int, int]]:
    """(cluster, choices foretold, choices) of every network; a word that is unknown is never foretold."""
    if not networks:
        return []
    sampler = GptSampler(network=network, batch_size=256, temperature=0.0, top_k=0)
    allowed = np.arange(network.shape.n_words + N_SPECIAL) > UNKNOWN
    contexts = [[BOS, *one.ids][: place + 1] for one in networks for place in one.choices]
    guesses = iter(sampler.next(contexts, np.zeros(len(contexts)), allowed).tolist())
    right = [[next(guesses) == one.ids[place] for place in one.choices] for one in networks]
    return [(one.cluster, sum(found), len(found)) for one, found in zip(networks, right, strict=True)]


def jobs() -> list[Job]:
    """The whole arms first; what costs most last."""
    families = sorted({network.cluster for network in Corpora(()).humans()})
    return [Job(arm, "") for arm in ARMS] + [Job(arm, family) for arm in FOLDED for family in families]


def done(path: Path) -> list[dict[str, Any]]:
    """The trainings that are finished; a line that a crash left half written is done again."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def run(lesson: Lesson, wanted: Sequence[Job], path: Path) -> None:
    """Train, a line as soon as a training ends."""
    known = {Job(line["arm"], line["without"]) for line in done(path)}
    left = [job for job in wanted if job not in known]
    print(f"{len(wanted) - len(left)} of {len(wanted)} trainings are done", flush=True)
    with path.open("a", encoding="utf-8") as file:
        for job in left:
            line = lesson.learn(job)
            file.write(json.dumps(line) + "\n")
            file.flush()
            print(f"{job.arm} without {job.without or 'nothing'}: {line['cpu_seconds']} CPU seconds", flush=True)


def figures(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Top-1 of every arm on classes and families, and differences."""
    found: dict[str, Any] = {}
    for part in ("cells", "humans"):
        rows = {arm: sorted(row for one in lines if one["arm"] == arm for row in one.get(part, [])) for arm in ARMS}
        clusters = max(({row[0] for row in found} for found in rows.values()), key=len)
        whole = {arm: _by_cluster(found) for arm, found in rows.items() if {row[0] for row in found} == clusters}
        found[part] = {
            "clusters": len(clusters),
            "top1": {arm: round(float(one[:, 0].sum() / one[:, 1].sum()), 4) for arm, one in whole.items()},
            "differences": {f"{a} - {b}": _difference(whole[a], whole[b]) for a, b in PAIRS if {a, b} <= set(whole)},
        }
        if part == "humans":
            found["families"] = {
                family: {arm: round(float(one[at, 0] / one[at, 1]), 4) for arm, one in whole.items()}
                for at, family in enumerate(sorted(clusters))
            }
    return found


def _by_cluster(rows: Sequence[Sequence[Any]]) -> np.ndarray:
    """``(clusters, 2)``: choices foretold, and choices."""
    names = sorted({row[0] for row in rows})
    return np.array([np.sum([row[1:] for row in rows if row[0] == name], axis=0) for name in names], float)


def _difference(one: np.ndarray, other: np.ndarray) -> list[float]:
    """Of two top-1, with its interval: all choices alike, clusters drawn with replacement."""
    gained, n = one[:, 0] - other[:, 0], len(one)
    weights = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    low, high = np.quantile((weights @ gained) / (weights @ one[:, 1]), [0.025, 0.975])
    return [round(float(value), 4) for value in (gained.sum() / one[:, 1].sum(), low, high)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where weights are kept")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="without mixed: half the time")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / "foretold.jsonl"
    run(Lesson(options.folder), [job for job in jobs() if job.arm in options.arms], path)
    lines, (head, changed) = done(path), commit()
    text = json.dumps({"experiment": "e24", "commit": head, "uncommitted_changes": changed, **figures(lines)}, indent=1)
    (options.results / "foretold.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
