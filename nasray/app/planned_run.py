"""What a planned run would ask of its language model, found out by searching dry: a fake answers, nobody is paid."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from nasray.app.absolute_paths import with_absolute_paths
from nasray.app.composition import Composition, compose
from nasray.app.exit_codes import exit_codes
from nasray.app.hydra_run import hydra_run
from nasray.app.parts import build
from nasray.app.schema import resolved
from nasray.app.trade_offs import asked_columns
from nasray.core.errors import ConfigError, require
from nasray.core.event_log import NoLog
from nasray.core.executor import EvaluatorFactory
from nasray.core.measurement import Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.llm.metered_model import MeteredModel
from nasray.llm.price import Price
from nasray.llm.price_table import listed_price
from nasray.llm.talkative import Talkative
from nasray.llm.tally import Tally
from nasray.reports.metric import plural
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator

_MULTIRUN = ("-m", "--multirun")


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """A run that was searched dry.

    Attributes:
        model: Name of the configured language model.
        price: Of its tokens; None where it is unknown.
        tally: What the dry search asked; the tokens written are the most that its requests allow.
        slots: Evaluations of the dry search.
        measured_by: Where their values came from, in words.
    """

    model: str
    price: Price | None
    tally: Tally
    slots: int
    measured_by: str

    def lines(self) -> Iterator[str]:
        """The table for the terminal: what it takes, then what was assumed."""
        asked, again = self.tally, sum(self.tally.refusals.values()) - self.tally.unanswered
        yield f"model       {self.model}"
        free = f"; {asked.hits:,} more repeat one of them and are free" if asked.hits else ""
        yield f"requests    {asked.paid:,} to be paid{free}"
        yield f"tokens      about {asked.prompt_tokens:,} read, at most {asked.completion_tokens:,} written"
        if self.price is None:
            yield f"USD         unknown: no price is listed of {self.model}; give --price READ WRITTEN"
        else:
            usd = self.price.usd(asked.prompt_tokens, asked.completion_tokens)
            yield (
                f"USD         at most about {usd:,.4f}, at {self.price.prompt:g} and {self.price.completion:g} "
                f"a million tokens ({self.price.as_of})"
            )
        yield f"assumed     a dry search of {plural(self.slots, 'slot')}, values from {self.measured_by}"
        yield "            a fake answered: a real model's advice leads elsewhere, with about as many questions"
        yield f"            {again:,} of the requests ask again after a reply that was of no use; yours may need more"
        yield "            tokens read are counted roughly; every reply is as long as its request allows"
        yield "            the cache is empty: what it has already is free"


def print_planned(overrides: Sequence[str], price: Price | None) -> None:
    """Compose what ``nasray run`` would, search it dry, and print what it takes.

    Args:
        overrides: Those of the run.
        price: Of the model's tokens; None for the configured or the listed one.

    Raises:
        ConfigError: It cannot be composed, or is a sweep.
    """
    require(
        not set(overrides) & set(_MULTIRUN),
        "a sweep cannot be estimated at once; leave -m out, estimate one of its runs, and multiply",
    )

    def job(config: DictConfig) -> None:
        with exit_codes():
            folder = Path(HydraConfig.get().runtime.output_dir)
            plan = planned_run(resolved(config), folder)
            for line in replace(plan, price=price or plan.price).lines():
                print(line)

    with TemporaryDirectory() as scratch:
        hydra_run([*overrides, f"hydra.run.dir='{scratch}'"], job)


def planned_run(raw: dict[str, Any], folder: Path) -> PlannedRun:
    """Search dry.

    Args:
        raw: The resolved configuration.
        folder: An empty one, which may be thrown away afterwards.

    Raises:
        NasrayError: The configuration is impossible, data are missing, or nobody would ask a language model.
    """
    raw = with_absolute_paths(raw, Path.cwd())
    composed = compose(_dry(raw, folder), folder)
    model = composed.language_model
    if model is None:
        raise ConfigError(
            "no part of the planned run asks a language model, so that it pays none; choose one that does, e.g. "
            "predictor=language_model with strategy=screened and language_model=openai"
        )
    service: MeteredModel = build(raw["language_model"])
    table = composed.config.evaluator.get("table")
    factory: EvaluatorFactory = composed.factory if table else partial(_Drawn, asked_columns(composed.trade_off))
    slots = _searched(composed, factory)
    model.close()
    return PlannedRun(
        model=service.model,
        price=service.price or listed_price(service.model),
        tally=model.tally(),
        slots=slots,
        measured_by=f"table {table}" if table else f"chance, in place of {type(composed.evaluator).__name__}",
    )


def _dry(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The configuration with everything in this process, and a fake that is free, quick and forgotten afterwards."""
    dry = {**raw, "host": {**raw["host"], "where": "local"}, "tracking": {"mode": "none"}}
    if (model := raw.get("language_model")) is None:
        return dry
    fake = {"_target_": f"{Talkative.__module__}.{Talkative.__name__}", "model": "fake", "latency_seconds": 0.0}
    unlimited = {
        section: {name: value if name == "_target_" else None for name, value in model[section].items()}
        for section in ("caps", "limiter")
    }
    return {**dry, "language_model": {**model, "client": fake, "path": str(folder / "cache.sqlite"), **unlimited}}


def _searched(composed: Composition, factory: EvaluatorFactory) -> int:
    """Slots of the whole search, whatever the clock says."""
    config = composed.config
    search = Search(
        space=composed.space,
        strategy=composed.scheduler,
        budget=replace(composed.budget, wall_seconds=None),
        width=config.width,
        seed=config.seed,
        log=NoLog(),
        observers=[],
        past=None,
    )
    Simulator(workers=1).run(search, factory, Streams(config.seed, "evaluator"))
    return len(search.outcomes)


@dataclass
class _Drawn:
    """Values by chance: for counting, what was measured does not matter.

    Args:
        columns: What is measured besides.
    """

    columns: Sequence[str]
    metric: str = "drawn value"
    chunk_size: int = 512

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> Sequence[Measurement]:
        """Between 0 and 100, by slot."""
        return [self._one(streams, proposal.slot) for proposal in proposals]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        """Never asked for: a plan ends with its search."""
        return TestScore(self._one(streams, proposal.slot).value)

    def _one(self, streams: Streams, slot: int) -> Measurement:
        value, *others = streams.at(slot).uniform(0.0, 100.0, 1 + len(self.columns)).tolist()
        return Measurement(value, columns=dict(zip(self.columns, others, strict=True)))
