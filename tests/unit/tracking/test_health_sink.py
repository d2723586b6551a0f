"""The health of hosts travels with rows that are written anyway."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.tracking.health_sink import HealthSink
from nasray.tracking.wandb_run import WandbRun


@dataclass
class FakeSink:
    sent: list[tuple] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def open(self, mode, overdue):
        self.calls.append(f"open {mode}")
        return "folder"

    def send(self, *messages):
        self.sent.append(messages)

    def finish(self, message):
        self.sent.append((message,))
        return True

    def kill(self):
        self.calls.append("kill")


def row(step: int, **more: float) -> dict:
    return {"op": "log", "row": {"slot": step, **more}, "step": step}


def test_the_last_row_of_a_write_says_it_once_in_a_while_and_the_end_always():
    now, asked = [0.0], count(1)
    sink = FakeSink()
    health = HealthSink(inner=sink, health=lambda: {"host/items": next(asked)}, clock=lambda: now[0])
    first = row(1)
    health.send(row(0), first)
    assert first == row(1), "the search's own row must be left as it is"
    now[0] = 9.9
    health.send(row(2))
    now[0] = 10.0
    health.send(row(3))
    assert health.finish({"op": "finish", "summary": {"failures": 0}, "step": 3})
    assert sink.sent == [
        (row(0), row(1, **{"host/items": 1})),
        (row(2),),
        (row(3, **{"host/items": 2}),),
        ({"op": "finish", "summary": {"failures": 0, "host/items": 3}, "step": 3},),
    ]


def test_all_else_is_the_inner_sinks():
    sink = FakeSink()
    health = HealthSink(inner=sink, health=dict)
    assert health.open("offline", lambda: False) == "folder"
    health.kill()
    assert sink.calls == ["open offline", "kill"]


def test_seconds_run_from_the_answer_so_that_a_slow_host_is_not_asked_all_the_time():
    now, n_asked = [0.0], []

    def slow() -> dict[str, float]:
        now[0] += 8.0
        n_asked.append(now[0])
        return {}

    health = HealthSink(inner=FakeSink(), health=slow, clock=lambda: now[0])
    health.send(row(0))
    now[0] = 17.0
    health.send(row(1))
    assert n_asked == [8.0]


def tracked(sink: FakeSink, folder: Path, hosts: Callable[[], dict[str, float]] | None, seconds: float) -> WandbRun:
    return WandbRun(
        run_id="e01-seed1",
        folder=folder,
        config={},
        total=1000,
        metric="valid accuracy (%)",
        describe=str,
        resume_from_slot=0,
        mode="offline",
        project="nasray",
        entity=None,
        group=None,
        job_type="search",
        name=None,
        tags=[],
        max_points=100,
        table_rows=10,
        start_timeout_seconds=5.0,
        close_timeout_seconds=seconds,
        hosts=hosts,
        make_sink=lambda: sink,
    )


OUTCOMES = [Outcome(Proposal(slot, Architecture((slot,)), "random"), Measurement(1.0)) for slot in range(1000)]


def test_the_health_of_hosts_costs_no_write(tmp_path: Path):
    written = []
    for hosts in (None, lambda: {"host/predictor/items": 7}):
        sink = FakeSink()
        run = tracked(sink, tmp_path, hosts, 5.0)
        run.told(OUTCOMES)
        run.close({})
        written.append([message for messages in sink.sent for message in messages])
    without, told = written
    assert [one["step"] for one in told] == [one["step"] for one in without]
    assert [one["step"] for one in told if "host/predictor/items" in one.get("row", {})] == [999]
    assert told[-1]["summary"]["host/predictor/items"] == 7


def test_a_host_that_hangs_does_not_hold_up_the_search(tmp_path: Path):
    asked, over = threading.Event(), threading.Event()

    def hanging() -> dict[str, float]:
        asked.set()
        over.wait(10.0)
        return {}

    run = tracked(FakeSink(), tmp_path, hanging, 0.1)
    began = time.monotonic()
    run.told(OUTCOMES[:600])
    assert asked.wait(5.0)
    run.told(OUTCOMES[600:])
    run.close({})
    over.set()
    assert time.monotonic() - began < 5.0
