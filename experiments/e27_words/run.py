"""What the words for operators add to a graph network, by wording and by sentence model; and how it does at home.

Run: ``NASRAY_DATA_MIRROR=FOLDER PYTHONPATH=experiments/e09_tgnas_tracks OMP_NUM_THREADS=1 python
experiments/e27_words/run.py [NAME=FOLDER_OF_A_SENTENCE_MODEL …]``. Prints the tables of ``README.md`` and writes
``results/figures.json``. Networks are those of track A in ``e09_tgnas_tracks``; NAS-Bench-201 is not opened.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from choose import BASE, HOLD_OUTS, NB101
from torch import Tensor
from tracks import SHAPE_KEYS, TRAINING_KEYS, flow, measured, ranks

from nasray.analysis.bootstrap import bootstrap_interval
from nasray.analysis.rank_correlation import rank_correlation
from nasray.app.provenance import commit
from nasray.core.seeds import Streams
from nasray.models.data_flow import DataFlow
from nasray.models.gcn import Gcn, GcnShape
from nasray.models.gcn_training import GcnRecipe, LabelledGraphs, train_gcn
from nasray.models.sentence_model import SentenceModel
from nasray.predictors.live_parameters import LiveParameters
from nasray.predictors.operator_embeddings import OperatorEmbeddings, Wording

SEEDS = range(200, 205)
"""Used nowhere else."""

LENGTHS: tuple[Wording, ...] = ("short", "medium", "long")
STAYS = "home: NAS-Bench-101, a fifth of its cells"
HELD = {f"{table} {column}": (table, column) for table, column in HOLD_OUTS}
RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Words:
    """How operators are told apart: ``model`` None for the shipped table."""

    wording: Wording
    model: str | None = None
    alike: bool = False

    def table(self, name: str) -> Tensor:
        """``(K, D)`` embeddings of the operators of one table's space."""
        said = measured(name, "short", True).scorer.view.operator_descriptions()
        if self.model is not None:
            return SentenceModel(name=self.model).embed([one[self.wording] for one in said.values()])
        found = OperatorEmbeddings(wording=self.wording, sentence_model=None).table(said)
        return found.mean(0, keepdim=True).expand(len(found), -1) if self.alike else found


def arms(models: Mapping[str, str]) -> dict[str, Words]:
    found = {"structure only": Words("short", alike=True), "one-hot": Words("one_hot")}
    found |= {f"all-MiniLM-L6-v2, {length}": Words(length) for length in LENGTHS}
    return found | {f"{name}, {length}": Words(length, model) for name, model in models.items() for length in LENGTHS}


def graphs(name: str, column: str, weight: float, words: Tensor, rows: np.ndarray) -> LabelledGraphs:
    labels = torch.from_numpy(ranks(measured(name, "short", True).column(column)[rows])).float()
    part = DataFlow(*(one[torch.from_numpy(rows)] for one in flow(name, "short", True)))
    return LabelledGraphs(flow=part, table=words, labels=labels, columns=None, weight=weight)


def trained(tables: Mapping[str, Tensor], stays: bool, seed: int) -> Gcn:
    """A network of track A; with ``stays``, without a fifth of the cells of each table."""
    sources = []
    for name, column, weight in NB101:
        there = np.flatnonzero(~fifth(name, seed)) if stays else np.arange(len(fifth(name, seed)))
        sources.append(graphs(name, column, weight, tables[name], there))
    shape = GcnShape(**{key: BASE[key] for key in SHAPE_KEYS})
    return train_gcn(shape, GcnRecipe(**{key: BASE[key] for key in TRAINING_KEYS}), sources, seed)


def fifth(name: str, seed: int) -> np.ndarray:
    """``(A,)`` which cells stay out, drawn by seed. A cell of both tables may be out in one alone."""
    n = len(measured(name, "short", True).cells)
    return Streams(seed, "e27/fifth").at(0).permutation(n) < n // 5


def tau(model: Gcn, name: str, column: str, table: Tensor, rows: np.ndarray) -> float:
    data = measured(name, "short", True)
    scores = data.scorer.scores(model, flow(name, "short", True), table, None)[rows]
    return rank_correlation(scores, data.column(column)[rows]).kendall


def figures(words: Words) -> dict[str, list[float]]:
    names = {name for name, *_ in (*NB101, *HELD.values())}
    tables = {name: words.table(name) for name in names}
    found: dict[str, list[float]] = {name: [] for name in (STAYS, *HELD)}
    for seed in SEEDS:
        at_home, whole = trained(tables, True, seed), trained(tables, False, seed)
        home, column, _ = NB101[0]
        found[STAYS].append(tau(at_home, home, column, tables[home], np.flatnonzero(fifth(home, seed))))
        for held, (name, column) in HELD.items():
            every = np.arange(len(measured(name, "short", True).cells))
            found[held].append(tau(whole, name, column, tables[name], every))
    return found


def size() -> dict[str, list[float]]:
    """The live number of weights."""
    found: dict[str, list[float]] = {}
    for held, (name, column) in {STAYS: NB101[0][:2], **HELD}.items():
        data = measured(name, "short", True)
        settings: dict[str, Any] = {"space": data.space, "input_shape": (3, 32, 32), "n_classes": 10}
        scores, truth = LiveParameters(**settings).predict(data.cells), data.column(column)
        rows = [fifth(name, seed) for seed in SEEDS] if held == STAYS else [np.ones(len(truth), bool)]
        found[held] = [rank_correlation(scores[one], truth[one]).kendall for one in rows]
    return found


def shown(values: list[float], rng: np.random.Generator) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    interval = bootstrap_interval(np.array(values), rng)
    return f"{interval.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def main() -> None:
    torch.set_num_threads(1)
    models = dict(word.split("=", 1) for word in sys.argv[1:])
    rng = Streams(0, "e27").at(0)
    print(f"| operators by | {' | '.join((STAYS, *HELD))} |")
    found: dict[str, dict[str, list[float]]] = {}
    for name, words in arms(models).items():
        found[name] = figures(words)
        print(f"| {name} | {' | '.join(shown(one, rng) for one in found[name].values())} |", flush=True)
    found["live #params"] = size()
    print(f"| live #params | {' | '.join(shown(one, rng) for one in found['live #params'].values())} |")
    head, changed = commit()
    line = {"experiment": "e27", "commit": head, "uncommitted_changes": changed, "seeds": [*SEEDS], "taus": found}
    (RESULTS / "figures.json").write_text(json.dumps(line, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
