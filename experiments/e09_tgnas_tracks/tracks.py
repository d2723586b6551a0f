"""The tables that tracks learn from, and how a network is trained on them; imported by the scripts beside it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nasray.app.catalogs import default_catalog, space_named
from nasray.core.architecture import Architecture
from nasray.core.card import Seen, space_name
from nasray.core.space import SearchSpace
from nasray.data.table import Table
from nasray.models.gcn import Gcn, GcnShape
from nasray.models.gcn_training import GcnRecipe, LabelledGraphs, train_gcn
from nasray.predictors.graph_scorer import GraphScorer
from nasray.predictors.operator_embeddings import OperatorEmbeddings

HERE = Path(__file__).parent
RECIPE, LOOKS, RESULTS = HERE / "recipe.json", HERE / "looks.jsonl", HERE / "results"
SEEDS = range(5)
SHAPE_KEYS = ("width", "layers", "both_directions", "normalisation", "node_norm", "readout", "dropout")
TRAINING_KEYS = ("epochs", "batch_size", "learning_rate", "weight_decay", "loss")
Source = tuple[str, str, float]
"""Table, column, and how often an epoch shows each of its cells."""


@dataclass(frozen=True)
class Measured:
    """One table with its cells as graphs."""

    space: SearchSpace
    cells: Sequence[Architecture]
    table: Table
    scorer: GraphScorer

    def column(self, name: str) -> np.ndarray:
        return self.table.column(name)[self.table.rows(self.cells)]


@cache
def measured(name: str, wording: str, data_flow: bool) -> Measured:
    catalog = default_catalog()
    space = space_named(catalog.entry(name).space)
    table = catalog.open(name, space)
    scorer = GraphScorer(
        space=space,
        embeddings=OperatorEmbeddings(wording=wording, sentence_model=None),
        data_flow=data_flow,
        features=(),
    )
    return Measured(space, [Architecture(tuple(genes)) for genes in table.index], table, scorer)


@cache
def flow(name: str, wording: str, data_flow: bool) -> Any:
    one = measured(name, wording, data_flow)
    return one.scorer.flow(one.scorer.batch(one.cells))


def ranks(values: np.ndarray) -> np.ndarray:
    _, group, n = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(n) - (n + 1) / 2)[group] / max(1, len(values) - 1)


def reordered(coarse: np.ndarray, fine: np.ndarray, share: float) -> np.ndarray:
    """``(A,)`` scores: ranks of ``coarse``, but for the best ``share``, which ``fine`` orders above all others."""
    order = ranks(coarse)
    return np.where(order > 1 - share, 1 + ranks(fine), order)


def labelled(source: Source, recipe: dict[str, Any]) -> LabelledGraphs:
    name, column, weight = source
    reads = (name, recipe["wording"], recipe["data_flow"])
    one = measured(*reads)
    labels = torch.from_numpy(ranks(one.column(column))).float()
    return LabelledGraphs(flow=flow(*reads), table=one.scorer.table(), labels=labels, columns=None, weight=weight)


def train(sources: Sequence[Source], recipe: dict[str, Any], seed: int) -> Gcn:
    shape = GcnShape(**{key: recipe[key] for key in SHAPE_KEYS})
    training = GcnRecipe(**{key: recipe[key] for key in TRAINING_KEYS})
    return train_gcn(shape, training, [labelled(one, recipe) for one in sources], seed)


def scores(model: Gcn, name: str, recipe: dict[str, Any]) -> np.ndarray:
    reads = (name, recipe["wording"], recipe["data_flow"])
    one = measured(*reads)
    return one.scorer.scores(model, flow(*reads), one.scorer.table(), None)


def sources_of(track: str, recipe: dict[str, Any]) -> list[Source]:
    return [(name, column, weight) for name, column, weight in recipe["tracks"][track]]


def seen(sources: Sequence[Source], recipe: dict[str, Any]) -> tuple[Seen, ...]:
    found = []
    for name, column, _ in sources:
        one = measured(name, recipe["wording"], recipe["data_flow"])
        found.append(Seen(space_name(one.space), name, column, len(one.cells)))
    return tuple(found)


def recipe_and_hash() -> tuple[dict[str, Any], str]:
    text = RECIPE.read_bytes()
    return json.loads(text), hashlib.sha256(text).hexdigest()
