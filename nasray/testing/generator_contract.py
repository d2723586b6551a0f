"""What every generator must keep to."""

import pickle
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture
from nasray.core.predictor import Generator, Rebuilder
from nasray.core.space import Chained, LayerView, SearchSpace, TokenView, need
from nasray.testing.another_process import in_another_process

GeneratorFactory = Callable[[], Generator]

RebuilderFactory = Callable[[], Rebuilder]

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


def units_of(space: SearchSpace, architecture: Architecture) -> list[int]:
    """What stands in each unit: the blocks of a chain, else the tokens."""
    if isinstance(space, LayerView):
        return list(architecture.genes)
    return need(space, TokenView, "the suite of rebuilders").to_tokens(architecture)


def masks_of(space: SearchSpace, members: Sequence[Architecture]) -> list[list[bool]]:
    """Every other unit of every member, the first of them now and then."""
    lengths = [len(cast(Chained, space).unit_layers(one)) for one in members]
    return [[(place + number) % 2 == 0 for place in range(length)] for number, length in enumerate(lengths)]


def dice(n: int, seed: int) -> list[np.random.Generator]:
    """Random numbers of its own for each of ``n`` architectures."""
    return [np.random.default_rng([seed, number]) for number in range(n)]


def build_and_rebuild(make_generator: RebuilderFactory, space: SearchSpace, seed: int) -> list[Architecture]:
    """What a worker does, from the factory on."""
    members = context_of(space)
    return list(make_generator().rebuild(members, masks_of(space, members), dice(len(members), seed)))


class RebuilderContract(GeneratorContract):
    """Tests of a generator that also rebuilds what was eliminated. The ``space`` offers Chained."""

    def test_it_is_known_to_rebuild(self, make_generator: RebuilderFactory) -> None:
        """By the Protocol that strategies ask for."""
        assert isinstance(make_generator(), Rebuilder)

    def test_what_was_not_eliminated_stays(self, make_generator: RebuilderFactory, space: SearchSpace) -> None:
        """Unit by unit, and none is added or lost."""
        members = context_of(space)
        rebuilt = build_and_rebuild(make_generator, space, seed=0)
        assert len(rebuilt) == len(members)
        for before, mask, after in zip(members, masks_of(space, members), rebuilt, strict=True):
            old, new = units_of(space, before), units_of(space, after)
            assert len(new) == len(old), f"{len(old)} units became {len(new)}"
            kept = [(a, b) for a, b, gone in zip(old, new, mask, strict=True) if not gone]
            assert all(a == b for a, b in kept), f"{before} became {after}, although only {mask} were eliminated"
            assert {type(gene) for gene in after.genes} <= {int}, "genes must be Python integers"

    def test_nothing_eliminated_is_nothing_changed(self, make_generator: RebuilderFactory, space: SearchSpace) -> None:
        """Not even in an empty call."""
        members = context_of(space)
        masks = [[False] * len(mask) for mask in masks_of(space, members)]
        generator = make_generator()
        assert list(generator.rebuild(members, masks, dice(len(members), 0))) == members
        assert list(generator.rebuild([], [], [])) == []

    def test_what_was_eliminated_is_predicted(self, make_generator: RebuilderFactory, space: SearchSpace) -> None:
        """Something becomes something else."""
        members = context_of(space)
        masks = [[True] * len(mask) for mask in masks_of(space, members)]
        assert list(make_generator().rebuild(members, masks, dice(len(members), 0))) != members

    def test_neighbours_in_a_call_change_nothing(self, make_generator: RebuilderFactory, space: SearchSpace) -> None:
        """Each alone, and all in the reverse order, are rebuilt as all together."""
        members, generator = context_of(space), make_generator()
        masks = masks_of(space, members)
        together = list(generator.rebuild(members, masks, dice(len(members), 0)))
        rows = zip(members, masks, dice(len(members), 0), strict=True)
        alone = [next(iter(generator.rebuild([one], [mask], [rng]))) for one, mask, rng in rows]
        assert alone == together, "one alone is rebuilt otherwise than among others"
        reverse = list(generator.rebuild(members[::-1], masks[::-1], dice(len(members), 0)[::-1]))
        assert reverse[::-1] == together, "the order of a call changes what comes of each"

    def test_rebuilding_is_a_function_of_the_random_numbers(
        self, make_generator: RebuilderFactory, space: SearchSpace
    ) -> None:
        """The same in another process; others by other numbers."""
        first = build_and_rebuild(make_generator, space, seed=0)
        assert build_and_rebuild(make_generator, space, seed=0) == first, "the same random numbers give others"
        assert in_another_process(build_and_rebuild, make_generator, space, 0) == first, "another process gives others"
        assert build_and_rebuild(make_generator, space, seed=1) != first, "other random numbers change nothing"
