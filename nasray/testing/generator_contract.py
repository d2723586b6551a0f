"""What every generator must keep to."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture
from nasray.core.predictor import Generator
from nasray.core.space import SearchSpace
from nasray.testing.another_process import in_another_process

GeneratorFactory = Callable[[], Generator]

N_CONTEXT, N_WANTED = 8, 12


def context_of(space: SearchSpace) -> list[Architecture]:
    """Some members."""
    rng = np.random.default_rng(1)
    return [space.sample(rng) for _ in range(N_CONTEXT)]


def build_and_propose(make_generator: GeneratorFactory, space: SearchSpace, seed: int) -> list[Architecture]:
    """What a worker does, from the factory on."""
    return list(make_generator().propose(context_of(space), N_WANTED, np.random.default_rng(seed)))


class GeneratorContract:
    """Tests of a generator.

    Derive a test class and give it two fixtures: ``make_generator``, a factory that pickles, and ``space``, whose
    members it proposes.
    """

    @pytest.mark.parametrize("n", [0, 1, N_WANTED])
    def test_it_proposes_as_many_as_were_wanted(
        self, make_generator: GeneratorFactory, space: SearchSpace, n: int
    ) -> None:
        """Architectures of plain integers."""
        proposed = make_generator().propose(context_of(space), n, np.random.default_rng(0))
        assert len(proposed) == n, f"{n} were wanted, {len(proposed)} came"
        assert all(isinstance(one, Architecture) for one in proposed), f"got {proposed}"
        assert {type(gene) for one in proposed for gene in one.genes} <= {int}, "genes must be Python integers"

    def test_the_gate_can_repair_what_it_proposes(self, make_generator: GeneratorFactory, space: SearchSpace) -> None:
        """Valid or not; but not one and the same whatever was proposed."""
        rng = np.random.default_rng(2)
        for one in build_and_propose(make_generator, space, seed=0):
            try:
                space.validate(one)
            except InvalidArchitecture:
                space.validate(space.repair(one, rng))

    def test_it_needs_no_context(self, make_generator: GeneratorFactory) -> None:
        """At the beginning of a search nothing is known to be good."""
        assert len(make_generator().propose([], 3, np.random.default_rng(0))) == 3

    def test_its_randomness_is_the_one_it_is_given(self, make_generator: GeneratorFactory, space: SearchSpace) -> None:
        """The same numbers, the same proposals, in another process, too; other numbers, others."""
        first = build_and_propose(make_generator, space, seed=0)
        assert build_and_propose(make_generator, space, seed=0) == first, "the same random numbers give others"
        assert in_another_process(build_and_propose, make_generator, space, 0) == first, "another process gives others"
        assert build_and_propose(make_generator, space, seed=1) != first, "other random numbers change nothing"

    def test_proposing_leaves_no_trace(self, make_generator: GeneratorFactory, space: SearchSpace) -> None:
        """Neither in the context nor in what is proposed next; a used one pickles."""
        generator, context = make_generator(), context_of(space)
        first = list(generator.propose(context, N_WANTED, np.random.default_rng(0)))
        assert context == context_of(space), "the context was changed"
        generator.propose(context[::-1], N_WANTED, np.random.default_rng(1))
        assert list(generator.propose(context, N_WANTED, np.random.default_rng(0))) == first, "it has a memory"
        there = pickle.loads(pickle.dumps(generator))
        assert list(there.propose(context, N_WANTED, np.random.default_rng(0))) == first
