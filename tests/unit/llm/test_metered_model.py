"""Cache, single flight, retries, caps and ledger around a scripted client."""

import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from nasray.core.errors import ConfigError, DataError, RecordError
from nasray.llm import reply_store
from nasray.llm.call_error import CallError
from nasray.llm.cap_reached import CapReached
from nasray.llm.fake import Fake
from nasray.llm.ledger import read_ledger
from nasray.llm.limiter import Limiter
from nasray.llm.metered_model import MeteredModel
from nasray.llm.price import Price

BUSY = partial(CallError, "busy", kind="rate_limit", retryable=True)
# The most that ask() can take: 5 bytes of "hello" + 16 for the turn + 256 for the template + 20 tokens of the reply.
MOST_TOKENS = 5 + 16 + 256 + 20


def test_a_reply_is_paid_once_and_kept_by_the_next_process(serve, scripted, ask, said, tmp_path):
    client = scripted(said("25.1"))
    service = serve(client)
    first = service.complete(ask())
    assert (first.text, first.hit, first.usd) == ("25.1", False, (10 * 2 + 5 * 4) / 1e6)
    again = service.complete(ask())
    assert (again.text, again.hit, again.usd) == ("25.1", True, 0.0)
    service.close()
    later = serve(scripted(AssertionError("must not be asked"))).complete(ask())
    assert (later.text, later.hit) == ("25.1", True)
    assert len(client.requests) == 1


@pytest.mark.parametrize(
    "change", [{"temperature": 0.5}, {"max_tokens": 21}, {"sample": 1}, {"schema": "{}"}, {"text": "hello "}]
)
def test_whatever_a_reply_depends_on_makes_it_another_request(serve, scripted, ask, change):
    client = scripted("a")
    service = serve(client)
    service.complete(ask())
    assert not service.complete(ask(**change)).hit
    assert len(client.requests) == 2


def test_a_hundred_threads_with_one_prompt_make_one_call(serve, scripted, ask, tmp_path):
    client = scripted("25.1")
    client.open.clear()
    service = serve(client)
    with ThreadPoolExecutor(100) as threads:
        waiting = [threads.submit(service.complete, ask()) for _ in range(100)]
        threading.Timer(0.2, client.open.set).start()
        replies = [one.result() for one in waiting]
    assert len(client.requests) == 1
    assert {reply.text for reply in replies} == {"25.1"}
    assert sum(reply.hit for reply in replies) == 99
    service.close()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.hits, row.prompt_tokens, row.completion_tokens) == (1, 99, 10, 5)


def test_who_waits_for_a_call_that_fails_is_told_why_and_the_next_may_try(serve, scripted, ask):
    client = scripted(CallError("no such model", kind="unknown_model"), "there now")
    client.open.clear()
    service = serve(client)
    with ThreadPoolExecutor(5) as threads:
        waiting = [threads.submit(service.complete, ask()) for _ in range(5)]
        threading.Timer(0.2, client.open.set).start()
        for one in waiting:
            with pytest.raises(CallError, match=r"no such model"):
                one.result()
    assert service.complete(ask()).text == "there now"


def test_a_leader_that_is_interrupted_does_not_leave_the_others_waiting(serve, scripted, ask):
    client = scripted(KeyboardInterrupt())
    client.open.clear()
    service = serve(client)
    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(service.complete, ask())
        while not client.requests:
            pass
        follower = threads.submit(service.complete, ask())
        threading.Timer(0.2, client.open.set).start()
        with pytest.raises(KeyboardInterrupt):
            leader.result()
        with pytest.raises(CallError, match=r"interrupted before its reply came"):
            follower.result()


def test_waits_double_and_the_servers_own_wait_comes_first(serve, scripted, ask):
    slept: list[float] = []
    held: list[float] = []
    limiter = Limiter(requests_per_minute=None, tokens_per_minute=None, clock=lambda: sum(held), sleep=held.append)
    client = scripted(BUSY(), BUSY(retry_after=7.0), "done")
    assert serve(client, sleep=slept.append, limiter=limiter).complete(ask()).text == "done"
    assert 1.0 <= slept[0] < 1.5  # up to half as long again, by the request's hash
    assert slept[1] == 7.0
    assert held == [7.0], "the others have to wait, too"


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (BUSY(), 3),  # all attempts
        (BUSY(retry_after=61.0), 1),  # longer than retries.most_wait_seconds
        (CallError("wrong key", kind="key_refused"), 1),
    ],
)
def test_a_call_is_given_up_on(serve, scripted, ask, error, calls, tmp_path):
    client = scripted(error)
    service = serve(client)
    with pytest.raises(CallError, match=str(error)):
        service.complete(ask())
    service.close()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.failed, row.failures, len(client.requests)) == (0, calls, {error.kind: calls}, calls)


@pytest.mark.parametrize("cap", [{"calls": 2}, {"tokens": 2 * 15 + MOST_TOKENS - 1}, {"usd": 0.0007}])
def test_no_cap_is_passed_and_what_was_paid_stays(serve, scripted, ask, cap):
    """A call takes 10 + 5 tokens and 40 millionths of a dollar, and could take 277 + 20 tokens and 634 millionths."""
    client = scripted("a")
    service = serve(client, caps=cap)
    for text in ("hello", "hallo"):
        service.complete(ask(text))
    with pytest.raises(CapReached, match=r"2 calls, 30 tokens and 0\.0001 USD are spent.*raise the cap and go on"):
        service.complete(ask("salut"))
    assert service.complete(ask("hello")).hit
    assert len(client.requests) == 2
    service.close()
    with serve(client, caps=cap) as later, pytest.raises(CapReached):  # bound by what the first process spent
        later.complete(ask("salut"))
    assert not serve(client, path=service.path).complete(ask("salut")).hit


def test_a_cap_holds_against_calls_on_their_way(serve, scripted, ask):
    """40 threads, room for 3 calls at their most and 20 as they really are: never more than 20, and all of 20."""
    client = scripted("a")
    service = serve(client, caps={"tokens": 15 * 19 + MOST_TOKENS})
    refused = []

    def one(number):
        try:
            service.complete(ask(f"{number:05d}"))
        except CapReached as error:
            refused.append(error)

    with ThreadPoolExecutor(40) as threads:
        list(threads.map(one, range(40)))
    assert len(client.requests) == 20
    assert len(refused) == 20


def test_a_failed_call_that_may_be_billed_is_charged_at_its_most(serve, scripted, ask, tmp_path):
    lost = CallError("no answer in time", kind="timeout", billed=True)
    service = serve(scripted(lost, "a"), caps={"tokens": 2 * MOST_TOKENS})
    with pytest.raises(CallError):
        service.complete(ask())
    service.complete(ask())
    with pytest.raises(CapReached, match=f"{MOST_TOKENS + 15} tokens"):
        service.complete(ask("hallo"))
    service.close()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert row.usd == pytest.approx((277 * 2 + 20 * 2 + 10 * 2 + 5 * 4 + 20 * 2) / 1e6)


def test_a_call_during_which_the_process_died_is_charged_at_its_most(serve, scripted, ask, tmp_path):
    service = serve(scripted(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        service.complete(ask())
    service.close()
    with pytest.raises(CapReached, match=f"1 calls, {MOST_TOKENS} tokens"):
        serve(scripted("a"), caps={"tokens": MOST_TOKENS}).complete(ask())
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.lost, row.failures) == (1, {"process_died": 1})


@pytest.mark.parametrize("error", [ConfigError("the key is not set"), DataError("the recording cannot be read")])
def test_a_call_that_was_never_sent_costs_nothing_and_is_no_call(serve, scripted, ask, tmp_path, error):
    service = serve(scripted(error, "a"), caps={"calls": 1, "tokens": MOST_TOKENS})
    with pytest.raises(type(error), match=str(error)):
        service.complete(ask())
    assert service.complete(ask()).text == "a", "the caps have room for one call"
    service.close()
    unsent = scripted(error)
    with serve(unsent) as later, pytest.raises(type(error)):
        later.complete(ask("hallo"))
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.failed, row.lost, row.failures) == (1, 2, 0, {"not_sent": 2})
    assert (row.prompt_tokens, row.usd) == (10, pytest.approx(40e-6))
    store = reply_store.ReplyStore(tmp_path / "cache.sqlite")
    assert store.spent() == (1, 15, pytest.approx(40e-6))
    store.close()


def test_money_cannot_be_capped_without_a_price(serve, scripted, ask, tmp_path):
    with pytest.raises(ConfigError, match=r"no price is known of model 'scripted'; give language_model.price"):
        serve(scripted("a"), price=None, caps={"usd": 1.0})
    service = serve(scripted("a"), price=None)
    assert service.complete(ask()).usd is None
    service.close()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.usd, row.unpriced) == (None, 1)


def test_a_listed_price_is_found(serve, scripted, ask):
    client = scripted("a")
    client.model = "gpt-4o-mini-2024-07-18"
    reply = serve(client, price=None, caps={"usd": 1.0}).complete(ask(model=client.model))
    assert reply.usd == pytest.approx((10 * 0.15 + 5 * 0.60) / 1e6)


def test_a_request_for_another_model_is_refused(serve, scripted, ask):
    with pytest.raises(ConfigError, match=r"a request for model 'other' reached 'scripted'"):
        serve(scripted("a")).complete(ask(model="other"))


def test_answers_keep_errors_apart_and_ask_a_repeated_object_once(serve, scripted, ask, tmp_path):
    one, other = ask("one"), ask("other")
    client = scripted("a")
    client.complete = partial(_says_a_or_fails, client.complete, other)
    service = serve(client)
    answers = service.answers([one, other, one, one])
    assert [answer.text for answer in (answers[0], answers[2], answers[3])] == ["a"] * 3
    assert isinstance(answers[1], CallError)
    service.close()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.paid, row.hits) == (1, 0)


def _says_a_or_fails(says, other, request):
    if request is other:
        raise CallError("not this one")
    return says(request)


def test_the_service_travels_as_its_settings(serve, ask):
    service = serve(Fake(model="fake", latency_seconds=0.0), sleep=time.sleep)
    first = service.complete(ask(model="fake"))
    service.close()
    arrived = pickle.loads(pickle.dumps(service))
    assert arrived.complete(ask(model="fake")).text == first.text
    arrived.close()
    assert isinstance(arrived, MeteredModel)


def test_one_process_at_a_time_owns_the_file(serve, scripted, ask, monkeypatch):
    monkeypatch.setattr(reply_store, "_LOCK_SECONDS", 0.0)
    owner = serve(scripted("a"))
    owner.complete(ask())
    with pytest.raises(RecordError, match=r"is owned by another process.*share one model through a host"):
        serve(scripted("a")).complete(ask())
    with owner:
        pass
    assert serve(scripted("b")).complete(ask()).text == "a"


def test_a_service_that_may_wait_for_nobody_is_refused(serve, scripted):
    with pytest.raises(ConfigError, match=r"language_model.concurrency \(0\) must be at least 1"):
        serve(scripted("a"), concurrency=0)


def test_prices_add_up():
    assert Price(prompt=2.0, completion=4.0).usd(1_000_000, 500_000) == 4.0
    with pytest.raises(ConfigError, match=r"price \(-1, 0\) must not be negative"):
        Price(prompt=-1, completion=0)
