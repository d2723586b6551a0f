"""A suite that nothing can fail is worth nothing: those of spaces and strategies find the faults of broken parts."""

import os
from dataclasses import dataclass, field, replace
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.proposal import Proposal
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.random_search import RandomSearch
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.testing.space_contract import SpaceContract
from nasray.testing.strategy_contract import StrategyContract

SPACE = NasBench201(channels=4, cells_per_stage=1)


def elsewhere(function, *arguments):
    """Stands for another process, which could not import the fakes of a test: new objects, another process id."""
    with patch.object(os, "getpid", lambda: -1):
        return function(*arguments)


@pytest.fixture(autouse=True)
def _no_child(monkeypatch):
    for suite in ("space", "strategy"):
        monkeypatch.setattr(f"nasray.testing.{suite}_contract.in_another_process", elsewhere)


class LazyMutation(NasBench201):
    def mutate(self, architecture, rng):
        return architecture


class OneEdgeMutation(NasBench201):
    def mutate(self, architecture, rng):
        genes = architecture.genes
        return Architecture(((genes[0] + 1) % 5, *genes[1:]))


class LeakyCrossover(NasBench201):
    def crossover(self, first, second, rng):
        return Architecture((*first.genes[:3], *second.genes))


class MutatingCrossover(NasBench201):
    def crossover(self, first, second, rng):
        return self.mutate(first, rng)


class NumpySample(NasBench201):
    def sample(self, rng):
        return Architecture(tuple(rng.integers(0, 5, 6)))


class RestlessRepair(NasBench201):
    def repair(self, architecture, rng):
        return self.sample(rng)


class ShortRepair(NasBench201):
    def repair(self, architecture, rng):
        return architecture if len(architecture.genes) > 6 else super().repair(architecture, rng)


class RotatingForm(NasBench201):
    def canonical(self, architecture):
        return Architecture((*architecture.genes[1:], architecture.genes[0]))


class LenientText(NasBench201):
    def from_text(self, text):
        return super().from_text(text.rstrip("?"))


class WideTokens(NasBench201):
    def to_tokens(self, architecture):
        return [gene + 3 for gene in architecture.genes]

    def from_tokens(self, tokens):
        return Architecture(tuple(token - 3 for token in tokens))


class WrongSize(NasBench201):
    def size(self):
        return 6_466


class FarNeighbours(NasBench201):
    def neighbours(self, architecture):
        return super().neighbours(architecture)[1:]


class BackwardGraph(NasBench201):
    def graph(self, architecture):
        graph = super().graph(architecture)
        return replace(graph, edges=tuple((end, start) for start, end in graph.edges))


class HeadlessPlan(NasBench201):
    def plan(self, architecture, input_shape, n_classes):
        return super().plan(architecture, input_shape, n_classes + 1)


class Remembering(NasBench201):
    def sample(self, rng):
        self.count = getattr(self, "count", 0) + 1
        return super().sample(rng) if self.count < 200 else Architecture((0,) * 6)


class Local(NasBench201):
    def canonical(self, architecture):
        return architecture if os.getpid() > 0 else super().canonical(architecture)


@pytest.mark.parametrize(
    ("fake", "test"),
    [
        (NumpySample, "samples_are_members"),
        (LazyMutation, "mutants_are_other_members"),
        (LeakyCrossover, "children_are_members"),
        (MutatingCrossover, "children_are_members"),
        (ShortRepair, "repair_makes_members_of_anything"),
        (RestlessRepair, "repair_leaves_members_alone"),
        (RotatingForm, "the_canonical_form_is_a_member_and_its_own"),
        (WideTokens, "tokens_go_there_and_back"),
        (WrongSize, "it_can_be_walked"),
        (FarNeighbours, "neighbours_are_what_mutation_reaches"),
        (OneEdgeMutation, "neighbours_are_what_mutation_reaches"),
        (BackwardGraph, "graphs_run_from_input_to_output"),
        (HeadlessPlan, "plans_become_networks_that_learn"),
        (Remembering, "it_has_no_memory"),
        (Local, "it_has_no_memory"),
    ],
)
def test_the_space_suite_catches(fake, test):
    space = fake(channels=4, cells_per_stage=1)
    method = getattr(SpaceContract(), f"test_{test}")
    with patch("nasray.testing.space_contract.pickle.loads", lambda _: space), pytest.raises(AssertionError):
        method(space)


def test_the_space_suite_catches_text_that_is_too_lenient():
    with pytest.raises(pytest.fail.Exception, match=r"DID NOT RAISE .*InvalidArchitecture"):
        SpaceContract().test_text_goes_there_and_back(LenientText(channels=4, cells_per_stage=1))


def test_the_whole_space_passes_the_same_way():
    for name in dir(SpaceContract):
        if name.startswith("test_") and name not in ("test_code_is_python", "test_prompts_are_named_values"):
            getattr(SpaceContract(), name)(SPACE)


class OwnDice(RandomSearch):
    def ask(self, slots, streams):
        rng = np.random.default_rng()
        return [Proposal(slot, self.space.sample(rng)) for slot in slots]


class NoDice(RandomSearch):
    def ask(self, slots, streams):
        return [Proposal(slot, Architecture((0, 1, 2, 3, 4, slot % 5))) for slot in slots]


class Elsewhere(RandomSearch):
    def ask(self, slots, streams):
        return [Proposal(slot, self.space.sample(streams.at(slot + (os.getpid() < 0)))) for slot in slots]


class Forgetful(RegularizedEvolution):
    def restore(self, history):
        pass


class Greedy(RandomSearch):
    def ask(self, slots, streams):
        return super().ask(range(slots.start, slots.stop + 1), streams)


class Skipping(RandomSearch):
    def ask(self, slots, streams):
        return super().ask(slots, streams)[::-1]


@dataclass(kw_only=True)
class Scribbling(RandomSearch):
    made: list[Proposal] = field(default_factory=list)

    def ask(self, slots, streams):
        new = [proposal._replace(notes={}) for proposal in super().ask(slots, streams)]
        self.made += new
        return new

    def tell(self, outcome):
        outcome.proposal.notes["value"] = outcome.value


class Idle(RandomSearch):
    def ask(self, slots, streams):
        return super().ask(slots, streams) if slots.start < 200 else []

    def tell(self, outcome):
        assert np.isfinite(outcome.value), "no number"


def strategy_suite(test, make, **more):
    getattr(StrategyContract(), f"test_{test}")(make, SPACE, **more)


@pytest.mark.parametrize(
    ("fake", "test", "more"),
    [
        (OwnDice, "the_same_seed_asks_the_same", {"width": 7}),
        (Elsewhere, "the_same_seed_asks_the_same", {"width": 7}),
        (NoDice, "another_seed_asks_otherwise", {}),
        (Greedy, "it_keeps_to_the_protocol_and_ends", {"width": 7, "landscape": "rugged"}),
        (Skipping, "it_keeps_to_the_protocol_and_ends", {"width": 7, "landscape": "rugged"}),
        (Scribbling, "it_keeps_to_the_protocol_and_ends", {"width": 7, "landscape": "rugged"}),
        (Idle, "it_keeps_to_the_protocol_and_ends", {"width": 7, "landscape": "failing"}),
    ],
)
def test_the_strategy_suite_catches(fake, test, more):
    with pytest.raises(AssertionError):
        strategy_suite(test, partial(fake, space=SPACE), **more)


@pytest.mark.parametrize("width", [1, 7, 64])
def test_the_strategy_suite_catches_one_that_cannot_be_restored(width):
    make = partial(Forgetful, space=SPACE, population_size=10, tournament_size=3)
    with pytest.raises(AssertionError, match="restored after"):
        strategy_suite("restored_it_goes_on_as_if_never_stopped", make, width=width)


def test_the_strategy_suite_catches_a_setting_without_effect():
    make = partial(RegularizedEvolution, space=SPACE, population_size=200, tournament_size=3)
    variants = {"tournament_size": partial(make, tournament_size=5)}
    with pytest.raises(AssertionError, match="tournament_size change nothing"):
        strategy_suite("every_hyper_parameter_matters", make, variants=variants)
