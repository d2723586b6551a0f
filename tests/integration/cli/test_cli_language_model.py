"""Searches that ask a language model: a server on loopback, what it costs, and everything that can go wrong."""

import hashlib
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CANARY = "sk-canary-77aa01"
VARIABLE = "NASRAY_TEST_SEARCH_KEY"


def estimated(body) -> tuple[int, str]:
    """A number that depends on the prompt, near the values that the synthetic evaluator gives."""
    digits = int(hashlib.sha256(body["messages"][-1]["content"].encode()).hexdigest()[:6], 16)
    return 200, json.dumps({"value": round(50 + digits / 16**6, 3)})


class Server(ThreadingHTTPServer):
    """Says what ``reply`` makes of a request: (status, text)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = estimated
        self.bodies: list[dict] = []
        self.keys: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def prompts(self) -> list[str]:
        return [json.dumps(body["messages"]) for body in self.bodies]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.bodies.append(body)
            self.server.keys.append(self.headers["Authorization"])
        status, text = self.server.reply(body)
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        said = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
        content = json.dumps(said if status == 200 else {"error": {"message": text}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.02))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


SCREENED = ("strategy=screened", "strategy.candidates=3", "strategy.warm_up=5", "predictor=language_model", "width=2")


@pytest.fixture
def search(nasray, quick, server):
    """``search(folder, *words)``: 14 slots of a screened search that asks the server."""
    model = (
        "language_model=local_server",
        "language_model.client.model=m",
        f"language_model.client.base_url={server.url}",
    )
    fixed = ("language_model.retries.attempts=2", "language_model.retries.first_wait_seconds=0.01")
    words = (*quick, "budget.evaluations=14", *SCREENED, *model, *fixed)
    return lambda folder, *more: nasray("run", *words, f"hydra.run.dir={folder}", *more)


def result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_bytes())


def test_what_it_cost_is_told_and_a_second_run_costs_nothing(search, server, tmp_path: Path, archive) -> None:
    price = ("language_model.price.prompt=1.0", "language_model.price.completion=2.0")
    first = search("first", *price)
    assert first.code == 0, first
    n = len(server.bodies)
    assert n > 15
    told = result(tmp_path / "first")["language_model"]
    assert (told["model"], told["sources"], told["paid"]) == ("m", [f"openai {server.url}"], n)
    assert told["usd"] == pytest.approx(n * (100 + 2 * 10) / 1e6)
    words = f"{n} replies for {told['usd']:.4f} USD; {100 * n:,} tokens read, {10 * n} written"
    for text in (first.out, (tmp_path / "first" / "report.html").read_text()):
        assert words in text.replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")
    manifest = json.loads((tmp_path / "first" / "manifest.json").read_bytes())
    assert manifest["language_model"] == {"ledger": str(tmp_path / "data" / "language_model.sqlite")}
    assert search("second", *price).code == 0
    assert len(server.bodies) == n
    again = result(tmp_path / "second")["language_model"]
    assert (again["paid"], again["usd"], again["hits"]) == (0, 0.0, n + told["hits"])
    assert archive(tmp_path / "first") == archive(tmp_path / "second")


def test_a_cap_stops_the_search_and_a_higher_one_lets_it_go_on(search, nasray, server, tmp_path: Path, archive) -> None:
    stopped = search("capped", "language_model.caps.calls=15")
    message = stopped.refused()
    assert "past caps.calls=15; what was paid for is kept" in message
    assert f"nasray resume {tmp_path / 'capped'} language_model.caps.calls=" in message
    assert len(server.bodies) == 15
    assert "past caps.calls=15" in nasray("resume", "capped").refused()
    assert len(server.bodies) == 15
    resumed = nasray("resume", "capped", "language_model.caps.calls=500")
    assert resumed.code == 0, resumed
    assert len(server.prompts) == len(set(server.prompts)), "something was paid twice"
    assert result(tmp_path / "capped")["language_model"]["paid"] == len(server.bodies), "both processes are counted"
    assert search("whole").code == 0
    assert archive(tmp_path / "capped") == archive(tmp_path / "whole")
    assert nasray("replay", "capped").code == 0


def test_a_replay_asks_nobody(search, nasray, server, tmp_path: Path) -> None:
    assert search("one", "language_model.caps.calls=100").code == 0
    n = len(server.bodies)
    assert nasray("replay", "one").code == 0
    for file in (tmp_path / "data").glob("language_model.sqlite*"):
        file.unlink()
    message = nasray("replay", "one").refused()
    assert "a replay asks no language model" in message
    assert "language_model.sqlite lacks a reply that the run had; put that file back" in message
    assert len(server.bodies) == n


def test_a_killed_search_pays_nothing_twice(search, nasray, server, tmp_path: Path, archive, cut) -> None:
    assert search("whole").code == 0
    n = len(server.bodies)
    killed = Path(shutil.copytree(tmp_path / "whole", tmp_path / "killed"))
    cut(killed, int((killed / "journal.jsonl").stat().st_size * 0.6))
    assert nasray("resume", "killed").code == 0
    assert len(server.bodies) == n
    assert archive(tmp_path / "killed") == archive(tmp_path / "whole")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (lambda _: (401, "bad key"), "status 401"),
        (lambda _: (503, "overloaded"), "503"),
    ],
)
def test_a_server_that_refuses_stops_the_search_which_can_go_on(
    search, nasray, server, tmp_path: Path, reply, message: str
) -> None:
    server.reply = reply
    assert message in search("refused").refused()
    server.reply = estimated
    assert nasray("resume", "refused").code == 0
    told = result(tmp_path / "refused")["language_model"]
    assert 1 <= sum(told["failures"].values()) <= 3, "those of one slot were on their way together"
    assert told["paid"] > 15


def test_a_refused_connection_is_one_message(search, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        message = search("nobody", f"language_model.client.base_url={url}").refused()
        assert "cannot be reached" in message
        assert message.endswith(f"then: everything measured is kept, `nasray resume {tmp_path / 'nobody'}` goes on")


REPLAY = ("language_model=replay", "language_model.client.model=m", "language_model.client.recording=none.jsonl")
KEYLESS = ("language_model=openai", "language_model.client.key_variable=NASRAY_TEST_NO_KEY")


@pytest.mark.parametrize(
    ("words", "fault"), [(REPLAY, "none.jsonl cannot be read"), (KEYLESS, "variable NASRAY_TEST_NO_KEY is not set")]
)
def test_what_is_missed_at_the_first_question_can_be_put_there(nasray, quick, tmp_path: Path, words, fault) -> None:
    message = nasray("run", *quick, *SCREENED, *words, f"hydra.run.dir={tmp_path / 'begun'}").refused()
    assert fault in message
    assert message.endswith(f"then: everything measured is kept, `nasray resume {tmp_path / 'begun'}` goes on")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It should do well, about 0.5.", "not_json"),
        ('{"value": 1e9}', "out_of_range"),
    ],
)
def test_replies_that_cannot_be_used_are_counted_and_replaced(search, server, tmp_path: Path, text, kind) -> None:
    server.reply = lambda _: (200, text)
    ended = search("bad", "predictor.estimator.reasks=1", "budget.evaluations=8")
    assert ended.code == 0, ended
    told = result(tmp_path / "bad")["language_model"]
    assert told["refusals"] == {kind: 2 * told["unanswered"]}
    assert told["unanswered"] > 0
    assert "without a usable reply, for which a stand-in was taken" in ended.out
    assert "stands in for each" in ended.err


def test_the_key_is_nowhere_but_on_its_way(search, server, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, CANARY)
    server.reply = lambda body: (500, f"Bearer {CANARY}") if len(server.bodies) == 3 else estimated(body)
    words = (f"language_model.client.key_variable={VARIABLE}", "tracking=wandb_offline", "budget.evaluations=10")
    ended = search("keyed", *words)
    assert ended.code == 0, ended
    assert set(server.keys) == {f"Bearer {CANARY}"}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".jsonl", ".json", ".html", ".sqlite", ".wandb"}
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
    assert CANARY not in ended.out + ended.err


def test_a_fake_is_called_fake_everywhere(nasray, quick, tmp_path: Path) -> None:
    words = (
        *quick,
        *SCREENED,
        "language_model=fake",
        "strategy@strategy.inner=generator_search",
        "strategy.inner.warm_up=5",
    )
    ended = nasray("run", *words, "generator=language_model", "budget.evaluations=24", "hydra.run.dir=one")
    assert ended.code == 0, ended
    assert "fake (fake): " in ended.out
    assert "fake (fake): " in (tmp_path / "one" / "report.html").read_text()
    found = result(tmp_path / "one")
    assert (found["language_model"]["model"], found["language_model"]["sources"]) == ("fake", ["fake"])
    assert found["language_model"]["unanswered"] > 0, "what a fake writes is no architecture"
    assert {row["scores"] for row in found["predictor"]} >= {"LanguageModelPredictor (fake)"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (SCREENED, "Estimator needs a language model and got none; choose one: language_model=local_server"),
        (("language_model=fake",), "a language model is chosen, but no part of the run asks for one"),
        (("strategy=generator_search",), "needs a generator and got none"),
        (("strategy=generator_search", "generator=language_model"), "LanguageModelGenerator needs a language model"),
        ((*SCREENED, "language_model=local_server"), "client.model"),
        ((*SCREENED, "language_model=fake", "language_model.caps.calls=-1"), "caps.calls (-1) must be at least 0"),
    ],
)
def test_impossible_choices_are_one_message(nasray, quick, words: tuple[str, ...], message: str) -> None:
    assert message in nasray("run", *quick, *words).refused()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("seed=3", "'seed=3' cannot be changed in a run that has begun; only ray.address=…"),
        ("language_model.caps.calls=many", "must give a whole number, or null"),
        ("language_model.caps.usd=5", "has no effect: the run has no language model"),
    ],
)
def test_nothing_but_caps_may_change(nasray, finished, word: str, message: str) -> None:
    assert message in nasray("resume", str(finished), word).refused()
