"""Asks a language model for the BLEU of Transformers that it has not been shown.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e15_llm_pp/ask.py NAME [OPTIONS] [KEY=VALUE …]``,
with ``--tasks``, ``--splits``, ``--pool``, and the words of ``nasray run``, e.g. ``language_model=local_server``.

For every task and division, the 10 demonstrations are shown and the 20 other Transformers are asked for: predictions
go to ``results/NAME.csv``, as ``e14_hat_predictors/analyse.py`` reads them. With ``--pool N``, N random Transformers
of the whole space are labelled for every division as well: ``results/NAME_pool.csv``. What it took is printed.
"""

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_module

from nasray.app.catalogs import catalog_of, space_named
from nasray.app.parts import build
from nasray.app.schema import PathsConfig, resolved
from nasray.core.architecture import Architecture
from nasray.core.seeds import Streams
from nasray.data.table import Table
from nasray.llm.tallied_model import TalliedModel
from nasray.predictors.language_model_table import LanguageModelTable
from nasray.spaces.hat import Hat

TASKS = {
    "wmt14_en_de": "machine translation from English to German (WMT'14)",
    "wmt14_en_fr": "machine translation from English to French (WMT'14)",
    "wmt19_en_de": "machine translation from English to German (WMT'19)",
}
SPLITS = (123, 456, 789)
UPDATES = 40_000
RESULTS = Path(__file__).with_name("results")

Row = tuple[str, int, str, float]


def composed(words: Sequence[str]) -> dict[str, Any]:
    with initialize_config_module("nasray.conf", version_base=None):
        chosen = ["space=hat", "predictor=language_model_table", "name=e15"]
        return resolved(compose("run", overrides=[*chosen, *words]))


def predictor_of(
    settings: dict[str, Any], task: str, split: int, table: Table, space: Hat, model: TalliedModel
) -> LanguageModelTable:
    """Shown: the 10 demonstrations of a division, in the order of the table."""
    estimator = settings["estimator"] | {"task": TASKS[task], "metric": "BLEU"}
    own = {"column": f"{task}_valid_{UPDATES}", "where": f"{task}_demonstration_{split}", "choice": "stratified"}
    return build(
        settings | own | {"estimator": estimator, "number": 10}, table=table, space=space, language_model=model
    )


def judged(table: Table, task: str, split: int) -> list[Architecture]:
    shown = table.column(f"{task}_demonstration_{split}") == 1
    return [Architecture(tuple(genes)) for genes, known in zip(table.genes.tolist(), shown, strict=True) if not known]


def pool(space: Hat, size: int) -> list[Architecture]:
    """The same for all tasks and divisions."""
    drawn = Streams(0, "e15/pool")
    return [space.sample(drawn.at(number)) for number in range(size)]


def write(path: Path, rows: Iterator[Row]) -> None:
    """Row by row, so that what was answered before an interruption can be seen."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["task", "split", "architecture", "prediction"])
        for row in rows:
            writer.writerow(row)
            file.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--splits", default=",".join(map(str, SPLITS)))
    parser.add_argument("--pool", type=int, default=0)
    options, words = parser.parse_known_args()
    config = composed(words)
    space = space_named("hat")
    assert isinstance(space, Hat)
    table = catalog_of(PathsConfig.model_validate(config["paths"])).open("hat_mt", space)
    RESULTS.mkdir(exist_ok=True)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        model = TalliedModel(inner=build(config["language_model"]), path=Path(folder) / "asked.jsonl")
        wanted = pool(space, options.pool)

        def rows(*, of_pool: bool) -> Iterator[Row]:
            for task in options.tasks.split(","):
                for split in map(int, options.splits.split(",")):
                    predictor = predictor_of(config["predictor"], task, split, table, space, model)
                    asked = wanted if of_pool else judged(table, task, split)
                    estimates = predictor.predict(asked).tolist()
                    for one, estimate in zip(asked, estimates, strict=True):
                        yield task, split, space.to_text(one), estimate
                    print(task, split, json.dumps(model.tally().to_json()), flush=True)

        try:
            write(RESULTS / f"{options.name}.csv", rows(of_pool=False))
            if options.pool:
                write(RESULTS / f"{options.name}_pool.csv", rows(of_pool=True))
        finally:
            model.close()
    print(f"{time.perf_counter() - began:.1f} seconds")


if __name__ == "__main__":
    main()
