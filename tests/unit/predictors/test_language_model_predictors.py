"""LLM-PP: what is asked, what is made of the replies, and what happens to those that cannot be used."""

import json
import threading

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.core.measurement import Split
from nasray.llm.reply import Reply
from nasray.predictors.demonstrations import Demonstration, pool_of, shown_for
from nasray.predictors.estimator import Estimator
from nasray.predictors.language_model_predictor import LanguageModelPredictor
from nasray.predictors.language_model_table import LanguageModelTable
from nasray.spaces.nasbench201 import NasBench201
from nasray.testing.copying_model import CopyingModel

SPACE = NasBench201(channels=2, cells_per_stage=1)
CELLS = [Architecture((n, 0, 0, 0, 0, n)) for n in range(5)]


class Scripted:
    """Says ``script`` entry by entry, the last one for ever, and keeps what it was asked."""

    model = "scripted"
    concurrency = 1

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def complete(self, request):
        text = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(request)
        return Reply(text=text, source="a script", prompt_tokens=1, completion_tokens=1)

    def close(self):
        """Nothing is open."""


def estimator(model, **changes):
    settings = {
        "space": SPACE,
        "language_model": model,
        "task": "classification",
        "metric": "accuracy",
        "parts": [],
        "measures": {},
        "decimals": 1,
        "temperature": 0.0,
        "samples": 1,
        "combine": "mean",
        "margin": 0.5,
        "max_tokens": 20,
        "reasks": 1,
    }
    return Estimator(**{**settings, **changes})


def learner(model, **changes):
    own = {name: changes.pop(name) for name in ("choice", "number", "seed") if name in changes}
    made = LanguageModelPredictor(
        estimator=estimator(model, **changes), **{"choice": "stratified", "number": 3, "seed": 0, **own}
    )
    made.fit(CELLS, np.array([50.0, 60.0, 70.0, 80.0, 90.0]))
    return made


def value(number):
    return json.dumps({"value": number})


def test_the_prompt_is_demonstrations_and_query():
    model = Scripted(value(77.7))
    assert learner(model, number=2).predict([CELLS[2]]).tolist() == [77.7]
    (request,) = model.asked
    lines = request.messages[0].content.splitlines()
    # Two of five by rank are the worst and the best; then the query.
    assert [one for one in lines if one.startswith(("edge 0 -> 1", "{"))] == [
        "edge 0 -> 1: none",
        '{"value": 50.0}',
        "edge 0 -> 1: avg_pool_3x3",
        '{"value": 90.0}',
        "edge 0 -> 1: nor_conv_1x1",
    ]
    bounds = json.loads(request.schema)["properties"]["value"]
    assert (bounds["minimum"], bounds["maximum"]) == (30.0, 110.0), "half a width of 40 beyond 50 and 90"


@pytest.mark.parametrize(
    ("part", "begins"), [("role", "You judge"), ("instructions", "Rules:"), ("definitions", "What is listed:")]
)
def test_every_part_of_the_prompt_can_be_switched_on(part, begins):
    model = Scripted(value(60))
    learner(model, parts=[part]).predict(CELLS[:1])
    assert model.asked[0].messages[0].content.startswith(begins)


def test_definitions_name_the_operators_that_occur():
    model = Scripted(value(60))
    learner(model, parts=["definitions"], number=1).predict(CELLS[1:2])
    text = model.asked[0].messages[0].content
    assert "- skip_connect: Residual connection" in text
    assert "nor_conv_3x3" not in text


def test_a_measure_is_a_further_line():
    class Size:
        higher_is_better = True

        def predict(self, architectures):
            return np.array([1000.0 * sum(one.genes) for one in architectures])

    model = Scripted(value(60))
    learner(model, measures={"weights": Size()}).predict([CELLS[3]])
    assert "weights: 6000" in model.asked[0].messages[0].content


@pytest.mark.parametrize(("combine", "expected"), [("mean", 70.0), ("median", 60.0)])
def test_several_replies_are_combined(combine, expected):
    model = Scripted(value(55), value(60), value(95))
    found = learner(model, samples=3, temperature=1.0, combine=combine).predict(CELLS[:1])
    assert found.tolist() == [expected]
    assert [one.sample for one in model.asked] == [0, 1, 2]


@pytest.mark.parametrize("bad", ["", "about 60", '{"value": 6', value(260), '{"value": 60} {"value": 90}', "60"])
def test_a_bad_reply_is_asked_for_again_within_bounds(bad):
    model = Scripted(bad, value(66))
    assert learner(model).predict(CELLS[:1]).tolist() == [66.0]
    assert '"maximum": 110' in model.asked[1].messages[-1].content


def test_without_a_usable_reply_the_demonstrations_mean_stands_in(caplog):
    model = Scripted("no idea")
    assert learner(model).predict(CELLS[:1]).tolist() == [70.0]
    told = "no usable estimate of 1 of 1 architectures, 0.0.0.0.0.0 the first; the mean of its demonstrations stands in"
    assert told in caplog.text
    assert len(model.asked) == 2


def test_many_replies_that_cannot_be_used_are_told_of_in_one_line(caplog):
    model = Scripted(value(60), "no idea")
    assert learner(model, reasks=0).predict(CELLS).tolist() == [60.0, *[70.0] * 4]
    (told,) = caplog.records
    assert "no usable estimate of 4 of 5 architectures, 1.0.0.0.0.1 the first" in told.getMessage()


def test_without_demonstrations_almost_any_number_is_believed_and_nothing_stands_in(caplog):
    model = Scripted(value(1e6), "no idea")
    asking = learner(model, number=0, parts=["role", "instructions"], reasks=0)
    assert np.array_equal(asking.predict(CELLS[:2]), [1e6, np.nan], equal_nan=True)
    (request, _) = model.asked
    said = request.messages[0].content
    assert "xample" not in said
    assert "like those above" not in said
    assert '{"value": NUMBER}' in said
    assert json.loads(request.schema)["properties"]["value"]["maximum"] == 1e12
    assert "nothing stands in for each" in caplog.text
    assert asking.state() == b"[]"
    never_taught = LanguageModelPredictor(estimator=estimator(Scripted(value(5))), choice="random", number=0, seed=0)
    assert never_taught.predict(CELLS[:1]).tolist() == [5.0]


def test_what_is_left_of_several_replies_is_used():
    model = Scripted("no", value(60), value(80))
    assert learner(model, samples=3, temperature=1.0, reasks=0).predict(CELLS[:1]).tolist() == [70.0]


def test_an_architecture_that_stands_twice_is_asked_for_once():
    model = Scripted(value(60))
    assert learner(model).predict([CELLS[1]] * 16).tolist() == [60.0] * 16
    assert len(model.asked) == 1


def test_requests_are_on_their_way_together():
    class Together(CopyingModel):
        def complete(self, request):
            met.wait(5)
            return super().complete(request)

    met = threading.Barrier(4)
    assert len(learner(Together(concurrency=4)).predict(CELLS[:4])) == 4


def test_stratified_takes_worst_and_best_and_random_follows_its_seed():
    known = [Demonstration(Architecture((n,)), float(n)) for n in (3, 1, 4, 0, 2)]
    assert [one.value for one in pool_of(known, "stratified", 3, 0)] == [0, 2, 4]
    drawn = {tuple(one.value for one in pool_of(known, "random", 3, seed)) for seed in range(5)}
    assert len(drawn) > 1
    assert pool_of(known, "random", 3, 1) == pool_of(known, "random", 3, 1)
    assert pool_of([*known, known[0]], "nearest", 3, 0) == known


class Line:
    """A space whose members are all different."""

    def canonical(self, architecture):
        return architecture


def test_the_nearest_come_last():
    pool = [Demonstration(Architecture(genes), 0.0) for genes in ((0, 0, 1), (1, 1, 1), (0, 1, 1))]
    (found,) = shown_for([Architecture((0, 0, 0))], pool, "nearest", 2, Line())
    assert [one.architecture.genes for one in found] == [(0, 1, 1), (0, 0, 1)]


def test_genes_that_are_not_used_make_nobody_near():
    class LastGeneIdle(Line):
        def canonical(self, architecture):
            return Architecture((*architecture.genes[:-1], 0))

    pool = [Demonstration(Architecture(genes), 0.0) for genes in ((1, 0, 0), (0, 0, 7))]
    (found,) = shown_for([Architecture((0, 0, 0))], pool, "nearest", 1, LastGeneIdle())
    assert found == [pool[1]]


class Rows:
    """A table of three cells."""

    def __init__(self, *genes):
        self.index = {one: row for row, one in enumerate(genes or [cell.genes for cell in CELLS[:3]])}

    def meaning(self, name):
        return type("Meaning", (), {"direction": "higher", "split": Split.TEST if name == "test" else Split.VALID})()

    def column(self, name):
        return {"valid": np.array([50.0, np.nan, 90.0]), "first": np.array([1.0, 0, 0]), "none": np.zeros(3)}[name]


def from_table(**changes):
    settings = {"column": "valid", "where": None, "choice": "random", "number": 5, "seed": 0, "table": Rows()}
    return LanguageModelTable(**{"estimator": estimator(CopyingModel()), **settings, **changes})


def test_rows_of_a_table_are_shown():
    assert sorted(set(from_table().predict(CELLS).tolist())) == [50.0, 90.0], "the row without a value is left out"
    assert from_table(where="first").predict(CELLS[2:3]).tolist() == [50.0]


def test_a_table_may_show_nothing():
    model = Scripted(value(33))
    assert from_table(number=0, estimator=estimator(model)).predict(CELLS[:1]).tolist() == [33.0]
    assert "xample" not in model.asked[0].messages[0].content


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"table": "hat_mt"}, CapabilityError, "got the name 'hat_mt' in place of an open table"),
        ({"column": "test"}, ConfigError, "measured on TEST, which no part of a search may see"),
        ({"where": "none"}, ConfigError, r"where \(none\) leaves no row to show"),
        ({"choice": "best"}, ConfigError, r"choice \('best'\) must be one of random, stratified, nearest"),
        ({"number": -1}, ConfigError, r"number \(-1\) of demonstrations must not be negative; 0 shows none"),
    ],
)
def test_a_table_that_cannot_be_shown_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        from_table(**changes)


def test_a_table_of_another_space_is_refused():
    with pytest.raises(ConfigError, match="has architectures of another space"):
        from_table(table=Rows((9, 9)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": ["roles"]}, r"parts \['roles'\] must be among role, instructions, definitions"),
        ({"samples": 0}, r"samples \(0\) must be at least 1"),
        ({"samples": 2}, "at temperature 0 are all the same"),
        ({"combine": "max"}, r"combine \('max'\) must be mean or median"),
        ({"margin": -1.0}, r"margin \(-1.0\) must not be negative"),
        ({"decimals": 10}, r"decimals \(10\) must be between 0 and 9"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        estimator(CopyingModel(), **changes)


def test_a_space_without_words_and_a_model_without_a_name_are_refused():
    with pytest.raises(CapabilityError, match="needs a space with PromptView"):
        estimator(CopyingModel(), space=object())
    with pytest.raises(ConfigError, match="a language model without a name"):
        estimator(CopyingModel(model=""))


def test_what_cannot_be_learnt_is_refused():
    fresh = LanguageModelPredictor(estimator=estimator(CopyingModel()), choice="random", number=3, seed=0)
    with pytest.raises(CapabilityError, match="asked before it learnt anything"):
        fresh.predict(CELLS)
    with pytest.raises(DataError, match="got 0 architectures"):
        fresh.fit([], np.zeros(0))
    with pytest.raises(DataError, match="a value that is not finite"):
        fresh.fit(CELLS[:1], np.array([np.nan]))
