"""Hosts of a language model and of a generator are killed in a running search; nothing is lost, asked or paid twice."""

import hashlib
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nasray.actors import directory
from nasray.actors.remote_generator import RemoteGenerator
from nasray.app.cli import app
from nasray.llm.ledger import read_ledger

pytestmark = [pytest.mark.ray, pytest.mark.chaos, pytest.mark.usefixtures("ray_cluster"), pytest.mark.timeout(300)]

QUIET = ["executor=simulator", "tracking=none", "controls=0"]
ASKING = ["strategy=generator_search", "strategy.warm_up=4", "generator=language_model", "language_model=local_server"]
ASKING += ["language_model.client.model=m", "evaluator=synthetic", "budget.evaluations=24", "width=4"]
WRITING = ["strategy=gpt_evolution", "strategy.population_size=6", "strategy.generations=4", "evaluator=table"]
WRITING += ["strategy.learn_from_best=3", "generator.adapt_epochs=1", "budget.evaluations=24", "width=6"]
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]


def kill(host: str) -> int:
    """``kill -9``; the process that is dead now."""
    health = directory.health(host, patience_seconds=60.0)
    assert health
    os.kill(health["pid"], signal.SIGKILL)
    return health["pid"]


class Server(ThreadingHTTPServer):
    """Answers each prompt in its own way, always the same; at some requests it is killed who asks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: Counter[str] = Counter()
        self.deadly: dict[int, Callable[[], int]] = {}
        self.killed: list[int] = []
        self.lock = threading.Lock()

    def handle_error(self, *_: object) -> None:
        """Clients that are killed hang up."""

    def note(self, prompt: str) -> None:
        with self.lock:
            self.asked[prompt] += 1
            deadly = self.deadly.pop(self.asked.total(), None)
        if deadly:
            self.killed.append(deadly())


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = hashlib.sha256(body)
        self.server.note(digest.hexdigest())
        one, two, three, *others = [OPERATIONS[byte % 5] for byte in digest.digest()[:6]]
        cell = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(one, two, three, *others)
        message = {"role": "assistant", "content": json.dumps({"architecture": cell})}
        usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
        said = {"choices": [{"index": 0, "finish_reason": "stop", "message": message}], "usage": usage}
        content = json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": "m", **said}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def archive(tmp_path, monkeypatch, capsys) -> Callable[..., str]:
    """Searches in this process and gives the archive's hash."""
    from hydra.core.global_hydra import GlobalHydra

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASRAY_DATA", str(tmp_path / "data"))

    def run(folder: str, *words: str) -> str:
        GlobalHydra.instance().clear()
        with pytest.raises(SystemExit) as ended:
            app(["run", *QUIET, *words, f"hydra.run.dir={folder}"])
        assert not ended.value.code, "".join(capsys.readouterr())
        return json.loads(Path(folder, "result.json").read_text())["archive"]

    return run


def test_a_language_model_s_host_that_is_killed_asks_again_only_what_was_not_answered(server, archive, tmp_path):
    asking = [*ASKING, f"language_model.client.base_url=http://127.0.0.1:{server.server_port}/v1"]
    calm = archive("calm", *asking, f"language_model.path={tmp_path / 'calm.sqlite'}")
    prompts = dict(server.asked)
    assert len(prompts) > 14, "all but the first proposals are asked for"
    assert set(prompts.values()) == {1}
    server.asked.clear()
    cache = tmp_path / "troubled.sqlite"
    host = f"language-model-{hashlib.sha256(str(cache).encode()).hexdigest()[:8]}"
    server.deadly = {5: lambda: kill(host), 14: lambda: kill(host)}
    try:
        assert archive("troubled", *asking, "host.where=host", f"language_model.path={cache}") == calm
    finally:
        directory.stop(host)
    assert len(set(server.killed)) == 2
    assert server.asked.keys() == prompts.keys()
    (row,) = read_ledger(cache)
    assert row.paid == len(prompts)
    # A dead host's requests that were on their way are asked again, nothing else.
    assert server.asked.total() == len(prompts) + row.lost
    assert 2 <= row.lost <= 2 * 4


def test_a_generator_s_host_that_is_killed_writes_what_it_would_have_written(archive, monkeypatch):
    calm = archive("calm", *WRITING)
    ask, calls, killed = RemoteGenerator._ask, Counter[str](), []

    def deadly(self: RemoteGenerator, method: str, *arguments: object) -> object:
        calls[method] += 1
        if calls in ({"learn": 1, "call": 2}, {"learn": 2, "call": 2}):  # while it writes, and while it learns
            threading.Timer(0.005, lambda: killed.append(kill(self.identity.name))).start()
        return ask(self, method, *arguments)

    monkeypatch.setattr(RemoteGenerator, "_ask", deadly)
    try:
        assert archive("troubled", *WRITING, "host.where=host", "host.name=deadly") == calm
    finally:
        directory.stop("deadly-generator")
    assert len(set(killed)) == 2
