"""One Weights & Biases run per search."""

import hashlib
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasray.analysis.trade_off import NOTHING, TradeOff
from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.measurement import Failure, Outcome
from nasray.tracking.front_tally import FRONT_SIZE, HYPERVOLUME, FrontTally
from nasray.tracking.health_sink import HealthSink
from nasray.tracking.quality_tally import QUALITY_METRICS, QualityTally
from nasray.tracking.recent_rate import RecentRate
from nasray.tracking.redaction import secrets_in, without_secrets
from nasray.tracking.sink import Sink
from nasray.tracking.slot_marks import SlotMarks
from nasray.tracking.tally import Tally
from nasray.tracking.wandb_sink import WandbSink
from nasray.tracking.writer import Writer

BEST, MEAN, RATE = "best/value", "batch_mean", "candidates_per_second"
METRICS = (BEST, MEAN, "failures", RATE, "cost/wall_seconds", "cost/benchmark_seconds")
FRONT_METRICS = (HYPERVOLUME, FRONT_SIZE)
HOST_METRICS = ("host/*",)
COLUMNS = ("rank", "slot", "value", "architecture", "operation", "failure", "wall_seconds", "benchmark_seconds")
COUNT_SLOTS, COUNT_SECONDS = 512, 0.25
NOT_FOR_SUMMARY = ("schema", "top", "front", "objectives", "report", "predictor")
FIRST_BEAT_SECONDS = 10.0
"""A slow search shows itself after 10 s, then 20 s later, 40 s, …: 17 extra rows are enough for a fortnight."""


def stable_id(run_id: str) -> str:
    """The W&B id of a nasray run: a resumed search continues it."""
    return hashlib.sha256(run_id.encode()).hexdigest()[:16]


def flattened(summary: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"a": {"b": 1}}`` as ``{"a/b": 1}``, as W&B groups numbers; what is missing or not finite is left out."""
    flat: dict[str, Any] = {}
    for name, value in summary.items():
        if isinstance(value, float):
            if math.isfinite(value):
                flat[prefix + name] = value
        elif isinstance(value, dict):  # not Mapping, whose check takes longer than the row
            flat.update(flattened(value, f"{prefix}{name}/"))
        elif value is not None:
            flat[prefix + name] = value
    return flat


@dataclass(kw_only=True)
class WandbRun:
    """Shows a search in W&B: a curve over slots, a table of architectures, the report, and the summary.

    An Observer. Rows are thinned to evenly spaced slots, so that any search makes at most ``max_points`` of them plus a
    handful, and each is the state of the search at its slot whatever the chunks were. All that talks to W&B happens in
    a daemon thread and in a process of its own; a service that is slow, dead or refusing costs the search nothing.

    Attributes:
        run_id: Of the nasray run.
        folder: The run folder; W&B writes into its ``wandb``.
        config: The resolved config; what looks like a secret is left out.
        total: Slots of the search.
        metric: What the value is, with its unit.
        describe: The written form of an architecture.
        resume_from_slot: Slots below were told to an earlier process of this search, which logged them.
        mode: ``offline`` or ``online``.
        project: W&B project.
        entity: W&B team or user; None is the key's own.
        group: What the run is grouped by; None is no group.
        job_type: W&B job type.
        name: Display name; None is the nasray run id.
        tags: W&B tags.
        max_points: Most evenly spaced slots that are logged.
        table_rows: Most rows of the table of architectures: the best, and a thinned sample.
        start_timeout_seconds: How long to wait for the service before tracking on disk instead.
        close_timeout_seconds: How long the end of the search may wait for the upload.
        clock: Monotonic seconds.
        trade_off: The search's objectives and constraints; with several objectives rows show the front.
        quality: Judges the scores that the search uses; None where it uses none.
        hosts: Asks the hosts of the search how they are; None where it has none.
        make_sink: Replaces W&B, for tests.

    Raises:
        ConfigError: A field has an impossible value.
    """

    run_id: str
    folder: Path
    config: Mapping[str, Any]
    total: int
    metric: str
    describe: Callable[[Architecture], str]
    resume_from_slot: int
    mode: str
    project: str
    entity: str | None
    group: str | None
    job_type: str
    name: str | None
    tags: Sequence[str]
    max_points: int
    table_rows: int
    start_timeout_seconds: float
    close_timeout_seconds: float
    clock: Callable[[], float] = time.monotonic
    trade_off: TradeOff = NOTHING
    quality: QualityTally | None = None
    hosts: Callable[[], Mapping[str, float]] | None = None
    make_sink: Callable[[], Sink] | None = None

    def __post_init__(self) -> None:
        """Validate, and start to count; nothing is written before the first outcome."""
        self._check()
        self._secrets = secrets_in(os.environ)
        self._marks = SlotMarks(self.total, self.max_points)
        self._table_marks = SlotMarks(self.total, self.table_rows)
        self._tally = Tally(self.trade_off)
        self._front = FrontTally(self.trade_off) if self.trade_off.objectives else None
        self._sample: list[Outcome] = []
        self._uncounted: list[Outcome] = []
        self._count_at = -math.inf
        self._logged = self._last = -1
        now = self.clock()
        self._rate = RecentRate(now, self.resume_from_slot)
        self._beat_seconds, self._beat_at = FIRST_BEAT_SECONDS, now + FIRST_BEAT_SECONDS
        sink = self.make_sink() if self.make_sink else self._wandb()
        self._writer = Writer(
            HealthSink(inner=sink, health=self.hosts) if self.hosts else sink,
            mode=self.mode,
            redact=lambda text: without_secrets(text, self._secrets),
            start_timeout_seconds=self.start_timeout_seconds,
            close_timeout_seconds=self.close_timeout_seconds,
        )

    def told(self, outcomes: Sequence[Outcome]) -> None:
        """Take note; count now and then, for a call a slot must cost next to nothing."""
        if self._writer.off:
            return
        self._uncounted.extend(outcomes)
        now = self.clock()
        if now >= self._count_at or len(self._uncounted) >= COUNT_SLOTS:
            self._count(now)

    def close(self, summary: Mapping[str, Any]) -> None:
        """Log the last slot, table, report and summary, and wait for the upload no longer than allowed."""
        try:
            now = self.clock()
            self._count(now)
            self._log(self._last, now)
            message = self._end(summary)
        except Exception as error:  # noqa: BLE001 - the documented boundary: tracking must never end a search
            self._writer.stop(error)
        else:
            self._writer.close(message)

    def _count(self, now: float) -> None:
        """Count what was told, and log what falls on a mark."""
        outcomes, self._uncounted = self._uncounted, []
        self._count_at = now + COUNT_SECONDS
        if not outcomes:
            return
        first = outcomes[0].proposal.slot
        stop = first + len(outcomes)
        self._sample.extend(outcomes[slot - first] for slot in self._table_marks.within(first, stop))
        begin = 0
        for slot in self._marks.within(first, stop):
            self._add(outcomes[begin : slot - first + 1])
            self._log(slot, now)
            begin = slot - first + 1
        self._add(outcomes[begin:])
        self._last = stop - 1
        self._rate.note(now, stop)
        if now >= self._beat_at:
            self._beat_seconds *= 2
            self._log(self._last, now)

    def _add(self, outcomes: Sequence[Outcome]) -> None:
        self._tally.add(outcomes)
        if self._front:
            self._front.add(outcomes)
        if self.quality:
            self.quality.add(outcomes)

    def _check(self) -> None:
        require(
            self.mode in ("offline", "online"),
            f"tracking.mode ({self.mode}) must be offline or online; for no W&B choose tracking=none",
        )
        require(self.max_points >= 1, f"tracking.max_points ({self.max_points}) must be at least 1")
        require(self.table_rows >= 1, f"tracking.table_rows ({self.table_rows}) must be at least 1")
        for name in ("start_timeout_seconds", "close_timeout_seconds"):
            seconds = getattr(self, name)
            require(seconds > 0, f"tracking.{name} ({seconds}) must be positive")

    def _wandb(self) -> WandbSink:
        init = {
            "id": stable_id(self.run_id),
            "name": self.name or self.run_id,
            "project": self.project,
            "entity": self.entity,
            "group": self.group,
            "job_type": self.job_type,
            "tags": list(self.tags),
            "config": {**self.config, "nasray_run_id": self.run_id, "metric": self.metric},
        }
        return WandbSink(
            folder=self.folder,
            init=without_secrets(init, self._secrets),
            # half of the closing time: W&B must end its upload itself, to leave a complete log on disk
            settings={"init_timeout": self.start_timeout_seconds, "finish_timeout": self.close_timeout_seconds / 2},
            metrics=(
                *METRICS,
                *(FRONT_METRICS if self._front else ()),
                *(QUALITY_METRICS if self.quality else ()),
                *(HOST_METRICS if self.hosts else ()),
            ),
        )

    def _log(self, slot: int, now: float) -> None:
        mean = self._tally.take_batch_mean()
        self._beat_at = now + self._beat_seconds
        if slot < self.resume_from_slot or slot <= self._logged:
            return
        self._logged = slot
        row = {
            "slot": slot,
            BEST: self._tally.best.value if self._tally.best else None,
            MEAN: mean,
            "failures": self._tally.failures,
            RATE: self._rate.per_second(now, slot + 1),
            "cost/wall_seconds": self._tally.wall_seconds,
            "cost/benchmark_seconds": self._tally.benchmark_seconds,
            **(self._front.row() if self._front else {}),
            **(self.quality.row() if self.quality else {}),
        }
        # the step is the slot: a resumed run cannot write a row twice, nor an offline one lose its place
        self._writer.write({"op": "log", "row": flattened(row), "step": slot})

    def _end(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        report = self.folder / summary["report"] if summary.get("report") else None
        shown = {name: value for name, value in summary.items() if name not in NOT_FOR_SUMMARY}
        step = self._logged if self._logged >= 0 else self._last + 1  # after a resume that had nothing left to do
        message = {
            "op": "finish",
            "summary": {**flattened(shown), "tracking/dropped_points": self._writer.dropped},
            "table": {"columns": COLUMNS, "rows": self._rows(summary.get("top") or [])},
            "report": str(report.resolve()) if report and report.is_file() else None,
            "step": step,
        }
        return without_secrets(message, self._secrets)

    def _rows(self, top: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        """The best, ranked, then the sample in slot order; cost is known of told outcomes only."""
        best = top[: self.table_rows]
        rows: list[list[Any]] = [
            [rank, row["slot"], row["value"], row["text"], row.get("operation"), None, None, None]
            for rank, row in enumerate(best, start=1)
        ]
        shown = {row["slot"] for row in best}
        others = [outcome for outcome in self._sample if outcome.proposal.slot not in shown]
        room = self.table_rows - len(rows)
        if room and others:
            rows.extend(self._row(others[mark]) for mark in SlotMarks(len(others), room).within(0, len(others)))
        return rows

    def _row(self, outcome: Outcome) -> list[Any]:
        proposal, result = outcome.proposal, outcome.result
        failure = result.kind if isinstance(result, Failure) else None
        value = None if isinstance(result, Failure) else result.value
        cost = [result.cost.wall_seconds, result.cost.benchmark_seconds]
        return [None, proposal.slot, value, self.describe(proposal.architecture), proposal.operation, failure, *cost]
