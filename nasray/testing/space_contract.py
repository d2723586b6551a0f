"""What every search space must keep to."""

import ast
import json
import pickle
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture
from nasray.core.space import (
    CodeView,
    Crossable,
    Enumerable,
    GraphView,
    ModuleView,
    Neighbourly,
    PromptView,
    SearchSpace,
    TextView,
    TokenView,
)
from nasray.testing.another_process import in_another_process

N_MEMBERS = 50
WALKABLE, LISTABLE = 20_000, 100
"""Spaces up to this size are enumerated; neighbourhoods up to this size are compared with what mutation reaches."""

View = TypeVar("View")
GENES = st.lists(st.one_of(st.integers(-2, 9), st.integers()), max_size=40)


def members(space: SearchSpace, n: int = N_MEMBERS) -> list[Architecture]:
    """Some members, always the same."""
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(n)]


def is_member(space: SearchSpace, architecture: Architecture) -> bool:
    """Whether the space says so; any other error than its own is a fault."""
    try:
        space.validate(architecture)
    except InvalidArchitecture:
        return False
    return True


def everything(space: SearchSpace) -> list[object]:
    """One result of every method that a space offers, for comparisons between processes."""
    results: list[object] = []
    for index, (one, other) in enumerate(pairwise(members(space))):
        rng = np.random.default_rng(index)
        results += [one, space.mutate(one, rng), space.repair(Architecture(one.genes[1:]), rng), space.canonical(one)]
        results += [space.crossover(one, other, rng)] if isinstance(space, Crossable) else []
        results += [list(space.neighbours(one))] if isinstance(space, Neighbourly) else []
        results += [space.to_text(one)] if isinstance(space, TextView) else []
        results += [space.to_tokens(one)] if isinstance(space, TokenView) else []
        results += [space.to_code(one)] if isinstance(space, CodeView) else []
        results += [dict(space.to_prompt(one))] if isinstance(space, PromptView) else []
        results += [space.graph(one)] if isinstance(space, GraphView) else []
        results += [space.plan(one, (3, 16, 16), 4)] if isinstance(space, ModuleView) else []
    return results


def offered(space: SearchSpace, view: type[View]) -> View:
    """``space`` as ``view``; the test is skipped where the space does not offer it."""
    if not isinstance(space, view):
        pytest.skip(f"{type(space).__name__} does not offer {view.__name__}")
    return space


class SpaceContract:
    """Tests of a search space.

    Derive a test class and give it a fixture ``space``. Capabilities are tested where the space offers them.
    """

    def test_samples_are_members(self, space: SearchSpace) -> None:
        """Made of plain integers, and not always the same."""
        found = members(space)
        assert all(is_member(space, one) for one in found), "sample made an architecture that validate refuses"
        assert {type(gene) for one in found for gene in one.genes} == {int}, "genes must be Python integers"
        assert len(set(found)) > 1, "every sample is the same"

    def test_mutants_are_other_members(self, space: SearchSpace) -> None:
        """Never the parent."""
        rng = np.random.default_rng(1)
        for parent in members(space):
            child = space.mutate(parent, rng)
            assert child != parent, f"mutate returned its parent {parent.key}"
            assert is_member(space, child), f"mutate made {child.key}, which validate refuses"

    def test_children_are_members(self, space: SearchSpace) -> None:
        """Of two equal parents, they are the parent."""
        crossable, rng, parents = offered(space, Crossable), np.random.default_rng(2), members(space)
        for first, second in pairwise(parents):
            child = crossable.crossover(first, second, rng)
            assert is_member(space, child), f"crossover made {child.key}, which validate refuses"
            assert crossable.crossover(first, first, rng) == first, "equal parents have another child"

    def test_repair_makes_members_of_anything(self, space: SearchSpace) -> None:
        """And changes exactly those that are none."""

        @given(genes=GENES)
        def check(genes: list[int]) -> None:
            garbage = Architecture(tuple(genes))
            repaired = space.repair(garbage, np.random.default_rng(3))
            assert is_member(space, repaired), f"repair made {repaired.key} of {garbage.key}, which validate refuses"
            assert (repaired == garbage) == is_member(space, garbage), f"repair made {repaired.key} of {garbage.key}"

        check()

    def test_repair_leaves_members_alone(self, space: SearchSpace) -> None:
        """Whatever the random numbers."""
        rng = np.random.default_rng(4)
        changed = [one.key for one in members(space) if space.repair(one, rng) != one]
        assert not changed, f"repair changed the members {changed}"

    def test_the_canonical_form_is_a_member_and_its_own(self, space: SearchSpace) -> None:
        """Twice is once."""
        for one in members(space):
            form = space.canonical(one)
            assert is_member(space, form), f"the canonical form {form.key} is no member"
            assert space.canonical(form) == form, f"the canonical form of {form.key} is another"

    def test_text_goes_there_and_back(self, space: SearchSpace) -> None:
        """Other texts are refused."""
        view, found = offered(space, TextView), members(space)
        texts = [view.to_text(one) for one in found]
        assert [view.from_text(text) for text in texts] == found, "from_text is not the inverse of to_text"
        for text in ("", "?", texts[0] + "?", texts[0][:-1], "|".join(texts[:2])):
            with pytest.raises(InvalidArchitecture):
                view.from_text(text)

    def test_tokens_go_there_and_back(self, space: SearchSpace) -> None:
        """Within the vocabulary."""
        view = offered(space, TokenView)
        words = list(view.vocabulary())
        assert len(set(words)) == len(words), "a token appears twice in the vocabulary"
        for one in members(space):
            tokens = view.to_tokens(one)
            assert set(tokens) <= set(range(len(words))), f"tokens {tokens} of a vocabulary of {len(words)}"
            assert view.from_tokens(tokens) == one, "from_tokens is not the inverse of to_tokens"

    def test_it_can_be_walked(self, space: SearchSpace) -> None:
        """Every member once, as many as ``size`` says, always in the same order."""
        walk = offered(space, Enumerable)
        if walk.size() > WALKABLE:
            pytest.skip(f"{walk.size()} members are too many to enumerate in a test")
        every = list(walk.enumerate())
        assert len(every) == len(set(every)) == walk.size(), f"enumerate gave {len(set(every))}, size {walk.size()}"
        assert list(walk.enumerate()) == every, "a second walk has another order"
        assert set(members(space)) <= set(every), "a sample is not among the members"
        assert all(is_member(space, one) for one in every), "enumerate gave an architecture that validate refuses"

    def test_neighbours_are_what_mutation_reaches(self, space: SearchSpace) -> None:
        """All of them, once each, and they are neighbours of each other."""
        near, rng = offered(space, Neighbourly), np.random.default_rng(5)
        for one in members(space, 3):
            around = list(near.neighbours(one))
            assert len(set(around)) == len(around), f"{one.key} has a neighbour twice"
            assert one not in around, f"{one.key} is its own neighbour"
            assert all(is_member(space, other) for other in around), f"{one.key} has a neighbour that is no member"
            assert all(one in near.neighbours(other) for other in around), f"{one.key} is not its neighbours' neighbour"
            if len(around) <= LISTABLE:
                reached = {space.mutate(one, rng) for _ in range(40 * len(around))}
                assert reached == set(around), f"mutations of {one.key} and its neighbours differ"

    def test_graphs_run_from_input_to_output(self, space: SearchSpace) -> None:
        """Edges lead forward, and every operator has its sentences."""
        view = offered(space, GraphView)
        sentences = view.operator_descriptions()
        for one in members(space):
            graph = view.graph(one)
            names, last = graph.operators, len(graph.operators) - 1
            assert (names[0], names[-1]) == ("input", "output"), f"{one.key}: operators {names}"
            assert not {"input", "output"} & set(names[1:-1]), f"{one.key}: operators {names}"
            assert all(0 <= start < end <= last for start, end in graph.edges), f"{one.key}: edges {graph.edges}"
            assert len(set(graph.edges)) == len(graph.edges), f"{one.key}: an edge twice in {graph.edges}"
            for name in names:
                lengths = [len(sentences[name][form]) for form in ("short", "medium", "long")]
                assert 0 < lengths[0] <= lengths[1] <= lengths[2], f"sentences of {name}: {sentences[name]}"

    def test_plans_become_networks_that_learn(self, space: SearchSpace) -> None:
        """Two images forward, a loss backward; every number finite."""
        view = offered(space, ModuleView)
        torch, build = pytest.importorskip("torch"), pytest.importorskip("nasray.models.build").build
        for one, shape, n_classes in zip(members(space, 2), ((3, 16, 16), (1, 8, 8)), (4, 10), strict=True):
            rng = torch.Generator().manual_seed(0)
            network = build(view.plan(one, shape, n_classes), rng)
            logits = network(torch.randn(2, *shape, generator=rng))
            assert tuple(logits.shape) == (2, n_classes), f"{one.key}: logits {tuple(logits.shape)}"
            torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1])).backward()
            found = [weight.grad for weight in network.parameters() if weight.grad is not None]
            assert found, f"{one.key}: nothing can be learnt"
            assert all(bool(torch.isfinite(gradient).all()) for gradient in found), f"{one.key}: gradients"

    def test_code_is_python(self, space: SearchSpace) -> None:
        """With one class or more in it."""
        view = offered(space, CodeView)
        for one in members(space, 10):
            classes = [node for node in ast.parse(view.to_code(one)).body if isinstance(node, ast.ClassDef)]
            assert classes, f"{one.key}: no class in its code"

    def test_prompts_are_named_values(self, space: SearchSpace) -> None:
        """That can be written down."""
        view = offered(space, PromptView)
        for one in members(space, 10):
            values = view.to_prompt(one)
            assert values, f"{one.key}: nothing is said of it"
            assert json.loads(json.dumps(dict(values))), f"{one.key}: {values}"

    def test_it_has_no_memory(self, space: SearchSpace) -> None:
        """Asked again, pickled, or in another process, it answers the same."""
        first = everything(space)
        copies: Sequence[tuple[str, Callable[[], Any]]] = (
            ("asked again", lambda: everything(space)),
            ("pickled", lambda: everything(pickle.loads(pickle.dumps(space)))),
            ("in another process", lambda: in_another_process(everything, space)),
        )
        for where, again in copies:
            assert again() == first, f"{where}, the space answers otherwise"
