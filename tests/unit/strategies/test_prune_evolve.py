import re

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, NotFinite
from nasray.core.graph_batch import GraphBatch
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.seeds import Streams
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.prune_evolve import PruneEvolve
from nasray.strategies.score_book import ScoreBook
from nasray.testing.linear_graph_learner import LinearGraphLearner

SPACE = NasBench201(channels=4, cells_per_stage=1)
OFF = {"sort_by_index": False, "argmax_genotype": False, "normal_cell_only": False}
STREAMS = Streams(0, "strategy")


class Additive:
    """A mixture is worth what its operators are worth on the mean: by hand, pruning must find the argmax."""

    higher_is_better = True

    def __init__(self, space, worth, sign=1.0):
        self.space, self.worth, self.sign = space, worth, sign
        self.graphs_at_once = []
        self.higher_is_better = sign > 0

    def predict_graphs(self, graphs):
        self.graphs_at_once.append(len(graphs))
        inner = graphs.mixture[:, 1:7, 1:6].astype(float)
        return self.sign * np.einsum("aek,ek->a", inner, self.worth)

    def predict(self, architectures):
        names = tuple(self.space.operator_descriptions())
        worth = self.predict_graphs(GraphBatch.of([self.space.graph(one) for one in architectures], names))
        self.graphs_at_once.pop()
        return worth


WORTH = np.random.default_rng(0).random((6, 5))
BEST = Architecture(tuple(WORTH.argmax(axis=1).tolist()))


def strategy(predictor, space=SPACE, **settings):
    usual = {"population_size": 10, "scale": 0.5, "crossover_rate": 0.5, "generations": 5, "warm_up": 4}
    return PruneEvolve(space=space, predictor=predictor, **{**usual, "released_code": OFF, **settings})


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_pruning_finds_the_best_of_an_additive_predictor(sign):
    predictor = Additive(SPACE, WORTH, sign)
    first, second = strategy(predictor).ask(range(2), STREAMS)
    assert (first.architecture, first.operation) == (BEST, "pruning")
    assert first.notes["prune_evolve"]["score"] == pytest.approx(WORTH.max(axis=1).sum(), abs=1e-6)
    assert second.operation == "runner_up"
    # Rounds of one batch: the supernet, and one graph for every operator that may go: 30, 24, 18, 12.
    assert predictor.graphs_at_once == [31, 25, 19, 13]


def test_answers_come_in_the_order_of_their_scores_and_once_each():
    answers = strategy(Additive(SPACE, WORTH)).ask(range(40), STREAMS)
    scores = [one.notes["prune_evolve"]["score"] for one in answers]
    assert scores[1:] == sorted(scores[1:], reverse=True)
    assert len({one.architecture for one in answers}) == 40


def test_evolution_improves_on_the_released_pruning():
    """Which ends on the last operator of the list, whatever the scores are."""
    predictor = Additive(SPACE, WORTH)
    settings = {"released_code": {**OFF, "sort_by_index": True}, "population_size": 50, "generations": 40}
    first, second = strategy(predictor, **settings).ask(range(2), STREAMS)
    assert (first.architecture, first.operation) == (BEST, "evolution")
    assert (second.architecture.genes, second.operation) == ((4,) * 6, "pruning")


def pruned(predictor, space=SPACE, seed=0, **flags):
    """What pruning alone finds."""
    asked = strategy(predictor, space, released_code={**OFF, **flags}, generations=0).ask(
        range(2), Streams(seed, "strategy")
    )
    return next(one.architecture for one in asked if one.operation == "pruning")


def test_scored_as_its_first_member_a_supernet_loses_operators_by_chance():
    """Only the first live operator changes a score; the others tie at an importance of 0."""
    worth = np.tile([5.0, 4.0, 3.0, 2.0, 1.0], (6, 1))  # the first operator is the best one: its removal always hurts
    assert pruned(Additive(SPACE, worth), argmax_genotype=True).genes == (0,) * 6
    rising = np.tile([1.0, 2.0, 3.0, 4.0, 5.0], (6, 1))  # it is the worst one: it goes first, until the last is left
    assert pruned(Additive(SPACE, rising), argmax_genotype=True).genes == (4,) * 6
    late = np.tile([5.0, 1.0, 6.0, 1.0, 1.0], (6, 1))  # what comes later is not seen while the first is there
    found = {pruned(Additive(SPACE, late), seed=seed, argmax_genotype=True).genes for seed in range(3)}
    assert found != {(2,) * 6}
    assert pruned(Additive(SPACE, late)).genes == (2,) * 6


class OfTheLastOperator:
    """Counts one operator of DARTS in both cells."""

    higher_is_better = True

    def __init__(self, space):
        self.space = space

    def predict_graphs(self, graphs):
        return graphs.mixture[:, :, graphs.operators.index("sep_conv_5x5")].sum(axis=1).astype(float)

    def predict(self, architectures):
        names = tuple(self.space.operator_descriptions())
        return self.predict_graphs(GraphBatch.of([self.space.graph(one) for one in architectures], names))


def test_both_cells_of_darts_count_unless_the_released_code_is_asked_for():
    space = Darts(channels=4, cells=3, allow_none=False)
    wanted = space.operators.index("sep_conv_5x5")
    both = pruned(OfTheLastOperator(space), space)
    assert set(both.genes[1::2]) == {wanted}
    normal_only = pruned(OfTheLastOperator(space), space, normal_cell_only=True)
    assert set(normal_only.genes[1:16:2]) == {wanted}
    assert set(normal_only.genes[17::2]) != {wanted}


def test_ties_are_broken_by_the_seed():
    indifferent = Additive(SPACE, np.eye(6, 5) * [1.0, 0.0, 0.0, 0.0, 0.0])  # to all edges but the first
    assert pruned(indifferent, seed=1) == pruned(indifferent, seed=1)
    assert len({pruned(indifferent, seed=seed) for seed in range(5)}) > 1


def test_a_restart_asks_no_predictor():
    usual = strategy(Additive(SPACE, WORTH))
    asked = usual.ask(range(5), STREAMS)
    later = strategy(Additive(SPACE, None))  # it would fail if it was asked
    later.restore([asked[0]])
    assert [one.to_json() for one in later.ask(range(1, 5), STREAMS)] == [one.to_json() for one in asked[1:]]


def test_after_the_answers_there_is_nothing():
    usual = strategy(Additive(SPACE, WORTH), population_size=50, generations=20)
    assert len(usual.ask(range(300), STREAMS)) == 200
    assert usual.ask(range(200, 201), STREAMS) == []


def test_scores_asked_are_counted():
    (first,) = strategy(Additive(SPACE, WORTH)).ask(range(1), STREAMS)
    assert first.notes["prune_evolve"]["scores_asked"] == 31 + 25 + 19 + 13 + 10 * 6


def told(proposals, values):
    return [
        Outcome(one, Failure("exception", "no") if value is None else Measurement(value))
        for one, value in zip(proposals, values, strict=True)
    ]


def test_a_predictor_that_learns_is_fitted_on_random_members_first():
    learning = strategy(LinearGraphLearner(space=SPACE))
    warm_up = learning.ask(range(8), STREAMS)
    assert [(one.slot, one.operation) for one in warm_up] == [(slot, "random") for slot in range(4)]
    assert learning.ask(range(4, 9), STREAMS) == []
    for outcome in told(warm_up, [90.0, 10.0, 10.0, 10.0]):
        learning.tell(outcome)
    first, *_ = learning.ask(range(4, 8), STREAMS)
    assert first.operation in ("pruning", "evolution")
    assert "answers" in first.notes["prune_evolve"]


def test_nothing_measured_is_nothing_to_learn_from():
    learning = strategy(LinearGraphLearner(space=SPACE))
    for outcome in told(learning.ask(range(4), STREAMS), [None] * 4):
        learning.tell(outcome)
    (further,) = learning.ask(range(4, 8), STREAMS)
    assert further.operation == "random"
    learning.tell(*told([further], [1.0]))
    assert "stopped" in learning.ask(range(5, 6), STREAMS)[0].notes["prune_evolve"]  # one lesson tells nothing apart


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(NotFinite, match="Additive returned a score that is not finite"):
        ScoreBook(Additive(SPACE, np.full((6, 5), np.nan))).of([SPACE.sample(np.random.default_rng(0))])


@pytest.mark.parametrize(
    ("worth", "why"), [(0.0, r"the same score \(0\) for all of \d+ archi"), (np.nan, "a score that is not finite")]
)
def test_where_scores_order_nothing_slots_are_random_and_the_first_says_so(caplog, worth, why):
    useless = strategy(Additive(SPACE, np.full((6, 5), worth)))
    asked = useless.ask(range(3), STREAMS)
    assert [one.operation for one in asked] == ["random"] * 3
    assert re.match(why, asked[0].notes["prune_evolve"]["stopped"])
    assert asked[1].notes is None
    assert re.search(f"prune_evolve: the predictor gave {why}", caplog.text)
    later = strategy(Additive(SPACE, None))  # it would fail if it was asked
    later.restore(asked[:1])
    assert later.ask(range(1, 3), STREAMS) == asked[1:]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population_size": 3}, r"population_size \(3\) must be at least 4"),
        ({"scale": 0.0}, r"scale \(0.0\) must be above 0 and at most 2"),
        ({"crossover_rate": 1.5}, r"crossover_rate \(1.5\) must be between 0 and 1"),
        ({"generations": -1}, r"generations \(-1\) must not be negative"),
        ({"warm_up": 0}, r"warm_up \(0\) must be at least 1"),
        ({"released_code": {"sort_by_rank": True}}, r"must say true or false for sort_by_index, argmax_genotype"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        strategy(Additive(SPACE, WORTH), **settings)


def test_other_predictors_and_spaces_are_refused(line):
    with pytest.raises(CapabilityError, match="scores soft graphs and got none"):
        strategy(None)
    with pytest.raises(CapabilityError, match="scores soft graphs and got object"):
        strategy(object())
    with pytest.raises(CapabilityError, match="prune_evolve needs a space with SupernetView"):
        strategy(Additive(SPACE, WORTH), line)
