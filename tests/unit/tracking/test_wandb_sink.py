"""The line to the W&B process, with small scripts in its place."""

import time
from pathlib import Path

import pytest

from nasray.tracking import wandb_sink
from nasray.tracking.wandb_sink import WandbSink, child_environment

GOOD = """
import json, sys
first = json.loads(input())
print(json.dumps({"ready": first["init"]["mode"] + " in " + first["init"]["dir"]}), flush=True)
for line in sys.stdin:
    if json.loads(line)["op"] == "finish":
        print(json.dumps({"done": True}), flush=True)
        break
"""


def never() -> bool:
    return False


@pytest.fixture
def sink(tmp_path: Path):
    made = WandbSink(folder=tmp_path / "run", init={"id": "1"}, settings={}, metrics=("a",))
    yield made
    made.kill()


def speak(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    monkeypatch.setattr(wandb_sink, "SCRIPT", path)


def test_open_send_finish(sink: WandbSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    speak(monkeypatch, tmp_path, GOOD)
    assert sink.open("offline", never) == f"offline in {tmp_path / 'run'}"
    sink.send({"op": "log"})
    assert sink.finish({"op": "finish"}) is True
    sink.kill()


def test_a_process_that_cannot_open_says_why(sink: WandbSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    speak(monkeypatch, tmp_path, """input(); print('{"error": "no key"}')""")
    with pytest.raises(ConnectionError, match="no key"):
        sink.open("online", never)


def test_an_answer_out_of_turn(sink: WandbSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    speak(monkeypatch, tmp_path, """input(); print('{"done": true}')""")
    with pytest.raises(ConnectionError, match="unexpected answer of the W&B process"):
        sink.open("online", never)


def test_a_process_that_does_not_answer(sink: WandbSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    speak(monkeypatch, tmp_path, "import time; time.sleep(60)")
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="did not answer in time"):
        sink.open("online", lambda: time.monotonic() - began > 0.1)


def test_a_process_that_is_gone(sink: WandbSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    speak(monkeypatch, tmp_path, GOOD)
    sink.open("offline", never)
    sink.kill()
    with pytest.raises(ConnectionError, match="the W&B process has ended"):
        sink.send({"op": "log"})


def test_a_process_that_talks_nonsense(sink: WandbSink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    speak(monkeypatch, tmp_path, "input(); print('{')")
    with pytest.raises(ConnectionError, match="the W&B process has ended"):
        sink.open("offline", never)


def test_the_environment_keeps_files_together_and_the_users_choices(tmp_path: Path):
    child = child_environment({"WANDB_API_KEY": "k", "WANDB_SERVICE": "x", "WANDB_CACHE_DIR": "mine"}, tmp_path)
    assert child == {
        "WANDB_API_KEY": "k",
        "WANDB_CACHE_DIR": "mine",
        "WANDB_DATA_DIR": str(tmp_path / "data"),
        "WANDB_ERROR_REPORTING": "false",
    }
