"""Networks of e09's recipe on chosen cells of chosen tables, and how well they rank others; imported by the scripts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nasray.analysis.rank_correlation import rank_correlation
from nasray.analysis.ranking_quality import relative_ranks, top_share
from nasray.app.catalogs import default_catalog, space_named
from nasray.core.architecture import Architecture
from nasray.data.table import Table
from nasray.models.assets import read_asset
from nasray.models.data_flow import DataFlow
from nasray.models.gcn import Gcn, GcnShape
from nasray.models.gcn_training import GcnRecipe, LabelledGraphs, train_gcn
from nasray.predictors.gcn import networks_of
from nasray.predictors.graph_scorer import GraphScorer
from nasray.predictors.live_parameters import LiveParameters
from nasray.predictors.operator_embeddings import OperatorEmbeddings

RECIPE_FILE = Path(__file__).parents[1] / "e09_tgnas_tracks" / "recipe.json"
RECIPE: dict[str, Any] = json.loads(RECIPE_FILE.read_bytes())
RECIPE_SHA256 = hashlib.sha256(RECIPE_FILE.read_bytes()).hexdigest()
SHAPE = GcnShape(**{name: RECIPE[name] for name in GcnShape.__dataclass_fields__})
TRAINING = GcnRecipe(**{name: RECIPE[name] for name in GcnRecipe.__dataclass_fields__})
NB101, NB101_SMALL, TRANSNAS, DARTS = "nasbench101_500", "nasbench101_small", "transnas_micro", "darts_pool"
COLUMNS = {NB101: "cifar10_valid_108", NB101_SMALL: "cifar10_valid_4", DARTS: "cifar10_valid_100"}
SCENE = "class_scene_valid_25"
TASKS = (SCENE, "class_object_valid_25", "room_layout_valid_25", "jigsaw_valid_10", "segmentsemantic_valid_30",
         "normal_valid_30", "autoencoder_valid_30")  # fmt: skip
SHIPPED = {"A": "gcn_nasbench101", "B": "gcn_nasbench101_transnas"}


@dataclass(frozen=True)
class Source:
    """Cells that a network learns from: ``rows`` of a table, None for all; ``draws`` of them are shown an epoch."""

    table: str
    column: str
    draws: float
    rows: np.ndarray | None = None


@dataclass(frozen=True)
class Cells:
    """One table with its cells as graphs."""

    cells: Sequence[Architecture]
    table: Table
    scorer: GraphScorer
    flow: DataFlow
    has: dict[str, np.ndarray]
    """Short sentence of an operator -> ``(A,)`` whether a cell contains it, dead or alive."""

    def truth(self, column: str) -> np.ndarray:
        return self.table.column(column)[self.table.rows(self.cells)]


@cache
def cells_of(name: str, wording: str = RECIPE["wording"]) -> Cells:
    catalog = default_catalog()
    space = space_named(catalog.entry(name).space)
    table = catalog.open(name, space)
    embeddings = OperatorEmbeddings(wording=wording, sentence_model=None)
    scorer = GraphScorer(space=space, embeddings=embeddings, data_flow=RECIPE["data_flow"], features=())
    cells = [Architecture(tuple(genes)) for genes in table.index]
    batch = scorer.batch(cells)
    there = batch.mixture.sum(1) > 0
    said = [one["short"] for one in scorer.view.operator_descriptions().values()]
    has = {one: there[:, [at for at, other in enumerate(said) if other == one]].any(1) for one in said}
    return Cells(cells, table, scorer, scorer.flow(batch), has)


@cache
def live_parameters(name: str) -> np.ndarray:
    one = cells_of(name)
    return LiveParameters(space=one.scorer.space, input_shape=(3, 32, 32), n_classes=10).predict(one.cells)


def labelled(source: Source, wording: str) -> LabelledGraphs:
    one = cells_of(source.table, wording)
    rows = np.arange(len(one.cells)) if source.rows is None else source.rows
    return LabelledGraphs(
        flow=DataFlow(*(part[torch.from_numpy(rows)] for part in one.flow)),
        table=one.scorer.table(),
        labels=torch.from_numpy(relative_ranks(one.truth(source.column)[rows])).float(),
        columns=None,
        weight=source.draws / len(rows),
    )


def train(sources: Sequence[Source], seed: int, wording: str = RECIPE["wording"]) -> Gcn:
    return train_gcn(SHAPE, TRAINING, [labelled(one, wording) for one in sources], seed)


def shipped(track: str, seed: int) -> Gcn:
    """The network of e09 with this seed, which learnt all cells of its track."""
    tensors, card = read_asset(SHIPPED[track])
    if card["facts"]["recipe_sha256"] != RECIPE_SHA256:
        raise SystemExit(f"{SHIPPED[track]} was trained by another recipe; run make_checkpoints.py of e09 first")
    return networks_of(tensors, SHAPE, cells_of(NB101).scorer.embeddings.n_features, 0)[seed]


def scores(model: Gcn, name: str, wording: str = RECIPE["wording"], table: torch.Tensor | None = None) -> np.ndarray:
    """``(A,)``; ``table`` in place of the operators' own embeddings."""
    one = cells_of(name, wording)
    return one.scorer.scores(model, one.flow, one.scorer.table() if table is None else table, None)


def judged(score: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """tau-b over all, and over the best tenth."""
    best = top_share(truth, 0.1)
    found = {"tau": rank_correlation(score, truth).kendall}
    if len(np.unique(score[best])) > 1:
        found["tau_best_tenth"] = rank_correlation(score[best], truth[best]).kendall
    return {name: round(value, 4) for name, value in found.items()}
