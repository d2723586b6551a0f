"""What every predictor must keep to."""

import pickle
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from nasray.core.architecture import Architecture
from nasray.core.predictor import Learner, Predictor
from nasray.core.space import SearchSpace
from nasray.testing.another_process import in_another_process

PredictorFactory = Callable[[], Predictor]

N_KNOWN, N_ASKED = 60, 8
"""How many architectures a learner is taught, and how many are scored at once: the fixed shape of a batch."""


def sampled(space: SearchSpace, n: int, seed: int) -> list[Architecture]:
    """``n`` members."""
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(n)]


def worth(architectures: Sequence[Architecture]) -> NDArray[np.float64]:
    """``(A,)`` values that are easy to learn: a sum over genes, so that what one gene does is always the same."""
    return np.array(
        [sum((3 * gene + place) % 7 for place, gene in enumerate(one.genes)) for one in architectures], float
    )


def taught(make_predictor: PredictorFactory, space: SearchSpace) -> Predictor:
    """A predictor that can be asked."""
    predictor = make_predictor()
    if isinstance(predictor, Learner):
        known = sampled(space, N_KNOWN, seed=1)
        predictor.fit(known, worth(known))
    return predictor


def teach_and_ask(make_predictor: PredictorFactory, space: SearchSpace) -> list[float]:
    """What a worker does, from the factory on."""
    return list(taught(make_predictor, space).predict(sampled(space, N_ASKED, seed=2)))


def learner(make_predictor: PredictorFactory) -> Learner:
    """The predictor as a learner; the test is skipped where it learns nothing."""
    predictor = make_predictor()
    if not isinstance(predictor, Learner):
        pytest.skip(f"{type(predictor).__name__} does not learn from outcomes")
    return predictor


class PredictorContract:
    """Tests of a predictor.

    Derive a test class and give it two fixtures: ``make_predictor``, a factory that pickles, and ``space``, which it
    can score. One that offers ``fit``, ``state`` and ``load`` is held to what Learner says, too.
    """

    def test_it_scores_each_in_order(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """An array of finite numbers, whose direction is known; an architecture's own, wherever it stands."""
        predictor, asked = taught(make_predictor, space), sampled(space, N_ASKED, seed=2)
        assert isinstance(predictor.higher_is_better, bool)
        scores = predictor.predict(asked)
        assert (scores.shape, scores.dtype) == ((N_ASKED,), np.float64), f"got {scores.shape} of {scores.dtype}"
        assert np.isfinite(scores).all(), f"scores {scores}"
        backwards = predictor.predict(asked[::-1])[::-1]
        np.testing.assert_array_equal(backwards, scores, "scores depend on the order, or do not keep to it")

    def test_neighbours_in_a_batch_change_nothing(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """In batches of one shape, whoever fills them up; so padding is safe."""
        predictor, asked = taught(make_predictor, space), sampled(space, N_ASKED, seed=2)
        alone = [predictor.predict([one] * N_ASKED)[0] for one in asked]
        np.testing.assert_array_equal(predictor.predict(asked), alone, "a score depends on the rest of its batch")

    def test_no_scores_of_no_architectures(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """An empty batch is no error."""
        assert taught(make_predictor, space).predict([]).shape == (0,)

    def test_asking_leaves_no_trace(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """Asked again, it answers the same, and in another process, too."""
        predictor, asked = taught(make_predictor, space), sampled(space, N_ASKED, seed=2)
        first = list(predictor.predict(asked))
        predictor.predict(sampled(space, N_ASKED, seed=3))
        assert list(predictor.predict(asked)) == first, "what was asked before changes the scores"
        assert in_another_process(teach_and_ask, make_predictor, space) == first, "another process scores otherwise"

    def test_it_pickles_with_what_it_knows(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """So that it can travel to workers."""
        predictor, asked = taught(make_predictor, space), sampled(space, N_ASKED, seed=2)
        there = pickle.loads(pickle.dumps(predictor))
        np.testing.assert_array_equal(there.predict(asked), predictor.predict(asked))

    def test_it_learns(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """Taught a sum over genes, it ranks cells that it has not seen better than chance, and in its direction."""
        learner(make_predictor)
        predictor, asked = taught(make_predictor, space), sampled(space, 200, seed=2)
        scores = predictor.predict(asked) * (1 if predictor.higher_is_better else -1)
        correlation = np.corrcoef(scores, worth(asked))[0, 1]
        assert correlation > 0.2, f"the correlation with an easy target is {correlation:.2f}"

    def test_each_lesson_forgets_the_last(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """What it knows is a function of its last lesson, to the bit."""
        fresh, used = learner(make_predictor), learner(make_predictor)
        known, asked = sampled(space, N_KNOWN, seed=1), sampled(space, N_ASKED, seed=2)
        used.fit(known[:20], -worth(known[:20]))
        used.predict(asked)
        for one in (fresh, used):
            one.fit(known, worth(known))
        np.testing.assert_array_equal(used.predict(asked), fresh.predict(asked), "an earlier lesson shows")
        assert used.state() == fresh.state(), "equal knowledge has unequal states"

    def test_one_outcome_is_a_lesson(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """And so are many that are all alike."""
        for n in (1, N_ASKED):
            pupil, known = learner(make_predictor), sampled(space, n, seed=1)
            pupil.fit(known, np.ones(n))
            assert np.isfinite(pupil.predict(sampled(space, N_ASKED, seed=2))).all()

    def test_knowledge_moves(self, make_predictor: PredictorFactory, space: SearchSpace) -> None:
        """From one learner to another, whatever that one knew."""
        other = learner(make_predictor)
        known, asked = sampled(space, N_KNOWN, seed=1), sampled(space, N_ASKED, seed=2)
        other.fit(known[:20], -worth(known[:20]))
        first = learner(make_predictor)
        first.fit(known, worth(known))
        other.load(first.state())
        np.testing.assert_array_equal(other.predict(asked), first.predict(asked), "a loaded state scores otherwise")
        assert other.state() == first.state(), "a state changes when it is loaded"
