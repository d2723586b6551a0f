"""A client that says what it is told to, and a service around any client."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from nasray.llm.caps import Caps
from nasray.llm.limiter import Limiter
from nasray.llm.message import Message
from nasray.llm.metered_model import MeteredModel
from nasray.llm.price import Price
from nasray.llm.reply import Reply
from nasray.llm.request import Request
from nasray.llm.retries import Retries

NO_CAPS = {"usd": None, "tokens": None, "calls": None}


class Scripted:
    """Says ``script`` entry by entry, the last one for ever: texts, replies, or errors to raise."""

    model = "scripted"
    source = "a script"

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []
        self.open = threading.Event()
        self.open.set()
        self._lock = threading.Lock()

    def complete(self, request):
        with self._lock:
            said = self.script[min(len(self.requests), len(self.script) - 1)]
            self.requests.append(request)
        assert self.open.wait(20)
        if isinstance(said, BaseException):
            raise said
        return said if isinstance(said, Reply) else reply(said)


def reply(text, **changes):
    return Reply(**{"text": text, "source": "a script", "prompt_tokens": 10, "completion_tokens": 5, **changes})


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    return Scripted


@pytest.fixture
def said() -> Callable[..., Reply]:
    """``said(text, …)``: a reply of 10 + 5 tokens."""
    return reply


@pytest.fixture
def ask() -> Callable[..., Request]:
    """``ask(text, …)``: a request to the script."""

    def make(text: str = "hello", **changes: Any) -> Request:
        base = {"model": "scripted", "messages": (Message("user", text),), "temperature": 0.0, "max_tokens": 20}
        return Request(**{**base, **changes})

    return make


@pytest.fixture
def serve(tmp_path):
    """``serve(client, caps={…}, …)``: the service around a client; closed after the test."""
    made: list[MeteredModel] = []

    def make(client: Any, *, caps: dict[str, Any] | None = None, **changes: Any) -> MeteredModel:
        settings = {
            "path": str(tmp_path / "cache.sqlite"),
            "caps": Caps(**{**NO_CAPS, **(caps or {})}),
            "limiter": Limiter(requests_per_minute=None, tokens_per_minute=None),
            "retries": Retries(attempts=3, first_wait_seconds=1.0, most_wait_seconds=60.0),
            "price": Price(prompt=2.0, completion=4.0),
            "concurrency": 8,
            "sleep": lambda seconds: None,
        }
        made.append(MeteredModel(client=client, **{**settings, **changes}))
        return made[-1]

    yield make
    for one in made:
        one.close()
