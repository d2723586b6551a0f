"""``nasray llm``: estimates, ledgers, recordings."""

import json

import pytest

from nasray.llm.caps import Caps
from nasray.llm.fake import Fake
from nasray.llm.limiter import Limiter
from nasray.llm.message import Message
from nasray.llm.metered_model import MeteredModel
from nasray.llm.request import Request
from nasray.llm.retries import Retries


@pytest.fixture
def cache(tmp_path):
    """Two prompts, one of them asked again."""
    service = MeteredModel(
        client=Fake(model="fake", latency_seconds=0.0),
        path=str(tmp_path / "cache.sqlite"),
        caps=Caps(usd=None, tokens=None, calls=None),
        limiter=Limiter(requests_per_minute=None, tokens_per_minute=None),
        retries=Retries(attempts=1, first_wait_seconds=0.0, most_wait_seconds=0.0),
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
    negative = nasray("llm", "estimate", "x", "-n", "-1", "--prompt-tokens", "1")
    assert negative.code == 2
    assert "--prompts" in negative.err
    missing = nasray("llm", "estimate", "x", "-n", "1", "--prompt", "none.txt").refused()
    assert "the prompt none.txt cannot be read" in missing


SCREENED = ("strategy=screened", "strategy.candidates=3", "strategy.warm_up=5", "predictor=language_model", "width=2")
TABLE = ("experiment=digits201", "executor=simulator", "tracking=none", "budget.evaluations=14", "controls=0")


def test_an_estimate_of_a_run_over_a_table_is_what_the_run_asks(nasray, tmp_path):
    planned = nasray("llm", "estimate", *TABLE, *SCREENED, "language_model=openai")
    assert planned.code == 0, planned
    assert not list(tmp_path.iterdir()), "nothing is left behind"
    done = nasray("run", *TABLE, *SCREENED, "language_model=fake", f"hydra.run.dir={tmp_path / 'run'}")
    assert done.code == 0, done
    asked = json.loads((tmp_path / "run" / "result.json").read_bytes())["language_model"]
    read, written = asked["prompt_tokens"], 25 * asked["paid"]  # max_tokens of conf/predictor/language_model.yaml
    assert asked["paid"] > 10
    assert f"requests    {asked['paid']:,} to be paid" in planned.out
    assert f"tokens      about {read:,} read, at most {written:,} written" in planned.out
    usd = (0.15 * read + 0.6 * written) / 1e6
    assert f"USD         at most about {usd:,.4f}, at 0.15 and 0.6 a million tokens (2026-03-31" in planned.out
    assert "a dry search of 14\N{NO-BREAK SPACE}slots, values from table digits201" in planned.out


def test_an_estimate_of_a_run_that_trains_trains_nothing(nasray, quick):
    words = (*quick, "strategy=generator_search", "strategy.warm_up=2", "width=1", "budget.evaluations=5")
    model = ("generator=language_model", "language_model=local_server", "language_model.client.model=mine")
    planned = nasray("llm", "estimate", *words, *model, "evaluator=training", "--price", "1", "2")
    assert planned.code == 0, planned
    # 3 slots behind the warm-up, and 2 re-asks each, since prose of the fake is no architecture
    assert "model       mine\nrequests    9 to be paid\n" in planned.out
    assert "at most 2,700 written" in planned.out  # 9 * max_tokens
    assert "values from chance, in place of Training" in planned.out
    assert "6 of the requests ask again" in planned.out
    assert "a million tokens (given)" in planned.out


def test_an_estimate_of_a_run_that_cannot_be_made_says_why(nasray, quick):
    assert "no part of the planned run asks a language model" in nasray("llm", "estimate", *quick).refused()
    assert "a sweep cannot be estimated at once" in nasray("llm", "estimate", "-m", "seed=0,1").refused()
    assert "without --prompts must be overrides of a run" in nasray("llm", "estimate", "gpt-4o-mini").refused()
    two = nasray("llm", "estimate", "a", "b", "-n", "1", "--prompt-tokens", "1").refused()
    assert "--prompts takes the name of one model and got 'a b'" in two
    assert "the group strategy has no such option" in nasray("llm", "estimate", "strategy=none_such").refused()
    unpriced = (
        *quick,
        *SCREENED,
        "language_model=openai",
        "language_model.client.model=x",
        "language_model.caps.usd=null",
    )
    assert "USD         unknown: no price is listed of x; give --price" in nasray("llm", "estimate", *unpriced).out


def test_a_ledger_adds_up(nasray, cache):
    done = nasray("llm", "ledger", str(cache))
    assert done.code == 0, done
    assert "fake: 2 paid, 1 hits, 0 failed, 0 lost; 10 tokens read, 10 written; USD unknown" in done.out
    assert "there is no language model's cache at" in nasray("llm", "ledger", "none.sqlite").refused()


def test_a_cache_is_recorded(nasray, cache, tmp_path):
    done = nasray("llm", "record", str(cache), "replies.jsonl")
    assert "2 replies in replies.jsonl" in done.out
    assert len((tmp_path / "replies.jsonl").read_text().splitlines()) == 2
