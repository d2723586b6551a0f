"""Real offline runs of wandb, read back from disk."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.tracking.wandb_run import WandbRun, stable_id

CANARY = "c4nary" * 7  # a key of the length that wandb expects or more
SUMMARY = {
    "stopped": "budget",
    "evaluations": 1_000,
    "best": {"slot": 999, "text": "|999|", "value": 99.9},
    "top": [{"slot": 999, "text": "|999|", "value": 99.9, "operation": "random", "columns": {}, "graph": None}],
    "test": {"best": 90.0, "controls": [80.0], "control_valid": [70.0]},
    "report": "report.html",
}


def raw_records(log: bytes) -> Iterator[bytes]:
    """The records of a ``.wandb`` file: LevelDB's log format in blocks of 32 KiB after a header of 7 bytes."""
    at, parts = 7, b""
    while at + 7 <= len(log):
        if 32_768 - at % 32_768 < 7:
            at += 32_768 - at % 32_768
            continue
        length, kind = struct.unpack_from("<HB", log, at + 4)
        parts += log[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or the last piece of one
            yield parts
            parts = b""


def read(run_folder: Path) -> dict[str, Any]:
    """What an offline run holds: its id, config, rows, steps, final summary, and types of its artifacts."""
    from wandb.proto.wandb_internal_pb2 import Record

    found: dict[str, Any] = {"rows": [], "steps": [], "summary": {}, "artifacts": [], "config": {}, "exit": None}
    (path,) = run_folder.glob("*.wandb")
    for raw in raw_records(path.read_bytes()):
        record = Record.FromString(raw)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            found["id"], found["name"], found["job_type"] = (
                record.run.run_id,
                record.run.display_name,
                record.run.job_type,
            )
            found["config"] = {item.key: json.loads(item.value_json) for item in record.run.config.update}
        elif kind == "history":
            row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            found["steps"].append(record.history.step.num)
            found["rows"].append(row)
        elif kind == "summary":
            for item in record.summary.update:
                found["summary"][item.key or "/".join(item.nested_key)] = json.loads(item.value_json)
        elif kind == "artifact":
            found["artifacts"].append(record.artifact.type)
        elif kind == "request" and record.request.HasField("log_artifact"):
            found["artifacts"].append(record.request.log_artifact.artifact.type)
        elif kind == "exit":
            found["exit"] = record.exit.exit_code
    return found


def outcomes(n: int) -> list[Outcome]:
    return [Outcome(Proposal(slot, Architecture((slot,))), Measurement(slot / 10)) for slot in range(n)]


def track(folder: Path, resume_from_slot: int) -> WandbRun:
    return WandbRun(
        run_id="e01-seed1",
        folder=folder,
        config={"seed": 1, "llm": {"api_key": CANARY}, "note": f"key {CANARY}"},
        total=1_000,
        metric="valid accuracy (%)",
        describe=lambda architecture: f"|{architecture.key}|",
        resume_from_slot=resume_from_slot,
        mode="offline",
        project="nasray",
        entity=None,
        group="e01",
        job_type="search",
        name=None,
        tags=["small"],
        max_points=100,
        table_rows=50,
        start_timeout_seconds=60.0,
        close_timeout_seconds=60.0,
    )


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", CANARY)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("WANDB_MODE", "WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_an_offline_run_and_its_resumption(tmp_path: Path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "report.html").write_text("<p>report</p>", encoding="utf-8")
    told = outcomes(1_000)

    first = track(folder, resume_from_slot=0)
    first.told(told[:500])
    first.close({"stopped": "clock", "evaluations": 500})
    second = track(folder, resume_from_slot=500)
    second.told(told[:500])
    second.told(told[500:])
    second.close(SUMMARY)

    before, after = sorted((folder / "wandb").glob("offline-run-*"), key=lambda path: path.stat().st_mtime_ns)
    before, after = read(before), read(after)
    assert before["id"] == after["id"] == stable_id("e01-seed1")
    assert (after["name"], after["job_type"], after["exit"]) == ("e01-seed1", "search", 0)
    assert before["steps"] == [row["slot"] for row in before["rows"]] == list(range(9, 500, 10))
    assert after["steps"] == [row["slot"] for row in after["rows"]] == list(range(509, 1_000, 10))
    assert after["rows"][-1]["best/value"] == 99.9
    assert after["rows"][-1]["architectures/nrows"] == 50
    assert after["summary"]["best/text"] == "|999|"
    assert after["summary"]["test/best"] == 90.0
    assert not [name for row in after["rows"] for name in row if name.startswith("test")]
    assert "report" in after["artifacts"]
    assert "report" not in before["artifacts"]
    assert after["config"]["llm"] == {"api_key": "<removed>"}
    assert after["config"]["note"] == "key <removed>"

    written = [path for path in folder.rglob("*") if path.is_file()]
    assert len(written) > 4
    assert not [path for path in written if CANARY.encode() in path.read_bytes()]
    assert sum(path.stat().st_size for path in written) < 1_000_000
    assert not (tmp_path / "home").exists() or not [p for p in (tmp_path / "home").rglob("*") if p.is_file()]


def test_a_search_that_dies_leaves_a_crashed_run_with_its_rows(tmp_path: Path):
    run = track(tmp_path, resume_from_slot=0)
    run.told(outcomes(200))
    run._count(0.0)
    writer, sink = run._writer, run._writer._sink
    while writer._queue._rows or not writer._folder:
        writer._ended.wait(0.05)
    writer._ended.wait(0.5)
    sink._process.stdin.close()  # what the operating system does when the search is killed
    sink._process.wait(timeout=30)
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    found = read(folder)
    assert found["steps"] == list(range(9, 200, 10))
    assert found["exit"] == 1
