"""What the OpenAI client refuses before it sends anything, and how it reads waits. HTTP is in tests/integration."""

import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from nasray.core.errors import ConfigError
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
