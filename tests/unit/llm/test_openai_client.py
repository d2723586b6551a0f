"""What the OpenAI client refuses before it sends anything, and how it reads waits. HTTP is in tests/integration."""

import json
import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from openai import OpenAI

from nasray.core.errors import ConfigError
from nasray.llm.call_error import CallError
from nasray.llm.openai_client import OpenAIClient, _judged, _retry_after


def client(**changes):
    settings = {
        "model": "m",
        "base_url": "http://127.0.0.1:9/v1",
        "key_variable": "NASRAY_TEST_KEY",
        "timeout_seconds": 5.0,
        "response_format": "none",
        "max_tokens_field": "max_tokens",
        "sends_seed": True,
    }
    return OpenAIClient(**{**settings, **changes})


@pytest.fixture
def told():
    """``told(**changes)``: a client whose server sends a completion of "25.1" with ``changes``."""

    def make(**changes):
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "25.1"}}
        usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
        said = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
        sent = httpx.Response(200, headers={"Content-Type": "application/json"}, text=json.dumps({**said, **changes}))
        http = httpx.Client(transport=httpx.MockTransport(lambda _: sent))
        one = client(key_variable=None)
        one._connection = OpenAI(api_key="none", base_url=one.base_url, max_retries=0, http_client=http)
        return one

    return make


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_url": "127.0.0.1:8000/v1"}, r"client.base_url .* must be an http\(s\) address"),
        ({"base_url": "http://me:secret@host/v1"}, "client.base_url of host has a user or a query in it"),
        ({"base_url": "http://host/v1?key=secret"}, "client.base_url of host has a user or a query in it"),
        ({"timeout_seconds": 0.0}, r"client.timeout_seconds \(0.0\) must be positive"),
    ],
)
def test_impossible_settings_are_refused_and_nothing_secret_is_repeated(change, message):
    with pytest.raises(ConfigError, match=message) as got:
        client(**change)
    assert "secret" not in str(got.value)


def test_a_missing_key_is_missed_by_the_name_of_its_variable(ask, monkeypatch):
    monkeypatch.delenv("NASRAY_TEST_KEY", raising=False)
    with pytest.raises(ConfigError, match="the environment variable NASRAY_TEST_KEY is not set, but the server"):
        client().complete(ask(model="m"))


def test_a_key_that_no_header_may_have_is_refused_unseen(ask, monkeypatch):
    monkeypatch.setenv("NASRAY_TEST_KEY", "sk-one\nsk-two")
    with pytest.raises(ConfigError, match="the key in NASRAY_TEST_KEY has characters that no header may have") as got:
        client().complete(ask(model="m"))
    assert "sk-" not in str(got.value)


def test_a_client_travels_without_connection_and_key(ask, monkeypatch):
    monkeypatch.setenv("NASRAY_TEST_KEY", "sk-canary")
    one = client()
    one._connect()
    baggage = pickle.dumps(one)
    assert b"sk-canary" not in baggage
    assert "sk-canary" not in repr(one)
    assert pickle.loads(baggage) == one


def test_waits_are_read_as_seconds_or_as_a_date():
    assert _retry_after({"retry-after": "7"}) == 7
    assert _retry_after({"retry-after": "-1"}) == 0
    assert _retry_after({}) is None
    assert _retry_after({"retry-after": "soon"}) is None
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < _retry_after({"retry-after": later}) <= 60


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}, (12, 3)),
        ({}, (277, 20)),
        (None, (277, 20)),
        ("15", (277, 20)),
        ({"prompt_tokens": 12, "completion_tokens": None}, (12, 20)),
        ({"prompt_tokens": None, "completion_tokens": 3}, (277, 3)),
        ({"prompt_tokens": "12", "completion_tokens": -3}, (277, 20)),
    ],
)
def test_what_a_server_does_not_count_is_charged_at_the_most(told, ask, usage, counted):
    """5 bytes of "hello", 16 for the turn and 256 for the template; 20 tokens of the reply."""
    reply = told(usage=usage).complete(ask(model="m"))
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("25.1", *counted)


def test_half_a_character_can_be_kept(told, ask, serve):
    choice = {
        "index": 0,
        "finish_reason": "st\ud83dop",
        "message": {"role": "assistant", "content": "25 \ud83d \U0001f600"},
    }
    service = serve(told(choices=[choice]))
    reply = service.complete(ask(model="m"))
    assert (reply.text, reply.finish, reply.hit) == ("25 \\ud83d \U0001f600", "st\\ud83dop", False)
    again = service.complete(ask(model="m"))
    assert (again.text, again.hit) == (reply.text, True)


@pytest.mark.parametrize("choices", [None, [], "", {"0": "25.1"}])
def test_a_completion_without_choices_is_garbled(told, ask, choices):
    with pytest.raises(CallError, match=r"or a broken one: a reply without choices came; correct client.base_url"):
        told(choices=choices).complete(ask(model="m"))


@pytest.mark.parametrize(
    "choices",
    [
        [None],
        [{"index": 0, "finish_reason": "stop"}],
        [{"index": 0, "finish_reason": "stop", "message": None}],
        [{"index": 0, "finish_reason": "stop", "message": "25.1"}],
        [{"index": 0, "finish_reason": "stop", "message": {"content": [{"type": "text", "text": "25.1"}]}}],
    ],
)
def test_a_choice_without_a_text_is_garbled(told, ask, choices):
    with pytest.raises(
        CallError, match=r"or a broken one: a choice without a text came; correct client.base_url"
    ) as got:
        told(choices=choices).complete(ask(model="m"))
    assert (got.value.kind, got.value.retryable, got.value.billed) == ("garbled", True, True)


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, "", "bad_request", False),
        (401, "", "key_refused", False),
        (403, "", "key_refused", False),
        (404, "", "unknown_model", False),
        (408, "", "server_error", True),
        (429, "", "rate_limit", True),
        (429, "insufficient_quota", "no_quota", False),
        (500, "", "server_error", True),
        (503, "", "server_error", True),
    ],
)
def test_a_status_says_whether_another_call_could_help(status, code, kind, retryable):
    assert _judged(status, code, "KEY")[:2] == (kind, retryable)
