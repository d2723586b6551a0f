"""The suites of predictors, generators and refiners pass sound fakes and catch those that are broken in one place."""

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.predictors.ridge import Ridge
from nasray.spaces.nasbench201 import NasBench201
from nasray.testing.generator_contract import GeneratorContract, RebuilderContract
from nasray.testing.predictor_contract import PredictorContract
from nasray.testing.refiner_contract import RefinerContract

SPACE = NasBench201(channels=4, cells_per_stage=1)


def elsewhere(function, *arguments):
    """Stands for another process, which could not import the fakes of a test: new objects, another process id."""
    with patch.object(os, "getpid", lambda: -1):
        return function(*arguments)


@pytest.fixture(autouse=True)
def _no_child(monkeypatch):
    for suite in ("predictor", "generator", "refiner"):
        monkeypatch.setattr(f"nasray.testing.{suite}_contract.in_another_process", elsewhere)
        monkeypatch.setattr(f"nasray.testing.{suite}_contract.pickle.loads", lambda same: same)
        monkeypatch.setattr(f"nasray.testing.{suite}_contract.pickle.dumps", lambda same: same)


@pytest.fixture
def space():
    return SPACE


class Mutating:
    """A sound generator: mutants of the context, or samples where there is none."""

    def propose(self, context, n, rng):
        return [SPACE.mutate(context[i % len(context)], rng) if context else SPACE.sample(rng) for i in range(n)]


class Frequent:
    """A sound refiner: the operators that are frequent in a layer remain; a failure brings the rest back."""

    def learn(self, sources):
        counted = [Counter(layer).most_common() for layer in zip(*[one.genes for one in sources], strict=True)]
        kept = tuple(tuple(sorted(gene for gene, _ in layer[:3])) for layer in counted)
        return Principles(f"what is frequent is good: {kept}", kept)

    def adapt(self, principles, found, improved):
        if improved or not found:
            return principles
        return replace(principles, text="anything may be good", operators=((0, 1, 2, 3, 4),) * 6)


class TestMutating(GeneratorContract):
    @pytest.fixture
    def make_generator(self):
        return Mutating


class Rebuilding(Mutating):
    """A sound rebuilder: what is eliminated is drawn."""

    def rebuild(self, architectures, eliminated, rngs):
        return [self.mixed(*row) for row in zip(architectures, eliminated, rngs, strict=True)]

    def mixed(self, one, mask, rng):
        drawn = SPACE.sample(rng).genes
        return Architecture(tuple(new if gone else old for old, new, gone in zip(one.genes, drawn, mask, strict=True)))


class TestRebuilding(RebuilderContract):
    @pytest.fixture
    def make_generator(self):
        return Rebuilding


class TestFrequent(RefinerContract):
    @pytest.fixture
    def make_refiner(self):
        return Frequent


class TestRidge(PredictorContract):
    """That the sound one passes with the same stand-ins for pickle and processes."""

    @pytest.fixture
    def make_predictor(self):
        return partial(Ridge, space=SPACE, target="values", shrinkage=1.0)


@dataclass(kw_only=True)
class Sound(Ridge):
    """What the fakes below break in one place each."""

    space: NasBench201 = field(default_factory=lambda: SPACE)
    target: str = "values"
    shrinkage: float = 1.0


class Unsure(Sound):
    def predict(self, architectures):
        return np.where(np.arange(len(architectures)) == 1, np.nan, super().predict(architectures))


class Sorted(Sound):
    def predict(self, architectures):
        return np.sort(super().predict(architectures))


class Relative(Sound):
    def predict(self, architectures):
        scores = super().predict(architectures)
        return scores - scores.mean()


class NeverEmpty(Sound):
    def predict(self, architectures):
        return super().predict(architectures) if architectures else np.zeros(1)


class Moody(Sound):
    def predict(self, architectures):
        self.calls = getattr(self, "calls", 0) + 1
        return super().predict(architectures) + self.calls


class Local(Sound):
    def predict(self, architectures):
        return super().predict(architectures) + (os.getpid() < 0)


@dataclass(kw_only=True)
class Upside(Sound):
    higher_is_better: bool = field(default=False, init=False)


class Lazy(Sound):
    def fit(self, architectures, values):
        super().fit(architectures, np.zeros(len(architectures)))


class Collecting(Sound):
    def fit(self, architectures, values):
        self.known = [*getattr(self, "known", []), *zip(architectures, values, strict=True)]
        super().fit([one for one, _ in self.known], np.array([value for _, value in self.known]))


class Scaling(Sound):
    def fit(self, architectures, values):
        super().fit(architectures, (values - values.mean()) / (values.max() - values.min()))


class Stubborn(Sound):
    def load(self, state):
        pass


@pytest.mark.filterwarnings("ignore:invalid value")  # Scaling divides by zero, on purpose
@pytest.mark.parametrize(
    ("fake", "test"),
    [
        (Unsure, "it_scores_each_in_order"),
        (Sorted, "it_scores_each_in_order"),
        (Relative, "neighbours_in_a_batch_change_nothing"),
        (NeverEmpty, "no_scores_of_no_architectures"),
        (Moody, "asking_leaves_no_trace"),
        (Local, "asking_leaves_no_trace"),
        (Moody, "it_pickles_with_what_it_knows"),
        (Upside, "it_learns"),
        (Lazy, "it_learns"),
        (Collecting, "each_lesson_forgets_the_last"),
        (Stubborn, "knowledge_moves"),
    ],
)
def test_the_predictor_suite_catches(fake, test):
    with pytest.raises(AssertionError):
        getattr(PredictorContract(), f"test_{test}")(fake, SPACE)


def test_the_predictor_suite_catches_one_that_divides_by_the_spread_of_its_lesson():
    with pytest.raises(Exception, match="not finite"), np.errstate(invalid="ignore"):
        PredictorContract().test_one_outcome_is_a_lesson(Scaling, SPACE)


class Stingy(Mutating):
    def propose(self, context, n, rng):
        return super().propose(context, n, rng)[:3]


class Numpy(Mutating):
    def propose(self, context, n, rng):
        return [Architecture(tuple(rng.integers(0, 5, 6))) for _ in range(n)]


class OwnDice(Mutating):
    def propose(self, context, n, rng):
        return super().propose(context, n, np.random.default_rng())


class NoDice(Mutating):
    def propose(self, context, n, rng):
        return super().propose(context, n, np.random.default_rng(0))


class Elsewhere(Mutating):
    def propose(self, context, n, rng):
        return super().propose(context[os.getpid() < 0 :], n, rng)


class Emptying(Mutating):
    def propose(self, context, n, rng):
        made = super().propose(context, n, rng)
        context.clear()
        return made


class Remembering(Mutating):
    def propose(self, context, n, rng):
        self.seen = [*getattr(self, "seen", []), *context]
        return super().propose(self.seen[::-1], n, rng)


class Beyond(Mutating):
    def propose(self, context, n, rng):
        return [f"cell {i}" for i in range(n)]


@pytest.mark.parametrize(
    ("fake", "test", "more"),
    [
        (Stingy, "it_proposes_as_many_as_were_wanted", {"n": 12}),
        (Numpy, "it_proposes_as_many_as_were_wanted", {"n": 12}),
        (Beyond, "it_proposes_as_many_as_were_wanted", {"n": 1}),
        (OwnDice, "its_randomness_is_the_one_it_is_given", {}),
        (NoDice, "its_randomness_is_the_one_it_is_given", {}),
        (Elsewhere, "its_randomness_is_the_one_it_is_given", {}),
        (Emptying, "proposing_leaves_no_trace", {}),
        (Remembering, "proposing_leaves_no_trace", {}),
    ],
)
def test_the_generator_suite_catches(fake, test, more):
    with pytest.raises(AssertionError):
        getattr(GeneratorContract(), f"test_{test}")(fake, SPACE, **more)


def test_the_generator_suite_catches_one_that_cannot_begin():
    class Dependent(Mutating):
        def propose(self, context, n, rng):
            return [context[0]] * n

    with pytest.raises(IndexError):
        GeneratorContract().test_it_needs_no_context(Dependent)


def test_the_generator_suite_catches_what_the_gate_cannot_mend():
    class Foreign(Mutating):
        def propose(self, context, n, rng):
            return [Architecture(("a",) * 6)] * n

    with pytest.raises(TypeError):
        GeneratorContract().test_the_gate_can_repair_what_it_proposes(Foreign, SPACE)


class Careless(Rebuilding):
    def mixed(self, one, mask, rng):
        return super().mixed(one, [not gone for gone in mask], rng)


class Idle(Rebuilding):
    def rebuild(self, architectures, eliminated, rngs):
        return list(architectures)


class OneDie(Rebuilding):
    def rebuild(self, architectures, eliminated, rngs):
        return super().rebuild(architectures, eliminated, [rngs[0]] * len(rngs)) if rngs else []


class Growing(Rebuilding):
    def mixed(self, one, mask, rng):
        return Architecture((*super().mixed(one, mask, rng).genes, 0))


class FixedDice(Rebuilding):
    def mixed(self, one, mask, rng):
        return super().mixed(one, mask, np.random.default_rng(0))


class LocalRebuilding(Rebuilding):
    def mixed(self, one, mask, rng):
        return super().mixed(one, mask if os.getpid() > 0 else mask[::-1], rng)


@pytest.mark.parametrize(
    ("fake", "test"),
    [
        (Careless, "what_was_not_eliminated_stays"),
        (Growing, "what_was_not_eliminated_stays"),
        (Careless, "nothing_eliminated_is_nothing_changed"),
        (Idle, "what_was_eliminated_is_predicted"),
        (OneDie, "neighbours_in_a_call_change_nothing"),
        (FixedDice, "rebuilding_is_a_function_of_the_random_numbers"),
        (LocalRebuilding, "rebuilding_is_a_function_of_the_random_numbers"),
    ],
)
def test_the_rebuilder_suite_catches(fake, test):
    with pytest.raises(AssertionError):
        getattr(RebuilderContract(), f"test_{test}")(fake, SPACE)


def test_the_rebuilder_suite_catches_one_that_cannot_rebuild():
    with pytest.raises(AssertionError):
        RebuilderContract().test_it_is_known_to_rebuild(Mutating)


class Silent(Frequent):
    def learn(self, sources):
        return replace(super().learn(sources), text=" ")


class Strict(Frequent):
    def learn(self, sources):
        return replace(super().learn(sources), operators=((), *super().learn(sources).operators[1:]))


class Doubling(Frequent):
    def learn(self, sources):
        return replace(super().learn(sources), operators=((1, 1), *super().learn(sources).operators[1:]))


class Shrinking(Frequent):
    def adapt(self, principles, found, improved):
        return replace(principles, operators=principles.operators[1:])


class Dogmatic(Frequent):
    def learn(self, sources):
        return Principles("convolutions are good", ((3,),) * 6)


class Nostalgic(Frequent):
    def learn(self, sources):
        self.seen = [*getattr(self, "seen", []), *sources]
        return super().learn(self.seen)


class LocalRefiner(Frequent):
    def learn(self, sources):
        return super().learn(sources[os.getpid() < 0 :: 2])


class Consuming(Frequent):
    def adapt(self, principles, found, improved):
        found.clear()
        return principles


@pytest.mark.parametrize(
    ("fake", "test", "more"),
    [
        (Silent, "principles_can_be_kept_to", {}),
        (Strict, "principles_can_be_kept_to", {}),
        (Doubling, "principles_can_be_kept_to", {}),
        (Shrinking, "principles_can_be_kept_to", {}),
        (Dogmatic, "it_learns_from_its_sources", {}),
        (Nostalgic, "it_has_no_memory_but_its_principles", {}),
        (LocalRefiner, "it_has_no_memory_but_its_principles", {}),
        (Consuming, "it_leaves_what_it_is_given_alone", {"improved": True}),
    ],
)
def test_the_refiner_suite_catches(fake, test, more):
    with pytest.raises(AssertionError):
        getattr(RefinerContract(), f"test_{test}")(fake, SPACE, **more)
