"""What is written of a search, and how often: a fake W&B run behind the real protocol counts every write."""

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nasray.analysis.trade_off import TradeOff
from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError
from nasray.core.measurement import Cost, Failure, Measurement, Outcome
from nasray.core.objective import Objective
from nasray.core.proposal import Proposal
from nasray.tracking.quality_tally import QualityTally
from nasray.tracking.wandb_process import serve
from nasray.tracking.wandb_run import WandbRun, flattened, stable_id


class FakeWandb:
    """Looks like a W&B run, and keeps what it is given."""

    def __init__(self) -> None:
        self.id, self.settings = "fake", SimpleNamespace(sync_dir="wandb/fake")
        self.rows: list[dict[str, Any]] = []
        self.steps: list[int] = []
        self.artifacts: list[Any] = []
        self.summaries: list[dict[str, Any]] = []
        self.table: Any = None
        self.exit_codes: list[int | None] = []
        self.summary = SimpleNamespace(update=self.summaries.append)

    def log(self, row: dict[str, Any], step: int) -> None:
        if "architectures" in row:
            self.table = row["architectures"]
        else:
            self.rows.append(row)
        self.steps.append(step)

    def log_artifact(self, artifact: Any) -> None:
        self.artifacts.append(artifact)

    def finish(self, exit_code: int | None = None) -> None:
        self.exit_codes.append(exit_code)

    @property
    def writes(self) -> int:
        return len(self.steps) + len(self.artifacts) + len(self.summaries)


class FakeSink:
    """Collects the lines, and plays them to the fake run in the way the process does."""

    def __init__(self) -> None:
        self.lines = ["{}"]
        self.run = FakeWandb()
        self.answers: list[dict[str, Any]] = []

    def open(self, mode: str, overdue: Callable[[], bool]) -> str:
        return "wandb/fake"

    def send(self, *messages: dict) -> None:
        self.lines.extend(map(json.dumps, messages))

    def finish(self, message: dict) -> bool:
        self.send(message)
        serve(self.lines, self.answers.append, lambda _: self.run)
        assert self.answers == [{"ready": "wandb/fake"}, {"done": True}], self.answers
        return True

    def kill(self) -> None:
        pass


class FakeTable:
    def __init__(self, columns: list[str], data: list[list[Any]]) -> None:
        self.columns, self.data = columns, data


class FakeArtifact:
    def __init__(self, name: str, type: str) -> None:
        self.name, self.type, self.files = name, type, []

    def add_file(self, path: str, **options: Any) -> None:
        self.files.append(path)


@pytest.fixture(autouse=True)
def wandb(monkeypatch: pytest.MonkeyPatch) -> None:
    """``import wandb`` gives two plain classes: the real one takes a second to import."""
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(Table=FakeTable, Artifact=FakeArtifact))


def outcomes(n: int) -> list[Outcome]:
    """Every tenth fails; the others are worth their slot modulo 1,000."""
    return [
        Outcome(
            Proposal(slot, Architecture((slot,)), "mutation"),
            Failure("timeout", "slow") if slot % 10 == 9 else Measurement(float(slot % 1000), Cost(0.5, 2.0)),
        )
        for slot in range(n)
    ]


def tracked(sink: FakeSink, folder: Path, **changes: Any) -> WandbRun:
    fields: dict[str, Any] = {
        "run_id": "e01-seed1",
        "folder": folder,
        "config": {"seed": 1},
        "total": 10_000,
        "metric": "valid accuracy (%)",
        "describe": lambda architecture: f"|{architecture.key}|",
        "resume_from_slot": 0,
        "mode": "offline",
        "project": "nasray",
        "entity": None,
        "group": None,
        "job_type": "search",
        "name": None,
        "tags": [],
        "max_points": 300,
        "table_rows": 2000,
        "start_timeout_seconds": 5.0,
        "close_timeout_seconds": 5.0,
        "clock": lambda: 0.0,
        "make_sink": lambda: sink,
    }
    return WandbRun(**{**fields, **changes})


SUMMARY = {
    "schema": 1,
    "archive": "ab",
    "stopped": "budget",
    "evaluations": 10_000,
    "failures": 1_000,
    "wall_seconds": 1.5,
    "cost": {"wall_seconds": 4500.0, "benchmark_seconds": 18000.0},
    "best": {"slot": 998, "text": "|998|", "value": 998.0},
    "top": [{"slot": 998, "text": "|998|", "value": 998.0, "operation": "mutation", "columns": {}, "graph": None}],
    "test": {"best": 90.0, "controls": [80.0, 81.0], "control_valid": [70.0, 71.0]},
    "optimum": None,
    "rates": {"invalid": 0.25, "undefined": float("nan")},
}


def search(run: WandbRun, told: list[Outcome], chunk: int) -> None:
    for first in range(0, len(told), chunk):
        run.told(told[first : first + chunk])


@pytest.mark.parametrize("chunk", [1, 7, 512])
def test_ten_thousand_evaluations_make_at_most_four_hundred_writes(chunk: int, tmp_path: Path):
    sink = FakeSink()
    (tmp_path / "report.html").write_text("<p>", encoding="utf-8")
    run = tracked(sink, tmp_path)
    search(run, outcomes(10_000), chunk)
    run.close({**SUMMARY, "report": "report.html"})
    assert sink.run.writes == 300 + 1 + 1 + 1 <= 400  # rows, table, report, summary
    assert [row["slot"] for row in sink.run.rows] == sink.run.steps[:-1]
    assert sink.run.steps == sorted(sink.run.steps)
    assert sink.run.rows[0] == {
        "slot": 33,  # ceil(10,000 / 300) = 34 slots are done
        "best/value": 33.0,
        "batch_mean": (sum(range(34)) - 9 - 19 - 29) / 31,
        "failures": 3,
        "candidates_per_second": 0.0,  # the test's clock stands still
        "cost/wall_seconds": 15.5,
        "cost/benchmark_seconds": 62.0,
    }
    assert sink.run.rows[-1]["slot"] == 9_999
    assert sink.run.rows[-1]["failures"] == 1_000
    assert sink.run.exit_codes == [None]


def test_a_slow_search_shows_itself_early_and_still_writes_little(tmp_path: Path):
    sink = FakeSink()
    seconds = iter(range(0, 10_000_000, 60))
    run = tracked(sink, tmp_path, clock=lambda: float(next(seconds)))
    search(run, outcomes(10_000), 1)  # a candidate a minute: a week
    run.close(SUMMARY)
    slots = [row["slot"] for row in sink.run.rows]
    # after 10 s, 20 s and 40 s, which is each of the first minutes; then after 80 s, 160 s, …, and the first mark
    assert slots[:5] == [0, 1, 2, 4, 7]
    assert 33 in slots
    assert sink.run.writes <= 400
    assert sink.run.rows[-1]["candidates_per_second"] == pytest.approx(1 / 60)


def test_a_resumed_search_logs_each_slot_once(tmp_path: Path):
    whole, before, after = FakeSink(), FakeSink(), FakeSink()
    told = outcomes(1_000)
    for sink, stop, resume in ((whole, 1_000, 0), (before, 480, 0), (after, 1_000, 480)):
        run = tracked(sink, tmp_path, total=1_000, max_points=100, resume_from_slot=resume)
        search(run, told[:480], 480)  # a resumed search is told all of its past at once
        search(run, told[480:stop], 16)
        run.close(SUMMARY)
    assert before.run.rows + after.run.rows == whole.run.rows


def test_a_resume_with_nothing_left_writes_its_end_only(tmp_path: Path):
    sink = FakeSink()
    run = tracked(sink, tmp_path, total=100, resume_from_slot=100)
    run.told(outcomes(100))
    run.close(SUMMARY)
    assert sink.run.rows == []
    assert sink.run.steps == [100]
    assert sink.run.summaries[0]["best/value"] == 998.0


def test_a_search_that_stops_early_logs_its_last_slot(tmp_path: Path):
    sink = FakeSink()
    run = tracked(sink, tmp_path)
    search(run, outcomes(50), 7)
    run.close(SUMMARY)
    assert [row["slot"] for row in sink.run.rows] == [33, 49]


def test_failures_alone_have_no_best(tmp_path: Path):
    sink = FakeSink()
    run = tracked(sink, tmp_path, total=1)
    run.told([Outcome(Proposal(0, Architecture((1,))), Failure("exception", "no"))])
    run.told([])
    run.close({})
    assert set(sink.run.rows[0]) == {
        "slot",
        "failures",
        "candidates_per_second",
        "cost/wall_seconds",
        "cost/benchmark_seconds",
    }
    assert sink.run.table.data == [[None, 0, None, "|1|", "random", "exception", 0.0, 0.0]]


def test_the_table_has_the_best_and_an_even_sample(tmp_path: Path):
    sink = FakeSink()
    run = tracked(sink, tmp_path, total=1_000, table_rows=11)
    search(run, outcomes(1_000), 64)
    run.close(SUMMARY)
    table = sink.run.table
    assert table.columns[:4] == ["rank", "slot", "value", "architecture"]
    assert table.data[0] == [1, 998, 998.0, "|998|", "mutation", None, None, None]
    assert [row[1] for row in table.data[1:]] == [181, 272, 363, 454, 545, 636, 727, 818, 909, 999]
    assert table.data[-1] == [None, 999, None, "|999|", "mutation", "timeout", 0.0, 0.0]


def test_test_scores_are_in_the_summary_and_nowhere_else(tmp_path: Path):
    sink = FakeSink()
    run = tracked(sink, tmp_path)
    search(run, outcomes(10_000), 512)
    run.close(SUMMARY)
    summary = sink.run.summaries[0]
    assert summary["test/best"] == 90.0
    assert summary["test/controls"] == [80.0, 81.0]
    assert summary["tracking/dropped_points"] == 0
    assert "rates/undefined" not in summary
    assert not [name for row in sink.run.rows for name in row if name.startswith("test")]
    assert not {"schema", "top", "report", "optimum"} & set(summary)


@pytest.mark.parametrize("report", [None, "gone.html"])
def test_a_report_that_is_not_there_is_no_artifact(report: str | None, tmp_path: Path):
    sink = FakeSink()
    run = tracked(sink, tmp_path, total=10)
    run.told(outcomes(10))
    run.close({**SUMMARY, "report": report})
    assert sink.run.artifacts == []


def test_the_report_is_an_artifact_of_its_type(tmp_path: Path):
    sink = FakeSink()
    (tmp_path / "report.html").write_text("<p>", encoding="utf-8")
    run = tracked(sink, tmp_path, total=10)
    run.told(outcomes(10))
    run.close({**SUMMARY, "report": str(tmp_path / "report.html")})
    (artifact,) = sink.run.artifacts
    assert (artifact.name, artifact.type) == ("report-fake", "report")
    assert artifact.files == [str((tmp_path / "report.html").resolve())]


def test_a_broken_description_ends_tracking_not_the_search(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    def broken(architecture: Architecture) -> str:
        raise ValueError("no text")

    run = tracked(FakeSink(), tmp_path, total=10, describe=broken)
    run.told(outcomes(10))
    run.close(SUMMARY)
    run.told(outcomes(10))
    assert caplog.text.count("W&B tracking stopped: no text") == 1


def test_secrets_do_not_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setenv("WANDB_API_KEY", "c4nary-c4nary")
    sink = FakeSink()
    run = tracked(sink, tmp_path, total=10)
    run.told(outcomes(10))
    run.close({**SUMMARY, "note": "my c4nary-c4nary"})
    assert "c4nary" not in "".join(sink.lines)

    real = tracked(sink, tmp_path, make_sink=None, config={"llm": {"api_key": "hush"}, "note": "c4nary-c4nary"})
    opened = json.dumps(real._wandb().init)
    assert "c4nary" not in opened
    assert "hush" not in opened
    assert real._wandb().init["id"] == stable_id("e01-seed1")
    assert real._wandb().init["name"] == "e01-seed1"
    assert "c4nary" not in caplog.text


def test_the_id_is_stable_and_fits_wandb():
    # sha256("e01-seed1") begins so; the id must never change, or resumed runs would begin anew
    assert stable_id("e01-seed1") == "fccf988d91b3a5f6"
    assert stable_id("e01-seed2") != stable_id("e01-seed1")


def test_flattened():
    assert flattened({"a": {"b": {"c": 1}}, "d": None, "e": float("inf"), "f": "x"}) == {"a/b/c": 1, "f": "x"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "none"}, r"tracking.mode \(none\) must be offline or online"),
        ({"max_points": 0}, r"tracking.max_points \(0\) must be at least 1"),
        ({"table_rows": 0}, r"tracking.table_rows \(0\) must be at least 1"),
        ({"start_timeout_seconds": 0}, r"tracking.start_timeout_seconds \(0\) must be positive"),
        ({"close_timeout_seconds": -1.0}, r"tracking.close_timeout_seconds \(-1.0\) must be positive"),
    ],
)
def test_impossible_settings_are_refused(changes: dict[str, Any], message: str, tmp_path: Path):
    with pytest.raises(ConfigError, match=message):
        tracked(FakeSink(), tmp_path, **changes)


def test_an_upload_cut_short_and_a_crash_reach_the_process_end():
    class Stuck(FakeWandb):
        def finish(self, exit_code: int | None = None) -> None:
            raise TimeoutError

    finish = {"op": "finish", "summary": {}, "table": {"columns": [], "rows": []}, "report": None, "step": 1}
    answers: list[dict[str, Any]] = []
    serve(["{}", json.dumps(finish)], answers.append, lambda _: Stuck())
    assert answers == [{"ready": "wandb/fake"}, {"done": False}]

    crashed = FakeWandb()
    serve(["{}"], answers.append, lambda _: crashed)
    assert crashed.exit_codes == [1]
    assert answers[-1] == {"error": "the search ended without a word"}


def test_an_error_of_wandb_is_answered_after_what_was_logged_is_kept(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    answers: list[dict[str, Any]] = []
    run = FakeWandb()
    serve(["{}", '{"op": "log"}'], answers.append, lambda _: run)
    assert answers[-1] == {"error": "KeyError: 'row'"}
    assert run.exit_codes == [1]

    def refuse(_: dict[str, Any]) -> Any:
        raise OSError("disk full")

    serve(["{}"], answers.append, refuse)
    assert answers[-1] == {"error": "OSError: disk full"}


def test_a_front_is_shown_at_no_more_writes(tmp_path: Path):
    objectives = Objective(column="value", direction="maximize"), Objective(column="ms", direction="minimize")
    told = [
        Outcome(Proposal(slot, Architecture((slot,))), Measurement(float(slot), columns={"ms": float(slot)}))
        for slot in range(1_000)
    ]
    plain, several = FakeSink(), FakeSink()
    runs = (
        tracked(plain, tmp_path, total=1_000),
        tracked(several, tmp_path, total=1_000, trade_off=TradeOff(objectives=objectives, reference=(0.0, 10.0))),
    )
    for run in runs:
        search(run, told, 64)
        run.close(SUMMARY)
    assert several.run.writes == plain.run.writes
    assert "front/size" not in plain.run.rows[0]
    # Slot 3: the front is (0, 0), (1, 1), (2, 2), (3, 3); from (0, 10) they cover 9 + 8 + 7.
    assert several.run.rows[0] == {**plain.run.rows[0], "front/hypervolume": 24.0, "front/size": 4}


def test_what_the_scores_are_worth_is_shown_where_there_are_scores(tmp_path: Path):
    told = [
        one._replace(proposal=one.proposal._replace(notes={"score": 1.0 * n})) for n, one in enumerate(outcomes(12))
    ]
    for quality, n in ((None, None), (QualityTally(True), 11)):  # one of the twelve failed
        sink = FakeSink()
        run = tracked(sink, tmp_path, total=12, quality=quality)
        search(run, told, chunk=12)
        run.close(SUMMARY)
        assert sink.run.rows[-1].get("predictor/n") == n
        assert ("predictor/tau" in sink.run.rows[-1]) == bool(n)
