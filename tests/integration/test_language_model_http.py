"""The OpenAI client and the service against a server on loopback that behaves as badly as servers do."""

import json
import logging
import os
import pickle
import socket
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nasray.app.cli import app
from nasray.core.errors import NasrayError
from nasray.llm.call_error import CallError
from nasray.llm.cap_reached import CapReached
from nasray.llm.caps import Caps
from nasray.llm.ledger import read_ledger
from nasray.llm.limiter import Limiter
from nasray.llm.message import Message
from nasray.llm.metered_model import MeteredModel
from nasray.llm.openai_client import OpenAIClient
from nasray.llm.price import Price
from nasray.llm.recording import cached_replies, write_recording
from nasray.llm.request import Request
from nasray.llm.retries import Retries

CANARY = "sk-canary-5f1e9c"
VARIABLE = "NASRAY_TEST_LLM_KEY"


def completion(text="25.1", finish="stop", **changes):
    """A reply of 12 + 3 tokens, as OpenAI sends it."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return 200, {}, json.dumps({**body, **changes}).encode()


def failure(status, message="no", code=None, **headers):
    return status, headers, json.dumps({"error": {"message": message, "code": code}}).encode()


class Server(ThreadingHTTPServer):
    """Sends ``script`` entry by entry, the last one for ever: (status, headers, body), or something to call."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = [completion()]
        self.bodies = []
        self.keys = []
        self.lock = threading.Lock()
        self.busy = 0

    def process_request_thread(self, *arguments):
        """Count the connections that are served at the moment."""
        with self.lock:
            self.busy += 1
        try:
            super().process_request_thread(*arguments)
        finally:
            with self.lock:
                self.busy -= 1

    def handle_error(self, *_):
        """Clients that hang up are what some tests are about."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            said = self.server.script[min(len(self.server.bodies), len(self.server.script) - 1)]
            self.server.bodies.append(body)
            self.server.keys.append(self.headers["Authorization"])
        status, headers, content = said() if callable(said) else said
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(content), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = "Content-Length" in headers

    def log_message(self, *_):
        """Quietly."""


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.02))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def client(url, **changes):
    settings = {
        "model": "m",
        "base_url": url,
        "key_variable": None,
        "timeout_seconds": 10.0,
        "response_format": "none",
        "max_tokens_field": "max_tokens",
        "sends_seed": False,
    }
    return OpenAIClient(**{**settings, **changes})


def service(client, folder, **changes):
    settings = {
        "path": str(folder / "cache.sqlite"),
        "caps": Caps(usd=None, tokens=None, calls=None),
        "limiter": Limiter(requests_per_minute=None, tokens_per_minute=None),
        "retries": Retries(attempts=3, first_wait_seconds=0.01, most_wait_seconds=5.0),
        "price": Price(prompt=1.0, completion=2.0),
        "concurrency": 16,
    }
    return MeteredModel(client=client, **{**settings, **changes})


def ask(text="BLEU?", **changes):
    base = {"model": "m", "messages": (Message("user", text),), "temperature": 0.0, "max_tokens": 25}
    return Request(**{**base, **changes})


def test_a_request_arrives_as_it_was_meant(server):
    schema = '{"type": "object"}'
    one = client(server.url, response_format="json_schema", max_tokens_field="max_completion_tokens", sends_seed=True)
    asked = ask("BLEU?", messages=(Message("system", "estimate"), Message("user", "BLEU?")), sample=2, schema=schema)
    reply = one.complete(asked)
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens, reply.finish) == ("25.1", 12, 3, "stop")
    assert reply.source == f"openai {server.url}"
    assert server.bodies == [
        {
            "model": "m",
            "messages": [{"role": "system", "content": "estimate"}, {"role": "user", "content": "BLEU?"}],
            "temperature": 0.0,
            "max_completion_tokens": 25,
            "seed": 2,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "reply", "strict": True, "schema": {"type": "object"}},
            },
        }
    ]
    client(server.url, response_format="json_object").complete(asked)
    assert server.bodies[1]["response_format"] == {"type": "json_object"}
    client(server.url).complete(asked)
    assert set(server.bodies[2]) == {"model", "messages", "temperature", "max_tokens"}


@pytest.mark.parametrize(
    ("said", "text", "finish"),
    [
        (completion(""), "", "stop"),
        (completion(None, finish="content_filter"), "", "content_filter"),
        (completion('{"bleu": 2', finish="length"), '{"bleu": 2', "length"),
    ],
)
def test_empty_and_truncated_replies_arrive_as_such(server, said, text, finish):
    server.script = [said]
    reply = client(server.url).complete(ask())
    assert (reply.text, reply.finish) == (text, finish)


def test_a_server_that_does_not_count_is_charged_at_the_most(server):
    server.script = [completion(usage=None)]
    reply = client(server.url).complete(ask())
    assert (reply.prompt_tokens, reply.completion_tokens) == (len("BLEU?") + 16 + 256, 25)


@pytest.mark.parametrize(
    ("said", "kind", "billed", "message"),
    [
        (
            failure(401, "bad key"),
            "key_refused",
            False,
            r"status 401 \(.*bad key.*\); put a valid key into the environ",
        ),
        (
            failure(404, "model m does not exist"),
            "unknown_model",
            False,
            "refused model 'm' with status 404 .*does not",
        ),
        (failure(400, "temperature"), "bad_request", False, "correct the setting that it names"),
        (failure(429, "pay", code="insufficient_quota"), "no_quota", False, "the account has no money left"),
        ((200, {}, b'{"choices": [{"mess'), "garbled", True, "is no OpenAI-compatible server, or a broken one"),
        ((200, {"Content-Type": "text/html"}, b"<p>hello"), "garbled", True, "a reply without choices came"),
        (completion(choices=[]), "garbled", True, "a reply without choices came"),
        ((200, {"Content-Length": 500}, b'{"choi'), "broke_off", True, r"broke off \(.*\); start the server"),
    ],
)
def test_what_brings_no_reply_says_why(server, said, kind, billed, message):
    server.script = [said]
    with pytest.raises(CallError, match=message) as got:
        client(server.url).complete(ask())
    assert (got.value.kind, got.value.billed) == (kind, billed)


def test_a_server_that_is_not_there_costs_nothing(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        capped = service(client(url), tmp_path, caps=Caps(usd=None, tokens=0, calls=None))
        with capped, pytest.raises(CapReached):
            capped.complete(ask())
        with service(client(url), tmp_path) as model, pytest.raises(CallError, match="cannot be reached"):
            model.complete(ask())
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.failed, row.failures, row.prompt_tokens, row.usd) == (3, {"unreachable": 3}, 0, 0.0)


def test_a_reply_that_does_not_come_in_time_is_asked_for_again(server, tmp_path):
    released = threading.Event()
    server.script = [lambda: (released.wait(5), completion())[1], completion("late")]
    with service(client(server.url, timeout_seconds=0.3), tmp_path) as model:
        assert model.complete(ask()).text == "late"
    released.set()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.failures) == (1, {"timeout": 1})
    assert row.prompt_tokens > 12 + 277, "what was perhaps paid is charged at its most"


def test_a_busy_server_is_asked_again_when_it_said_so(server, tmp_path):
    server.script = [failure(500), failure(429, **{"Retry-After": "1"}), completion("at last")]
    start = time.monotonic()
    with service(client(server.url), tmp_path) as model:
        assert model.complete(ask()).text == "at last"
    assert time.monotonic() - start >= 1.0
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.failed, row.failures) == (1, 2, {"rate_limit": 1, "server_error": 1})


def test_a_second_run_makes_no_request_and_costs_nothing(server, tmp_path):
    for run in range(2):
        with service(client(server.url), tmp_path) as model, ThreadPoolExecutor(16) as threads:
            replies = list(threads.map(lambda n: model.complete(ask(f"BLEU of {n}?")), range(60)))
        assert len(server.bodies) == 60
        assert all(reply.hit for reply in replies) == bool(run)
        assert sum(reply.usd for reply in replies) == pytest.approx(0.0 if run else 60 * (12 + 2 * 3) / 1e6)


def test_a_hundred_threads_with_one_prompt_make_one_request(server, tmp_path):
    server.script = [lambda: (time.sleep(0.3), completion())[1]]
    with service(client(server.url), tmp_path) as model, ThreadPoolExecutor(100) as threads:
        replies = list(threads.map(lambda _: model.complete(ask()), range(100)))
    assert len(server.bodies) == 1
    assert sum(not reply.hit for reply in replies) == 1


def test_a_cap_that_is_reached_on_the_way_lets_the_run_go_on_later(server, tmp_path):
    """30 prompts by 16 threads, 10 calls allowed, then 30: 10 requests, then the other 20, and none twice."""

    def run(calls):
        caps = Caps(usd=1.0, tokens=None, calls=calls)
        with service(client(server.url), tmp_path, caps=caps) as model:
            return model.answers([ask(f"BLEU of {n}?") for n in range(30)])

    first = run(10)
    assert len(server.bodies) == 10
    assert sum(isinstance(one, CapReached) for one in first) == 20
    assert not any(isinstance(one, NasrayError) for one in run(30))
    assert len(server.bodies) == 30


def test_the_key_reaches_the_server_and_nothing_else(server, tmp_path, monkeypatch, caplog, capsys):
    """A server that repeats the key wherever it can, every logger at its most talkative."""
    monkeypatch.setenv(VARIABLE, CANARY)
    caplog.set_level(logging.DEBUG)
    server.script = [
        failure(401, f"Incorrect key {CANARY}", code=CANARY),
        failure(500, f"Bearer {CANARY}"),
        completion(f"your key is {CANARY}"),
    ]
    told = []
    with service(client(server.url, key_variable=VARIABLE), tmp_path) as model:
        for number in range(2):
            try:
                told.append(model.complete(ask(str(number))))
            except CallError as error:
                told.append("".join(traceback.format_exception(error)) + repr(error.__dict__))
                told.append(pickle.dumps(error))
        told += [repr(model), pickle.dumps(model)]
        files = [path.read_bytes() for path in tmp_path.iterdir()]
    write_recording(tmp_path / "replies.jsonl", cached_replies(tmp_path / "cache.sqlite"))
    with pytest.raises(SystemExit):
        app(["llm", "ledger", str(tmp_path / "cache.sqlite")])
    files += [path.read_bytes() for path in tmp_path.iterdir()]
    printed = capsys.readouterr()
    assert server.keys == [f"Bearer {CANARY}"] * 3
    assert any("your key is ***" in str(one) for one in told)
    everything = "\n".join(map(str, [*told, *files, caplog.text, printed.out, printed.err]))
    assert "POST" in caplog.text, "the loggers were silent: this test shows nothing"
    assert CANARY not in everything


@pytest.mark.chaos
def test_a_killed_process_loses_no_reply_that_was_written_down(server, tmp_path):
    """Killed after 30 of 100 prompts with 4 on their way: the next process asks for what is missing, below the cap."""
    server.script = [lambda: (time.sleep(0.01), completion())[1]]
    settings = {"caps": Caps(usd=None, tokens=None, calls=104), "concurrency": 4}
    script = "import pickle, sys; model, asked = pickle.load(sys.stdin.buffer); model.answers(asked)"
    asked = [ask(f"BLEU of {n}?") for n in range(100)]
    baggage = pickle.dumps((service(client(server.url), tmp_path, **settings), asked))
    killed = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    killed.stdin.write(baggage)
    killed.stdin.close()
    while len(server.bodies) < 30:
        assert killed.poll() is None
        time.sleep(0.005)
    killed.kill()
    killed.wait(10)
    time.sleep(0.2)
    while server.busy:  # it reads what was sent
        time.sleep(0.01)
    kept = len(cached_replies(tmp_path / "cache.sqlite"))
    before = len(server.bodies)
    with service(client(server.url), tmp_path, **settings) as model:
        assert {reply.text for reply in model.answers(asked)} == {"25.1"}
    assert len(server.bodies) - before == 100 - kept
    assert len(server.bodies) <= 104
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.hits) == (100, kept)
    assert before - kept <= row.lost <= 4


@pytest.mark.ray
def test_several_processes_with_one_prompt_make_one_request(server, ray_cluster, tmp_path):
    """4 processes of 25 threads each, through one host on the cluster; what fails, fails for its own caller alone."""
    from nasray.actors import directory
    from nasray.actors.batching import Batching
    from nasray.actors.host_recipe import HostRecipe
    from nasray.actors.identity import Identity
    from nasray.actors.remote_language_model import RemoteLanguageModel
    from nasray.records.store import Store

    server.script = [lambda: (time.sleep(0.5), completion())[1]]
    built = service(client(server.url), tmp_path, caps=Caps(usd=None, tokens=None, calls=1))
    identity = Identity.of("language_model", {"test": str(tmp_path)}, None)
    recipe = HostRecipe(
        identity=identity,
        factory=partial(pickle.loads, pickle.dumps(built)),  # tests cannot be imported by workers
        method="answers",
        batching=Batching(size=16, window_ms=5),
        store=Store(root=str(tmp_path / "store")),
    )
    model = RemoteLanguageModel(identity=identity, model="m", concurrency=16, recipe=recipe)
    script = textwrap.dedent("""
        import pathlib, pickle, sys
        from concurrent.futures import ThreadPoolExecutor
        import ray

        ray.init(address=sys.argv[1], namespace="elsewhere", log_to_driver=False)
        model, asked = pickle.loads(pathlib.Path(sys.argv[2]).read_bytes())
        with ThreadPoolExecutor(25) as threads:
            print({reply.text for reply in threads.map(model.complete, [asked] * 25)})
    """)
    directory.find_or_start(recipe)
    baggage = tmp_path / "model.pickle"
    baggage.write_bytes(pickle.dumps((model, ask())))
    command = [sys.executable, "-c", script, ray_cluster, str(baggage)]
    environment = {**os.environ, "RAY_AUTH_MODE": "token"}
    asking = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    try:
        assert [one.communicate(timeout=120)[0].strip() for one in asking] == ["{'25.1'}"] * 4
        assert len(server.bodies) == 1
        assert model.complete(ask()).hit
        with pytest.raises(CapReached, match="1 calls, 15 tokens"):
            model.complete(ask("another"))
        assert len(server.bodies) == 1
        directory.stop(identity.name)
        assert model.complete(ask()).hit, "a host that takes the place of another knows what that one paid for"
    finally:
        directory.stop(identity.name)
