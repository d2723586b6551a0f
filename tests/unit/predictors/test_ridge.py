from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Reference

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.core.predictor import Learner
from nasray.predictors.ridge import Ridge
from nasray.spaces.nasbench201 import NasBench201


@dataclass
class Words:
    """Sequences of the letters a, b, … of any length."""

    letters: str

    def vocabulary(self):
        return list(self.letters)

    def to_tokens(self, architecture):
        return list(architecture.genes)

    def from_tokens(self, tokens):
        return Architecture(tuple(tokens))


def words(*tokens):
    return [Architecture(one) for one in tokens]


def cells(n, seed=0):
    rng = np.random.default_rng(seed)
    space = NasBench201(channels=4, cells_per_stage=1)
    return [space.sample(rng) for _ in range(n)]


def ridge(space=None, target="values", shrinkage=1.0):
    return Ridge(space=space or NasBench201(channels=4, cells_per_stage=1), target=target, shrinkage=shrinkage)


def test_two_words_by_hand():
    # Centred one-hot columns are ±1/2, so X'X + 1 = [[3/2, -1/2], [-1/2, 3/2]] and X'y = (-1/2, 1/2): w = (-1/4, 1/4).
    one = ridge(Words("ab"))
    one.fit(words((0,), (1,)), np.array([0.0, 1.0]))
    np.testing.assert_allclose(one.predict(words((0,), (1,), (1,))), [0.25, 0.75, 0.75], rtol=1e-15)


def test_ranks_by_hand():
    # Ranks of 7, 1, 7, -1e9 in [0, 1]: (2.5, 1, 2.5, 0) / 3; without shrinkage a word gets the mean of its ranks.
    one = ridge(Words("abc"), "ranks", 1e-12)
    one.fit(words((0,), (1,), (2,), (1,)), np.array([7.0, 1.0, 7.0, -1e9]))
    np.testing.assert_allclose(one.predict(words((0,), (1,), (2,))), [2.5 / 3, 0.5 / 3, 2.5 / 3], atol=1e-9)


def test_it_is_the_ridge_regression_of_the_books():
    known, asked = cells(80), cells(20, seed=1)
    y = np.random.default_rng(2).normal(90, 5, 80)
    one_hot = np.eye(5)
    x = [np.concatenate([one_hot[gene] for gene in cell.genes]) for cell in [*known, *asked]]
    reference = Reference(alpha=3.0).fit(x[:80], y)
    one = ridge(shrinkage=3.0)
    one.fit(known, y)
    np.testing.assert_allclose(one.predict(asked), reference.predict(x[80:]), rtol=1e-12)


def test_a_score_does_not_depend_on_its_batch():
    one = ridge()
    one.fit(cells(40), np.arange(40.0))
    asked = cells(100, seed=1)
    np.testing.assert_array_equal(one.predict(asked), [one.predict([cell])[0] for cell in asked])


def test_words_of_any_length():
    one = ridge(Words("ab"))
    one.fit(words((0,), (0, 1), (1, 1)), np.array([1.0, 2.0, 3.0]))
    short, longer = one.predict(words((0, 1), (0, 1, 1)))
    assert short == longer, "nothing was learnt about a third position"
    assert np.isfinite(one.predict(words(()))).all()


def test_what_was_learnt_moves_to_another_and_each_fit_forgets_the_last():
    first, second, asked = ridge(), ridge(), cells(9, seed=1)
    first.fit(cells(30), np.arange(30.0))
    second.load(first.state())
    np.testing.assert_array_equal(second.predict(asked), first.predict(asked))
    assert second.state() == first.state()
    second.fit(cells(10, seed=3), np.arange(10.0))
    first.fit(cells(10, seed=3), np.arange(10.0))
    assert first.state() == second.state()
    assert isinstance(first, Learner)


def test_one_that_knows_nothing_says_so_even_after_a_move():
    second = ridge()
    second.load(ridge().state())
    with pytest.raises(CapabilityError, match="asked for scores before it learnt anything; call fit or load first"):
        second.predict(cells(1))


@pytest.mark.parametrize(
    ("n", "values", "message"),
    [
        (0, [], "got 0 architectures"),
        (2, [1.0], r"got 2 architectures and values of shape \(1,\)"),
        (2, [1.0, -np.inf], "a value that is not finite; leave failures out"),
    ],
)
def test_lessons_it_cannot_learn(n, values, message):
    with pytest.raises(DataError, match=message):
        ridge().fit(cells(n), np.array(values))


def test_knowledge_of_another_vocabulary_is_refused():
    one = ridge(Words("abc"))
    one.fit(words((0,), (1,)), np.arange(2.0))
    with pytest.raises(DataError, match="a state of 4 effects for a vocabulary of 2"):
        ridge(Words("ab")).load(one.state())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shrinkage": 0.0}, r"Ridge shrinkage \(0.0\) must be above 0"),
        ({"target": "logits"}, r"Ridge target \('logits'\) must be values or ranks"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        ridge(**settings)


def test_a_space_without_tokens_is_refused():
    with pytest.raises(CapabilityError, match="predictor ridge needs a space with TokenView"):
        ridge(object())


def test_only_values_are_guesses_of_the_value():
    assert [ridge(target=target).in_unit for target in ("values", "ranks")] == [True, False]
