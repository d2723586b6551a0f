"""A W&B service on the loopback that works, refuses, hangs, or breaks down: the search never notices."""

import gzip
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from nasray.app.track_verbs import upload
from nasray.core.architecture import Architecture
from nasray.core.measurement import Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.tracking.wandb_run import WandbRun, stable_id

KEY = "c4nary4rt" * 4 + "zzzz"  # 40 characters, as W&B wants
USER = {"id": "u", "entity": "e", "username": "u", "email": "", "flags": "{}", "teams": {"edges": []}}
BUCKET = {"config": "{}", "sweepName": None, "historyLineCount": 0, "description": "", "displayName": "run", "id": "b"}


class Service(ThreadingHTTPServer):
    """As much of W&B's service as one run needs."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, behaviour: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour, self.stopped = behaviour, threading.Event()
        self.queries: list[str] = []
        self.history: list[dict[str, Any]] = []
        self.files: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that lost patience is what these tests are about."""

    def answer(self, path: str, text: str) -> dict[str, Any]:
        if path == "/graphql":
            query = json.loads(text)
            name = re.search(r"(query|mutation)\s+(\w+)", query["query"])[2]
            self.queries.append(name)
            return {"data": self.data(name, query.get("variables") or {})}
        if path.endswith("/file_stream"):
            lines = json.loads(text).get("files", {}).get("wandb-history.jsonl", {}).get("content", [])
            self.history.extend(map(json.loads, lines))
        elif path.startswith("/upload/"):
            self.files.append(path)
        return {}

    def data(self, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        if name == "UpsertBucket":
            project = {"id": "p", "name": "p", "entity": {"id": "e", "name": "e"}}
            bucket = {**BUCKET, "name": variables["name"], "project": project}
            return {"upsertBucket": {"bucket": bucket, "inserted": True}}
        if name == "CreateArtifact":
            artifact = {"id": "a", "state": "COMMITTED", "artifactSequence": {"latestArtifact": {"id": "a"}}}
            return {"createArtifact": {"artifact": artifact}}
        if name == "CreateRunFiles":
            files = [{"name": file, "uploadUrl": f"{self.url}/upload/{file}"} for file in variables["files"]]
            return {"createRunFiles": {"runID": "r", "uploadHeaders": [], "files": files}}
        empty = {
            "Viewer": {"viewer": USER},
            "RunResumeStatus": {"model": None},
            "ArtifactType": {"project": None},
            "ServerFeaturesQuery": {"serverInfo": {"features": []}},
        }
        return empty.get(name, {})


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        hangs = {"hang": True, "uploads hang": self.path != "/graphql"}
        if hangs.get(self.server.behaviour):
            self.server.stopped.wait(60)
        refused = self.server.behaviour == "429"
        answer = json.dumps({} if refused else self.server.answer(self.path, body.decode(errors="replace"))).encode()
        self.send_response(429 if refused else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_PUT(self) -> None:
        self.do_POST()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *arguments: object) -> None:
        """Keep the terminal clean."""


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    server = Service(request.param)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("WANDB_MODE", "WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)


def track(folder: Path, **changes: Any) -> WandbRun:
    fields: dict[str, Any] = {
        "run_id": "e01-seed1",
        "folder": folder,
        "config": {"seed": 1},
        "total": 10_000,
        "metric": "valid accuracy (%)",
        "describe": lambda architecture: f"|{architecture.key}|",
        "resume_from_slot": 0,
        "mode": "online",
        "project": "nasray",
        "entity": None,
        "group": None,
        "job_type": "search",
        "name": None,
        "tags": [],
        "max_points": 300,
        "table_rows": 200,
        "start_timeout_seconds": 1.0,
        "close_timeout_seconds": 60.0,
    }
    return WandbRun(**{**fields, **changes})


def tell_all(run: WandbRun) -> float:
    """10,000 outcomes in chunks of 100; how long the slowest call took."""
    told = [Outcome(Proposal(slot, Architecture((slot,))), Measurement(slot / 100)) for slot in range(10_000)]
    slowest = 0.0
    for first in range(0, 10_000, 100):
        began = time.monotonic()
        run.told(told[first : first + 100])
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def nowhere_on_disk(folder: Path) -> bool:
    return not [path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize("service", ["fine"], indirect=True)
def test_an_online_run_is_uploaded(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("WANDB_BASE_URL", service.url)
    (tmp_path / "report.html").write_text("<p>", encoding="utf-8")
    run = track(tmp_path, start_timeout_seconds=60.0)
    assert tell_all(run) < 5
    run.close({"stopped": "budget", "best": {"slot": 9_999, "value": 99.99}, "report": "report.html"})
    assert caplog.text == ""
    rows = [row for row in service.history if "slot" in row]
    assert len(rows) == 300
    assert [row["_step"] for row in rows] == [row["slot"] for row in rows]
    assert rows[-1]["slot"] == 9_999
    assert service.queries.count("UpsertBucket") < 10
    assert service.queries.count("CreateArtifact") == 2  # the table, the report
    assert [file for file in service.files if "architectures" in file]
    assert nowhere_on_disk(tmp_path)


@pytest.mark.parametrize("service", ["429", "hang"], indirect=True)
def test_a_service_that_refuses_or_hangs_costs_nothing(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("WANDB_BASE_URL", service.url)
    expect_the_disk(tmp_path, caplog)


@pytest.mark.parametrize("service", ["fine"], indirect=True)
def test_what_was_kept_on_disk_is_uploaded_once(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = track(tmp_path / "sweep" / "run", mode="offline")
    tell_all(run)
    run.close({"stopped": "budget"})
    monkeypatch.setenv("WANDB_BASE_URL", service.url)
    assert upload([tmp_path]) == "1 W&B runs uploaded, 0 were before"
    assert [row["slot"] for row in service.history if "slot" in row][-1] == 9_999
    n = len(service.queries)
    assert upload([tmp_path / "sweep", tmp_path / "sweep" / "run"]) == "0 W&B runs uploaded, 1 were before"
    assert len(service.queries) == n


def test_nobody_there_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    expect_the_disk(tmp_path, caplog)


def expect_the_disk(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="nasray")
    run = track(folder)
    assert tell_all(run) < 5
    run.close({"stopped": "budget"})
    (written,) = (folder / "wandb").glob("offline-run-*")
    assert written.name.endswith(stable_id("e01-seed1"))
    (log,) = written.glob("*.wandb")
    assert log.read_bytes().count(b"candidates_per_second") >= 300
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert f"nasray track sync {written}" in caplog.text
    assert KEY not in caplog.text
    assert nowhere_on_disk(folder)


@pytest.mark.parametrize("service", ["fine"], indirect=True)
@pytest.mark.parametrize(
    ("behaviour", "patience_seconds", "reason"),
    [("hang", 3.0, "closing took longer than 3 s"), ("uploads hang", 20.0, "the upload did not end in time")],
)
def test_a_service_that_breaks_down_is_not_waited_for(
    behaviour: str,
    patience_seconds: float,
    reason: str,
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setenv("WANDB_BASE_URL", service.url)
    run = track(tmp_path, start_timeout_seconds=60.0, close_timeout_seconds=patience_seconds)
    run.told([Outcome(Proposal(0, Architecture((0,))), Measurement(0.5))])
    run._log(0, 0.0)
    while not run._writer._folder:
        run._writer._ended.wait(0.05)
    service.behaviour = behaviour
    process = psutil.Process(run._writer._sink._process.pid)
    family = [process, *process.children(recursive=True)]
    began = time.monotonic()
    run.close({"stopped": "budget", "archive": "0badc0de"})
    assert time.monotonic() - began < patience_seconds + 15.0
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert reason in caplog.text
    (written,) = (tmp_path / "wandb").glob("run-*")
    assert f"nasray track sync {written}" in caplog.text
    _, left = psutil.wait_procs(family, timeout=10)
    assert not left
    (log,) = written.glob("*.wandb")
    assert b"candidates_per_second" in log.read_bytes()
    assert b"0badc0de" in log.read_bytes()
