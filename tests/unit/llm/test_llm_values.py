"""Requests, limits, rates and rough counts."""

import pickle

import pytest

from nasray.core.errors import ConfigError
from nasray.llm.caps import Caps
from nasray.llm.estimate import Estimate
from nasray.llm.limiter import Limiter
from nasray.llm.message import Message
from nasray.llm.price import Price
from nasray.llm.price_table import listed_price
from nasray.llm.request import Request
from nasray.llm.retries import Retries
from nasray.llm.token_count import most_prompt_tokens, rough_tokens


class Clock:
    """A clock that moves only while somebody sleeps."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def limiter(clock, **limits):
    settings = {"requests_per_minute": None, "tokens_per_minute": None, **limits}
    return Limiter(**settings, clock=clock, sleep=clock.sleep)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": ""}, "request.model is empty"),
        ({"messages": ()}, "request.messages is empty"),
        ({"temperature": -0.1}, r"request.temperature \(-0.1\) must be finite and at least 0"),
        ({"temperature": float("nan")}, r"request.temperature \(nan\) must be finite"),
        ({"max_tokens": 0}, r"request.max_tokens \(0\) must be at least 1"),
        ({"sample": -1}, r"request.sample \(-1\) must not be negative"),
    ],
)
def test_impossible_requests_are_refused(ask, change, message):
    with pytest.raises(ConfigError, match=message):
        ask(**change)


def test_a_requests_address_is_that_of_its_content(ask):
    asked = ask("hello", messages=(Message("system", "be brief"), Message("user", "hello")), sample=3)
    assert Request.from_json(asked.to_json()) == asked
    assert Request.from_json(asked.to_json()).key == asked.key
    assert ask(temperature=0).key == ask(temperature=0.0).key
    assert ask("a").prompt_hash == ask("a", model="other").prompt_hash != ask("b").prompt_hash
    # Frozen: a change of it makes every cache worthless.
    assert ask("hello").key == "b43593338e2bb73c7a448fad5ffa27fa2a987c9cb7c3aa3bfe971fb9c305304f"


def test_requests_a_minute_are_kept_in_every_window():
    clock = Clock()
    limited = limiter(clock, requests_per_minute=3)
    begun = []
    for _ in range(9):
        limited.wait(tokens=1)
        begun.append(clock.now)
        clock.now += 5
    assert begun == [1000, 1005, 1010, 1060, 1065, 1070, 1120, 1125, 1130]


def test_tokens_a_minute_are_kept_in_every_window():
    clock = Clock()
    limited = limiter(clock, tokens_per_minute=100)
    begun = []
    for tokens in (60, 40, 50, 50, 100):
        limited.wait(tokens)
        begun.append(clock.now)
        clock.now += 10
    assert begun == [1000, 1010, 1060, 1070, 1130]
    with pytest.raises(
        ConfigError, match=r"a call of about 101 tokens can never begin with limiter.tokens_per_minute=100"
    ):
        limited.wait(101)


def test_nobody_begins_while_the_server_asked_to_wait():
    clock = Clock()
    limited = limiter(clock)
    limited.hold(30)
    limited.hold(10)
    limited.wait(1)
    assert clock.now == 1030


def test_a_limiter_travels_as_its_settings():
    limited = Limiter(requests_per_minute=3, tokens_per_minute=None)
    limited.wait(1)
    assert pickle.loads(pickle.dumps(limited)) == Limiter(requests_per_minute=3, tokens_per_minute=None)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Limiter(requests_per_minute=0, tokens_per_minute=None),
            "limiter.requests_per_minute .0. must be at least",
        ),
        (lambda: Caps(usd=-1.0, tokens=None, calls=None), r"caps.usd \(-1.0\) must be at least 0"),
        (
            lambda: Retries(attempts=0, first_wait_seconds=1, most_wait_seconds=1),
            "retries.attempts .0. must be at least 1",
        ),
        (
            lambda: Retries(attempts=1, first_wait_seconds=2, most_wait_seconds=1),
            "retries.first_wait_seconds .2. must be",
        ),
        (
            lambda: Estimate(n_prompts=-1, prompt_tokens=0, most_completion_tokens=0, price=None),
            r"n_prompts \(-1\) must not be negative",
        ),
    ],
)
def test_impossible_limits_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_rough_counts_are_hand_countable():
    assert rough_tokens("") == 0
    assert rough_tokens("estimate BLEU: 25.31") == 2 + 1 + 1 + 1 + 1 + 1  # estim|ate BLEU : 25 . 31
    assert rough_tokens("3072") == 2


def test_no_tokenizer_makes_more_tokens_than_there_are_bytes(ask):
    assert most_prompt_tokens(ask("für")) == 4 + 16 + 256


def test_an_estimate_is_prompts_times_price():
    price = listed_price("gpt-4o-mini")
    assert price == Price(prompt=0.15, completion=0.6, as_of=price.as_of)
    assert price.as_of.startswith("2026-03-31")
    plan = Estimate(n_prompts=600, prompt_tokens=2_500, most_completion_tokens=25, price=price)
    assert plan.usd == pytest.approx(600 * (2_500 * 0.15 + 25 * 0.6) / 1e6)
    assert listed_price("no-such-model") is None
    assert Estimate(n_prompts=1, prompt_tokens=1, most_completion_tokens=1, price=None).usd is None
