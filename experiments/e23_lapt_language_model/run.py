"""LAPT's dialogue with small language models, from their recorded replies, beside what needs no model.

Run: ``NASRAY_DATA_MIRROR=FOLDER python experiments/e23_lapt_language_model/run.py``. Prints the tables of ``README.md``
and writes ``results/figures.json``.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nasray.analysis.best_so_far import best_so_far
from nasray.analysis.bootstrap import bootstrap_interval
from nasray.app.catalogs import default_catalog
from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.core.refiner import Refiner
from nasray.core.seeds import Streams
from nasray.core.strategy import Strategy
from nasray.core.transfer_source import TransferSource
from nasray.data.table import Table
from nasray.evaluators.table import TableEvaluator
from nasray.llm.replay import Replay
from nasray.llm.reply import Reply
from nasray.llm.request import Request
from nasray.refiners.everything import Everything
from nasray.refiners.frequency import Frequency
from nasray.refiners.language_model_refiner import LanguageModelRefiner
from nasray.refiners.oracle import Oracle
from nasray.refiners.random_candidates import RandomCandidates
from nasray.simulator.study import study
from nasray.spaces.nasbench201 import NasBench201
from nasray.spaces.transnas_micro import TransNasMicro
from nasray.strategies.principle_transfer import NOTE, PrincipleTransfer
from nasray.strategies.regularized_evolution import RegularizedEvolution

SEEDS = range(100)
QWEN, GEMMA = ("qwen2.5-coder-0.5b-instruct-q4_k_m", "gemma-3-270m-q4_k_m")
RESULTS = Path(__file__).with_name("results")

Maker = Callable[[int], Strategy]
"""Seed -> a fresh strategy."""


@dataclass(frozen=True, kw_only=True)
class Dialogue:
    """One run of ``nasray run`` with ``refiner=language_model``, by its overrides."""

    name: str
    source: str
    target: str
    anonymous: bool
    top: int
    reasks: int
    max_tokens: int


@dataclass(kw_only=True)
class Recorded(Replay):
    """The recording as a language model; knows what was asked of it, a question that came again once."""

    def __post_init__(self) -> None:
        """Nothing was asked yet."""
        self.asked: dict[str, Reply] = {}
        self.concurrency = 1

    def complete(self, request: Request) -> Reply:
        """As recorded."""
        self.asked[request.key] = super().complete(request)
        return self.asked[request.key]

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Written:
    """Principles that were learnt once, for many searches."""

    principles: Principles

    def learn(self, sources: Sequence[Architecture]) -> Principles:  # noqa: ARG002 -- they were learnt before
        """As they were learnt."""
        return self.principles

    def adapt(self, principles: Principles, found: Sequence[Architecture], improved: bool) -> Principles:  # noqa: ARG002 -- static
        """They stay."""
        return principles


class Bench:
    """A space with its table and LAPT's settings for it."""

    def __init__(self, name: str, space: Any, evaluations: int, population: int, tournament: int) -> None:
        self.name, self.space, self.evaluations, self.copied = name, space, evaluations, population
        self.k, self.shown, self.adapt_at = (2, 5, (10, 15)) if population == 5 else (3, 15, (20, 30, 40))
        self.table: Table = default_catalog().open(name, space)
        self.inner = partial(RegularizedEvolution, population_size=population, tournament_size=tournament)

    def source(self, task: str, top: int) -> TransferSource:
        """The best ``top`` cells of a task."""
        column = next(one for one in self.table.names if one.startswith(f"{task}_valid_") and not one.endswith("_12"))
        return TransferSource(table=self.table, column=column, top=top)

    def evaluator(self, task: str) -> TableEvaluator:
        """The task that is searched for."""
        return TableEvaluator(
            table=self.table,
            dataset=task,
            epochs=None,
            chunk_size=512,
            space=self.space,
            columns=(),
            columns_table=None,
        )

    def transfer(self, refiner: Refiner, source: TransferSource, adapted: bool = False, copied: int = 0) -> Strategy:
        """LAPT around ``refiner``."""
        return PrincipleTransfer(
            space=self.space,
            refiner=refiner,
            sources=[source],
            inner=self.inner,
            copied=copied,
            adapt_at=self.adapt_at if adapted else (),
            shown=self.shown,
            outside=0.0,
            history="kept",
        )


NB, TN = ("nasbench201", "transnas_micro")
SHORT = {"top": 25, "reasks": 0, "max_tokens": 300}
"""Of all dialogues but the first, so that replies take minutes and not longer."""

DIALOGUES = (
    Dialogue(name=NB, source="imagenet16_120", target="cifar10", anonymous=False, top=50, reasks=1, max_tokens=400),
    Dialogue(name=NB, source="imagenet16_120", target="cifar10", anonymous=True, **SHORT),
    Dialogue(name=NB, source="cifar10", target="cifar100", anonymous=False, **SHORT),
    Dialogue(name=TN, source="jigsaw", target="class_scene", anonymous=False, **SHORT),
    Dialogue(name=TN, source="jigsaw", target="class_scene", anonymous=True, **SHORT),
    Dialogue(name=TN, source="autoencoder", target="class_object", anonymous=False, **SHORT),
)


ASKED = [(QWEN, one) for one in DIALOGUES] + [(GEMMA, one) for one in DIALOGUES[:4]]
"""Who was asked what: the smaller model as much as 12 minutes allowed."""


def spoken(bench: Bench, dialogue: Dialogue, asked: str) -> tuple[list[dict[str, Any]], Recorded]:
    """The stages of the run with seed 0, and what was asked."""
    model = Recorded(model=asked, recording=RESULTS / f"{asked}.jsonl")
    refiner = LanguageModelRefiner(
        space=bench.space,
        language_model=model,
        most_operators=bench.k,
        most_sources=3,
        anonymous=dialogue.anonymous,
        seed=0,
        temperature=0.0,
        max_tokens=dialogue.max_tokens,
        reasks=dialogue.reasks,
    )
    make = partial(bench.transfer, refiner, bench.source(dialogue.source, dialogue.top), adapted=True)
    evaluator = bench.evaluator(dialogue.target)
    run = study(make, bench.space, evaluator, seeds=[0], evaluations=bench.evaluations, width=1)[0]
    return [one.proposal.notes[NOTE] for one in run if one.proposal.notes], model


def arms(bench: Bench, dialogue: Dialogue, learnt: Principles) -> dict[str, Maker]:
    """The model's principles, static, and the others, at equal k and with as many sources."""
    kept = {"space": bench.space, "most_operators": bench.k, "most_sources": 3}
    source, target = bench.source(dialogue.source, dialogue.top), bench.source(dialogue.target, 50)
    whole = Everything(space=bench.space)
    return {
        "language model": lambda _: bench.transfer(Written(learnt), source),
        "frequency": lambda _: bench.transfer(Frequency(**kept), source),
        "copy": lambda _: bench.transfer(whole, source, copied=bench.evaluations),
        "random": lambda seed: bench.transfer(RandomCandidates(seed=seed, **kept), source),
        "oracle": lambda _: bench.transfer(Oracle(target=target, **kept), source),
        "nothing removed": lambda _: bench.transfer(whole, source),
    }


def figures_of(bench: Bench, dialogue: Dialogue, asked: str) -> dict[str, Any]:
    """The dialogue in numbers, and every arm's best VALID value at the end, its seeds and its space."""
    stages, model = spoken(bench, dialogue, asked)
    learnt = Principles.from_json(stages[0]["principles"])
    evaluator = bench.evaluator(dialogue.target)
    rng = Streams(0, "e23").at(0)
    rows: dict[str, Any] = {}
    for arm, make in arms(bench, dialogue, learnt).items():
        last = list[float]()
        for seed in SEEDS:
            run = study(
                partial(make, seed), bench.space, evaluator, seeds=[seed], evaluations=bench.evaluations, width=1
            )[0]
            last.append(float(best_so_far([one.value for one in run])[-1]))
        interval = bootstrap_interval(np.array(last), rng)
        rows[arm] = [round(float(one), 3) for one in (interval.mean, interval.low, interval.high)]
    goal, values = evaluator.threshold(0.001), bench.table.column(bench.source(dialogue.target, 1).column)
    counted = Frequency(space=bench.space, most_operators=bench.k, most_sources=3)
    frequent = counted.learn(bench.source(dialogue.source, dialogue.top).best())
    kept = {}
    for name, principles in (("language model", learnt), ("frequency", frequent)):
        members = list(bench.space.restrict(principles).enumerate())
        inside = values[bench.table.rows(members)]
        kept[name] = {"size": len(members), "top_kept": int((inside >= goal).sum()), "top": int((values >= goal).sum())}
    return {
        "model": asked,
        "dialogue": f"{dialogue.name}, {dialogue.source} -> {dialogue.target}" + ", anonymous" * dialogue.anonymous,
        "asked": len(model.asked),
        "prompt_tokens": sum(one.prompt_tokens for one in model.asked.values()),
        "completion_tokens": sum(one.completion_tokens for one in model.asked.values()),
        "stages": [
            {"size": one["size"], "improved": one["improved"], "repairs": one["principles"].get("repairs", [])}
            for one in stages
        ],
        "operators": {"language model": learnt.operators, "frequency": frequent.operators},
        "kept": kept,
        "best_valid": rows,
    }


def main() -> None:
    benches = {
        "nasbench201": Bench("nasbench201", NasBench201(channels=16, cells_per_stage=5), 20, 5, 2),
        "transnas_micro": Bench("transnas_micro", TransNasMicro(channels=64, stem_halvings=2), 50, 10, 5),
    }
    found = [figures_of(benches[one.name], one, asked) for asked, one in ASKED]
    for one in found:
        tokens = f"{one['prompt_tokens']} + {one['completion_tokens']} tokens"
        print(f"\n# {one['model']}, {one['dialogue']}: {one['asked']} replies, {tokens}")
        print(one["operators"], one["kept"])
        for stage in one["stages"]:
            print(stage)
        for arm, (mean, low, high) in one["best_valid"].items():
            print(f"| {arm} | {mean:.2f} [{low:.2f}, {high:.2f}] |")
    (RESULTS / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
