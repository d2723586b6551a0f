"""What one run took of a language model is written down, and adds up over its processes."""

import copy
import json
import pickle
from typing import Annotated

import pytest
from pydantic import Field, RootModel

from nasray.llm.bad_reply import BadReply
from nasray.llm.call_error import CallError
from nasray.llm.cap_reached import CapReached
from nasray.llm.structured import Structured
from nasray.llm.structured_answer import StructuredAnswer
from nasray.llm.tallied_model import TalliedModel
from nasray.llm.tally import Tally, read_tally

Bleu = RootModel[Annotated[float, Field(ge=20, le=30)]]


@pytest.fixture
def tallied(serve, tmp_path):
    """``tallied(client, …)``: the tally around the service around a client."""
    return lambda client, **changes: TalliedModel(inner=serve(client, **changes), path=tmp_path / "run.jsonl")


def test_replies_hits_and_refusals_are_counted(tallied, scripted, ask, tmp_path):
    model = tallied(scripted("about 25", "250", "25"))
    assert not (tmp_path / "run.jsonl").exists()
    asking = Structured(language_model=model, reasks=2)
    for _ in range(2):
        assert asking.ask(ask("BLEU?"), Bleu).value.root == 25
    # Three calls of 10 + 5 tokens at 2 and 4 dollars a million; then the same three from the cache.
    assert model.tally() == Tally(
        sources=["a script"],
        paid=3,
        hits=3,
        prompt_tokens=30,
        completion_tokens=15,
        usd=pytest.approx(3 * (20 + 20) / 1e6),
        refusals={"not_json": 2, "out_of_range": 2},
    )
    assert "BLEU" not in (tmp_path / "run.jsonl").read_text()


def test_a_later_process_goes_on_and_a_torn_line_is_passed_over(tallied, scripted, ask, tmp_path):
    first = tallied(scripted("25"))
    first.complete(ask("one"))
    first.close()
    with (tmp_path / "run.jsonl").open("a") as file:
        file.write('{"what": "rep')
    second = tallied(scripted("25"))
    second.complete(ask("two"))
    second.close()
    assert second.tally().paid == 2
    assert read_tally(tmp_path / "none.jsonl") == Tally()


def test_requests_without_a_reply_are_counted_by_kind(tallied, scripted, ask):
    model = tallied(scripted(CallError("no", kind="timeout")))
    with pytest.raises(CallError):
        model.complete(ask())
    model.close()
    with pytest.raises(BadReply):
        Structured(language_model=tallied(scripted("prose")), reasks=1).ask(ask("x"), Bleu)
    found = model.tally().to_json()
    assert (found["failures"], found["refusals"], found["unanswered"]) == ({"timeout": 1}, {"not_json": 2}, 1)
    assert json.loads(json.dumps(found)) == found


def test_many_are_asked_at_once_and_a_bad_reply_spoils_its_own_question(tallied, scripted, ask):
    model = tallied(scripted("25", "prose", "26"), concurrency=1)
    answers = Structured(language_model=model, reasks=0).ask_all([ask(str(n)) for n in range(3)], [Bleu] * 3)
    assert [type(one) for one in answers] == [StructuredAnswer, BadReply, StructuredAnswer]
    assert Structured(language_model=model, reasks=0).ask_all([], []) == []


def test_a_cap_ends_it_and_what_came_before_is_kept(tallied, scripted, ask):
    client = scripted("25")
    model = tallied(client, concurrency=2, caps={"calls": 3})
    requests = [ask(str(n)) for n in range(8)]
    with pytest.raises(CapReached):
        Structured(language_model=model, reasks=0).ask_all(requests, [Bleu] * 8)
    assert len(client.requests) == 3
    model.close()
    more = tallied(client, concurrency=2, caps={"calls": 8})
    assert len(Structured(language_model=more, reasks=0).ask_all(requests, [Bleu] * 8)) == 8
    assert len(client.requests) == 8


def test_copies_share_the_service_and_what_travels_opens_anew(tallied, scripted, ask):
    model = tallied(scripted("25"))
    assert copy.deepcopy({"part": model})["part"] is model
    assert copy.deepcopy(model.inner) is model.inner
    there = pickle.loads(pickle.dumps(TalliedModel(inner=NamedOnly(), path=model.path)))
    assert (there.model, there.concurrency, there.path) == ("named", 3, model.path)


class NamedOnly:
    """Pickles."""

    model = "named"
    concurrency = 3
