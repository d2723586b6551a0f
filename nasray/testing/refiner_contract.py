"""What every refiner must keep to."""

import json
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.principles import Principles
from nasray.core.refiner import Refiner
from nasray.core.space import SearchSpace
from nasray.testing.another_process import in_another_process

RefinerFactory = Callable[[], Refiner]


def good_ones(space: SearchSpace, seed: int) -> list[Architecture]:
    """Architectures that did well, best first."""
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(30)]


def learn_and_adapt(make_refiner: RefinerFactory, space: SearchSpace) -> list[Principles]:
    """A refiner's life: principles from a source task, adapted after a success and after a failure."""
    refiner = make_refiner()
    history = [refiner.learn(good_ones(space, seed=1))]
    for round_, improved in enumerate((True, False)):
        history.append(refiner.adapt(history[-1], good_ones(space, seed=2 + round_), improved))
    return history


def check(principles: Principles) -> None:
    """They can be read by people, kept to by a space, and written down."""
    assert isinstance(principles, Principles), f"got {principles!r}"
    assert principles.text.strip(), "principles are for people, too: say them in words"
    assert principles.operators, "principles say for every layer which operators remain"
    for name in ("operators", "sources"):
        for layer, remaining in enumerate(getattr(principles, name)):
            assert remaining, f"layer {layer} is left without {name}"
            assert len(set(remaining)) == len(remaining), f"layer {layer} has {name} {remaining}: each once"
            kinds = {type(one) for one in remaining}
            assert kinds == {int}, f"layer {layer} has {name} {remaining}: ids are Python integers"
    again = Principles.from_json(json.loads(json.dumps(principles.to_json())))
    assert again == principles, "written and read again, they are others"


class RefinerContract:
    """Tests of a refiner.

    Derive a test class and give it two fixtures: ``make_refiner``, a factory that pickles, and ``space``, of whose
    members it learns. A refiner that asks a language model is given one that replays.
    """

    def test_principles_can_be_kept_to(self, make_refiner: RefinerFactory, space: SearchSpace) -> None:
        """Those learnt, and those adapted, for the same layers."""
        history = learn_and_adapt(make_refiner, space)
        for principles in history:
            check(principles)
        layers = {(len(principles.operators), len(principles.sources)) for principles in history}
        assert len(layers) == 1, f"principles are for different numbers of layers: {layers}"

    def test_it_learns_from_its_sources(self, make_refiner: RefinerFactory, space: SearchSpace) -> None:
        """A layer on which all agree keeps what they agree on."""
        alike = [good_ones(space, seed=1)[0]] * 30
        principles = make_refiner().learn(alike)
        assert principles != make_refiner().learn(good_ones(space, seed=1)), "the sources change nothing"

    def test_it_has_no_memory_but_its_principles(self, make_refiner: RefinerFactory, space: SearchSpace) -> None:
        """The same sources give the same principles, in another process, too; a used one pickles."""
        first = learn_and_adapt(make_refiner, space)
        assert learn_and_adapt(make_refiner, space) == first, "a second refiner learns otherwise"
        assert in_another_process(learn_and_adapt, make_refiner, space) == first, "another process learns otherwise"
        used = make_refiner()
        used.learn(good_ones(space, seed=9))
        for one in (used, pickle.loads(pickle.dumps(used))):
            assert one.learn(good_ones(space, seed=1)) == first[0], "what was learnt before shows"

    @pytest.mark.parametrize("improved", [True, False])
    def test_it_leaves_what_it_is_given_alone(
        self, make_refiner: RefinerFactory, space: SearchSpace, improved: bool
    ) -> None:
        """Sources, principles, and what was found; nothing found yet is no error."""
        refiner, sources = make_refiner(), good_ones(space, seed=1)
        principles = refiner.learn(sources)
        before = json.dumps(principles.to_json())
        found = good_ones(space, seed=2)
        refiner.adapt(principles, found, improved)
        check(refiner.adapt(principles, [], improved))
        assert (sources, found) == (good_ones(space, seed=1), good_ones(space, seed=2)), "architectures were changed"
        assert json.dumps(principles.to_json()) == before, "the principles were changed, not adapted"
