"""``nasray llm``: estimates, ledgers, recordings."""

import pytest

from nasray.llm.caps import Caps
from nasray.llm.fake import Fake
from nasray.llm.limiter import Limiter
from nasray.llm.message import Message
from nasray.llm.metered_model import MeteredModel
from nasray.llm.patience import Patience
from nasray.llm.request import Request


@pytest.fixture
def cache(tmp_path):
    """Two prompts, one of them asked again."""
    service = MeteredModel(
        client=Fake(model="fake", latency_seconds=0.0),
        path=str(tmp_path / "cache.sqlite"),
        caps=Caps(usd=None, tokens=None, calls=None),
        limiter=Limiter(requests_per_minute=None, tokens_per_minute=None),
        patience=Patience(attempts=1, first_wait_seconds=0.0, most_wait_seconds=0.0),
        price=None,
        concurrency=1,
    )
    with service:
        for text in ("one", "two", "one"):
            service.complete(Request(model="fake", messages=(Message("user", text),), temperature=0.0, max_tokens=5))
    return tmp_path / "cache.sqlite"


def test_an_estimate_of_listed_and_of_given_prices(nasray, tmp_path):
    done = nasray("llm", "estimate", "gpt-4o-mini", "--prompts", "600", "--prompt-tokens", "2500")
    assert done.code == 0, done
    assert "600 prompts of about 2,500 tokens: about 1,500,000 read, at most 15,000 written" in done.out
    assert "at most about 0.2340 USD" in done.out  # 1.5 * 0.15 + 0.015 * 0.60
    assert "price as of 2026-03-31" in done.out
    (tmp_path / "prompt.txt").write_text("estimate BLEU: 25.31")
    given = ("--price", "1", "2", "--prompt", "prompt.txt", "--max-tokens", "10")
    done = nasray("llm", "estimate", "my-model", "-n", "1000", *given)
    assert "1,000 prompts of about 11 tokens" in done.out
    assert "at most about 0.0310 USD" in done.out  # 0.011 * 1 + 0.010 * 2


def test_an_estimate_that_cannot_be_made_says_why(nasray):
    assert (
        "no price is known of model 'x'; give --price"
        in nasray("llm", "estimate", "x", "-n", "1", "--prompt-tokens", "1").refused()
    )
    assert "give either --prompt FILE or --prompt-tokens N" in nasray("llm", "estimate", "x", "-n", "1").refused()
    missing = nasray("llm", "estimate", "x", "-n", "1", "--prompt", "none.txt").refused()
    assert "the prompt none.txt cannot be read" in missing


def test_a_ledger_adds_up(nasray, cache):
    done = nasray("llm", "ledger", str(cache))
    assert done.code == 0, done
    assert "fake: 2 paid, 1 hits, 0 failed, 0 lost; 10 tokens read, 10 written; USD unknown" in done.out
    assert "there is no language model's cache at" in nasray("llm", "ledger", "none.sqlite").refused()


def test_a_cache_is_recorded(nasray, cache, tmp_path):
    done = nasray("llm", "record", str(cache), "replies.jsonl")
    assert "2 replies in replies.jsonl" in done.out
    assert len((tmp_path / "replies.jsonl").read_text().splitlines()) == 2
