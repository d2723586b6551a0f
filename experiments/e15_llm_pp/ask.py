"""Asks a language model for the BLEU of Transformers that it has not been shown.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e15_llm_pp/ask.py NAME [OPTIONS] [KEY=VALUE …]``,
with ``--tasks``, ``--splits``, ``--pool``, ``--deepest``, and the words of ``nasray run``, e.g.
``language_model=local_server``.

For every task and division, the 10 demonstrations are shown and the 20 other Transformers are asked for: predictions
go to ``results/NAME.csv``, as ``e14_hat_predictors/analyse.py`` reads them. With ``--pool N``, N random Transformers
of the whole space are labelled for every division as well: ``results/NAME_pool.csv``, from which ``distil.py`` learns.
With ``--deepest L``, only demonstrations of at most L decoder layers are shown. What it took is printed.
"""

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hydra import compose, initialize_config_module
from numpy.typing import NDArray

from nasray.app.catalogs import catalog_of, space_named
from nasray.app.parts import build
from nasray.app.schema import PathsConfig, resolved
from nasray.core.architecture import Architecture
from nasray.core.predictor import Learner
from nasray.data.table import Table
from nasray.llm.tallied_model import TalliedModel
from nasray.predictors.distilled import Distilled
from nasray.spaces.hat import Hat

TASKS = {
    "wmt14_en_de": "machine translation from English to German (WMT'14)",
    "wmt14_en_fr": "machine translation from English to French (WMT'14)",
    "wmt19_en_de": "machine translation from English to German (WMT'19)",
}
SPLITS = (123, 456, 789)
UPDATES = 40_000
DEEPEST = 6
RESULTS = Path(__file__).with_name("results")


def composed(words: Sequence[str]) -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        return resolved(compose("run", overrides=["space=hat", "name=e15", *words]))


def teacher_of(settings: dict[str, Any], task: str, space: Hat, model: TalliedModel) -> Learner:
    estimator = settings["estimator"] | {"task": TASKS[task], "metric": "BLEU"}
    return build(settings | {"estimator": estimator}, space=space, language_model=model)


def pool_of(size: int, space: Hat) -> list[Architecture]:
    """The random Transformers that ``distilled`` has labelled; the same for all tasks and divisions."""
    settings = composed(["predictor=distilled", f"predictor.pool_size={size}"])["predictor"]
    student: Distilled = build(settings, space=space)
    return student.pool()


def divided(
    table: Table, space: Hat, task: str, split: int, deepest: int = DEEPEST
) -> tuple[list[Architecture], NDArray[np.float64], list[Architecture]]:
    """What is shown, its BLEU, and the 20 that are judged, each in the order of the table."""
    members = [Architecture(tuple(genes)) for genes in table.genes.tolist()]
    shallow = np.array([len(space.shape(one).decoder_ffn) <= deepest for one in members])
    demonstration = table.column(f"{task}_demonstration_{split}") == 1
    shown = np.flatnonzero(demonstration & shallow)
    bleu = table.column(f"{task}_valid_{UPDATES}")[shown]
    return [members[row] for row in shown], bleu, [members[row] for row in np.flatnonzero(~demonstration)]


class Answers:
    """Files of predictions, written as they come, so that what precedes an interruption can be seen."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun: set[Path] = set()

    def write(
        self, kind: str, key: tuple[str, int], space: Hat, asked: Sequence[Architecture], told: Iterable[float]
    ) -> None:
        path = RESULTS / f"{self._name}{kind}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if path in self._begun else "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if path not in self._begun:
                writer.writerow(["task", "split", "architecture", "prediction"])
            writer.writerows([*key, space.to_text(one), value] for one, value in zip(asked, told, strict=True))
        self._begun.add(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--splits", default=",".join(map(str, SPLITS)))
    parser.add_argument("--pool", type=int, default=0)
    parser.add_argument("--deepest", type=int, default=DEEPEST)
    options, words = parser.parse_known_args()
    config = composed(["predictor=language_model", *words])
    space = space_named("hat")
    assert isinstance(space, Hat)
    table = catalog_of(PathsConfig.model_validate(config["paths"])).open("hat_mt", space)
    pool = pool_of(options.pool, space) if options.pool else []
    answers = Answers(options.name)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        model = TalliedModel(inner=build(config["language_model"]), path=Path(folder) / "asked.jsonl")
        try:
            for key in [(task, int(split)) for task in options.tasks.split(",") for split in options.splits.split(",")]:
                shown, bleu, asked = divided(table, space, *key, options.deepest)
                teacher = teacher_of(config["predictor"], key[0], space, model)
                teacher.fit(shown, bleu)
                answers.write("", key, space, asked, teacher.predict(asked).tolist())
                print(*key, json.dumps(model.tally().to_json()), flush=True)
                if pool:
                    answers.write("_pool", key, space, pool, teacher.predict(pool).tolist())
                    print(*key, "pool", json.dumps(model.tally().to_json()), flush=True)
        finally:
            model.close()
    print(f"{time.perf_counter() - began:.1f} seconds")


if __name__ == "__main__":
    main()
