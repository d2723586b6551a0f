"""The dialogue with a language model, whose replies are written here."""

import json
from dataclasses import dataclass, field

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.llm.reply import Reply
from nasray.refiners.language_model_refiner import LanguageModelRefiner
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=4, cells_per_stage=1)
SOURCES = [Architecture((3, 2, 0, 1, 4, 3)), Architecture((3, 3, 0, 1, 4, 3))]


@dataclass
class Scripted:
    """Says what it was told to say, and remembers what it was asked."""

    replies: list[str]
    asked: list = field(default_factory=list)
    model: str = "scripted"
    concurrency: int = 1

    def complete(self, request):
        self.asked.append(request.messages)
        return Reply(text=self.replies.pop(0), source="test", prompt_tokens=1, completion_tokens=1)


def said(*layers, text="Convolutions early."):
    return json.dumps({"principles": text, **{f"layer{at}": ids for at, ids in enumerate(layers)}})


GOOD = said([3, 2], [3], [0, 1], [1], [3, 4], [3])


def refiner(*replies, space=SPACE, **changes):
    settings = {"most_operators": 2, "most_sources": 2, "anonymous": False, "seed": 0, "temperature": 0.0}
    settings |= {"max_tokens": 500, "reasks": 1}
    return LanguageModelRefiner(space=space, language_model=Scripted([*replies]), **settings | changes)


def test_it_learns_from_lists_without_scores():
    asking = refiner(GOOD)
    learnt = asking.learn(SOURCES)
    assert learnt.text == "Convolutions early."
    assert learnt.operators == ((3, 2), (3,), (0, 1), (1,), (3, 4), (3,))
    assert (learnt.repairs, [role for role, _ in learnt.dialogue]) == ((), ["system", "user", "assistant"])
    question = asking.language_model.asked[0][1].content
    assert "    3: nor_conv_3x3," in question
    assert "\n[3,2,0,1,4,3]\n[3,3,0,1,4,3]\n" in question
    assert '"layer0": [id, id], "layer1": [id, id]' in question
    assert "for layer0 to layer5 at most 2 of the ids 0 to 4." in question


def test_an_improvement_goes_on_with_the_dialogue():
    asking = refiner(GOOD, GOOD, said([1], [3], [0, 1], [1], [3, 4], [3]))
    first = asking.learn(SOURCES)
    second = asking.adapt(first, SOURCES[:1], improved=True)
    third = asking.adapt(second, SOURCES[:1], improved=True)
    assert len(third.dialogue) == 7
    assert "[3,2,0,1,4,3]" in third.dialogue[5][1]
    assert third.operators[0] == (1,)


@pytest.mark.parametrize(("found", "improved"), [(SOURCES, False), ([], True)])
def test_without_one_it_goes_back_to_the_first_principles(found, improved):
    asking = refiner(GOOD, GOOD, GOOD)
    second = asking.adapt(asking.learn(SOURCES), SOURCES, improved=True)
    third = asking.adapt(second, found, improved)
    assert third.dialogue[:3] == second.dialogue[:3]
    assert len(third.dialogue) == 5
    assert "hard to find a better one" in third.dialogue[3][1]


def test_too_many_candidates_are_cut_and_doubles_merged():
    learnt = refiner(said([3, 3, 2, 1], [3], [0], [1], [3], [3])).learn(SOURCES)
    assert learnt.operators[0] == (3, 2)
    assert learnt.repairs == ("layer0 had 3 candidates, of which the first 2 were kept",)


def test_networks_in_the_place_of_candidates_are_told():
    first, second = ([*one.genes] for one in SOURCES)
    learnt = refiner(said(first, second, first, second, first, second)).learn(SOURCES)
    assert "the candidates of the layers are lists of networks that were shown" in learnt.repairs[0]
    assert learnt.operators[0] == (3, 2)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (said([7], [3], [0], [1], [3], [3]), "out_of_range"),
        (said([], [3], [0], [1], [3], [3]), "wrong_form"),
        (said([3], [3], [0], [1], [3]), "wrong_form"),
        ("Use convolutions.", "not_json"),
    ],
)
def test_an_unusable_reply_is_asked_for_again(bad, kind):
    learnt = refiner(bad, GOOD).learn(SOURCES)
    assert learnt.operators[0] == (3, 2)
    assert learnt.repairs == (f"a reply was refused as {kind} and asked for again",)


def test_without_any_usable_reply_everything_remains_and_later_nothing_changes():
    learnt = refiner("no", "no").learn(SOURCES)
    assert learnt.operators == ((0, 1, 2, 3, 4),) * 6
    assert "gave no usable reply in 2 tries" in learnt.repairs[0]
    assert learnt.dialogue[-1] == ("assistant", "(no usable reply)")
    asking = refiner(GOOD, "no", "no")
    first = asking.learn(SOURCES)
    assert asking.adapt(first, SOURCES, improved=True).operators == first.operators


def test_an_anonymous_space_hides_names_and_ids():
    asking = refiner(GOOD, anonymous=True, seed=1)
    learnt = asking.learn(SOURCES)
    question = asking.language_model.asked[0][1].content
    assert "conv" not in question.split("These are")[0]
    ids = json.loads(next(line for line in question.splitlines() if line.startswith("[")))
    assert ids != [3, 2, 0, 1, 4, 3]
    back = dict(zip(ids, [3, 2, 0, 1, 4, 3], strict=True))
    assert learnt.operators[0] == (back[3], back[2])


def test_what_is_read_is_asked_for_where_it_is_a_choice():
    space = Darts(channels=4, cells=3, allow_none=False)
    good = Architecture((0, 3, 1, 2, 0, 3, 2, 2, 1, 3, 3, 2, 0, 3, 4, 2) * 2)
    reply = {"principles": "Read early."} | {f"layer{at}": [3] for at in range(16)}
    asking = refiner(json.dumps(reply | {f"sources{at}": [1, 0] for at in range(16)}), space=space)
    learnt = asking.learn([good])
    assert learnt.sources == ((1, 0),) * 16
    question = asking.language_model.asked[0][1].content
    assert "[[0,3],[1,2],[0,3]" in question
    assert (
        "for layer0 to layer15 at most 2 of the ids 0 to 6; for sources0 to sources1 at most 2 of the ids 0 to 1"
        in question
    )
    assert "for sources14 to sources15 at most 2 of the ids 0 to 4." in question


def test_nothing_to_learn_from_or_to_keep_is_refused():
    with pytest.raises(ConfigError, match="got no architectures to learn from"):
        refiner().learn([])
    with pytest.raises(ConfigError, match=r"most_operators \(0\) must be at least 1"):
        refiner(most_operators=0)
    with pytest.raises(CapabilityError, match="refiner language_model needs a space with Restrictable"):
        refiner(space=object())
