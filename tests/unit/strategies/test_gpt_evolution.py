"""GPT-NAS's evolution on words of digits, with generators that can be followed by hand."""

import logging
from dataclasses import dataclass, field

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.strategies.constant_rate import ConstantRate
from nasray.strategies.gpt_evolution import NOTE, GptEvolution
from nasray.strategies.linear_decay import LinearDecay

STREAMS = Streams(0, "strategy")
MARK = 77
"""A gene that only the generator writes."""


class Words:
    """Six digits; each is a unit, the last three of two layers."""

    def sample(self, rng):
        return Architecture(tuple(rng.integers(10, size=6).tolist()))

    def mutate(self, architecture, rng):
        genes, at = list(architecture.genes), int(rng.integers(6))
        genes[at] = (genes[at] + 1) % 10
        return Architecture(tuple(genes))

    def crossover(self, first, second, rng):
        cut = int(rng.integers(1, 6))
        return Architecture(first.genes[:cut] + second.genes[cut:])

    def unit_layers(self, architecture):
        return [1, 1, 1, 2, 2, 2]

    def validate(self, architecture):
        pass

    def repair(self, architecture, rng):
        return architecture

    canonical = sample


@dataclass
class Marker:
    """Rebuilds every eliminated unit as the same gene; remembers its calls and what it was taught."""

    calls: list = field(default_factory=list)
    lessons: list = field(default_factory=list)

    def propose(self, context, n, rng):
        return [Architecture((MARK,) * 6)] * n

    def rebuild(self, architectures, eliminated, rngs):
        self.calls.append((list(architectures), [list(mask) for mask in eliminated]))
        assert len({id(rng) for rng in rngs}) == len(rngs), "each has its own randomness"
        return [
            Architecture(tuple(MARK if gone else gene for gene, gone in zip(one.genes, mask, strict=True)))
            for one, mask in zip(architectures, eliminated, strict=True)
        ]

    def adapt(self, architectures):
        self.lessons.append(list(architectures))


class Proposer:
    """Cannot rebuild."""

    def propose(self, context, n, rng):
        return []


class Stubborn(Proposer):
    """Rebuilds, and does not learn."""

    rebuild = Marker.rebuild


USUAL = {
    "population_size": 4,
    "generations": 4,
    "crossover_probability": 0.9,
    "mutation_probability": 0.3,
    "elites": 1,
    "elimination": LinearDecay(rate=0.5),
    "elimination_unit": "block",
    "genotype": "lamarckian",
    "learn_from_best": None,
}


def make(**changes):
    return GptEvolution(**{"space": Words(), "generator": Marker(), **USUAL, **changes})


def told(proposal, value):
    return Outcome(proposal, Measurement(value))


def generation(strategy, number, values=(1.0, 2.0, 3.0, 4.0)):
    asked = strategy.ask(range(4 * number, 4 * number + 4), STREAMS)
    for proposal, value in zip(asked, values, strict=True):
        strategy.tell(told(proposal, value))
    return asked


def test_every_individual_the_first_ones_too_is_eliminated_and_rebuilt_in_one_call():
    strategy = make()
    first = strategy.ask(range(4), STREAMS)
    assert len(strategy.generator.calls) == 1
    assert [one.operation for one in first] == ["random and rebuilding"] * 4
    for proposal in first:
        marked = tuple(at for at, gene in enumerate(proposal.architecture.genes) if gene == MARK)
        assert proposal.predicted == marked != ()
    children, masks = strategy.generator.calls[0]
    assert [tuple(at for at, gone in enumerate(mask) if gone) for mask in masks] == [one.predicted for one in first]
    assert all(MARK not in child.genes for child in children)


def test_at_rate_0_nothing_is_eliminated_and_no_generator_needed():
    for generator in (Marker(), None):
        strategy = make(elimination=LinearDecay(rate=0.0), generator=generator)
        asked = [*generation(strategy, 0), *generation(strategy, 1)]
        assert all(one.predicted == () and "rebuilding" not in one.operation for one in asked)
        assert generator is None or generator.calls == []


def test_the_rate_falls_over_the_generations_and_the_first_slot_notes_it():
    strategy = make()
    asked = [generation(strategy, number) for number in range(6)]
    rates = [one[0].notes[NOTE]["rate"] for one in asked]
    assert rates == pytest.approx([0.5, 0.375, 0.25, 0.125, 0.0, 0.0])
    assert [one[0].notes[NOTE]["generation"] for one in asked] == list(range(6))
    assert all(other.notes is None for one in asked for other in one[1:])
    assert all(other.predicted == () for other in asked[4])


def test_by_layer_units_of_more_layers_go_more_often():
    gone = []
    for unit in ("block", "layer"):
        strategy = make(population_size=400, elimination_unit=unit, elimination=ConstantRate(rate=0.3))
        asked = strategy.ask(range(400), STREAMS)
        gone.append([sum(at in one.predicted for one in asked) / 400 for at in range(6)])
    # The standard deviation of a share of 400 is at most 0.025; by layer, two layers go with 1 - 0.49 = 0.51.
    assert gone[0] == pytest.approx([0.3] * 6, abs=0.08)
    assert gone[1] == pytest.approx([0.3] * 3 + [0.51] * 3, abs=0.08)


def test_a_generation_waits_for_the_one_before():
    strategy = make()
    first = strategy.ask(range(10), STREAMS)
    assert [one.slot for one in first] == [0, 1, 2, 3]
    for proposal in first:
        assert strategy.ask(range(4, 10), STREAMS) == []
        strategy.tell(told(proposal, 1.0))
    assert [one.slot for one in strategy.ask(range(4, 6), STREAMS)] == [4, 5]
    assert [one.slot for one in strategy.ask(range(6, 20), STREAMS)] == [6, 7]


def test_what_is_asked_does_not_depend_on_how_much_is_asked_at_once():
    whole = make().ask(range(4), STREAMS)
    strategy = make()
    assert [strategy.ask(range(slot, 4), STREAMS)[0] for slot in range(4)] == list(whole)


def test_the_best_of_the_last_population_replaces_the_worst_child():
    strategy = make(elites=1)
    generation(strategy, 0, (9.0, 1.0, 1.0, 1.0))
    generation(strategy, 1, (4.0, 3.0, 2.0, 1.0))
    assert [one.proposal.slot for one in strategy._parents] == [0, 4, 5, 6]
    strategy = make(elites=0)
    generation(strategy, 0, (9.0, 1.0, 1.0, 1.0))
    generation(strategy, 1)
    assert {one.proposal.slot for one in strategy._parents} == {4, 5, 6, 7}


def test_a_failure_is_no_parent_while_others_compete():
    strategy = make(crossover_probability=0.0, elites=0)
    asked = strategy.ask(range(4), STREAMS)
    for proposal in asked[:3]:
        strategy.tell(Outcome(proposal, Failure("exception", "boom")))
    strategy.tell(told(asked[3], -5.0))
    parents = [strategy._tournament(np.random.default_rng(n)).proposal.slot for n in range(200)]
    # The only measured one loses no tournament that it takes part in: 1 - (3/4)^2 = 0.4375; deviation 0.035.
    assert parents.count(3) / 200 == pytest.approx(0.4375, abs=0.11)


def test_lamarck_passes_on_what_was_rebuilt_and_baldwin_does_not():
    settings = {"elimination": ConstantRate(rate=0.5), "crossover_probability": 0.0, "mutation_probability": 0.0}
    for genotype, passed_on in (("lamarckian", True), ("baldwinian", False)):
        strategy = make(genotype=genotype, **settings)
        first = generation(strategy, 0)
        assert all(MARK in one.architecture.genes for one in first)
        strategy.ask(range(4, 8), STREAMS)
        children, _ = strategy.generator.calls[-1]
        assert any(MARK in child.genes for child in children) == passed_on
        assert ("genotype" in (first[1].notes or {}).get(NOTE, {})) != passed_on


@pytest.mark.parametrize("genotype", ["lamarckian", "baldwinian"])
@pytest.mark.parametrize("stop", [1, 4, 6, 9, 12])
def test_restored_it_asks_the_same_and_calls_no_model(genotype, stop):
    settings = {"genotype": genotype, "learn_from_best": 2}
    whole, history = make(**settings), []
    asked = []
    for slot in range(12):
        asked += whole.ask(range(slot, slot + 1), STREAMS)
        history += [asked[-1], told(asked[-1], float(slot * 7 % 5))]
        whole.tell(history[-1])
    again = make(**settings)
    kept = [Proposal.from_json(one.to_json()) if isinstance(one, Proposal) else one for one in history[: 2 * stop]]
    again.restore([one if isinstance(one, Proposal) else Outcome(kept[at - 1], one[1]) for at, one in enumerate(kept)])
    assert again.generator.calls == again.generator.lessons == []
    after = []
    for slot in range(stop, 12):
        after += again.ask(range(slot, slot + 1), STREAMS)
        again.tell(told(after[-1], float(slot * 7 % 5)))
    assert [one.to_json() for one in after] == [one.to_json() for one in asked[stop:]]
    assert again.generator.lessons == [] if stop == 12 else again.generator.lessons[-1] == whole.generator.lessons[-1]


def test_the_generator_learns_from_the_best_so_far_once_a_generation():
    strategy = make(learn_from_best=2)
    first = generation(strategy, 0, (1.0, 4.0, 2.0, 3.0))
    assert strategy.generator.lessons == []
    second = generation(strategy, 1, (9.0, 0.0, 0.0, 0.0))
    assert strategy.generator.lessons == [[first[1].architecture, first[3].architecture]]
    assert second[0].notes[NOTE]["learnt_from"] == [1, 3]
    third = strategy.ask(range(8, 9), STREAMS)
    strategy.tell(told(third[0], 100.0))
    strategy.ask(range(9, 12), STREAMS)
    assert strategy.generator.lessons[1:] == [[second[0].architecture, first[1].architecture]]


def test_a_population_that_has_converged_raises_an_alarm(caplog):
    strategy = make(elimination=ConstantRate(rate=1.0))
    with caplog.at_level(logging.WARNING, logger="nasray"):
        generation(strategy, 0)
        second = generation(strategy, 1)
    notes = second[0].notes[NOTE]
    assert (notes["entropy_bits"], notes["distinct_share"]) == (0.0, 0.25)
    assert notes["alarm"] == "only 25% of the population are distinct (alarm below 50%)"
    with caplog.at_level(logging.WARNING, logger="nasray"):
        assert "alarm" in strategy.ask(range(8, 12), STREAMS)[0].notes[NOTE]
    assert [one.getMessage()[:38] for one in caplog.records] == ["gpt_evolution, generation 1: only 25% "]


def test_a_lively_population_raises_none(caplog):
    strategy = make(elimination=ConstantRate(rate=0.0))
    generation(strategy, 0)
    assert "alarm" not in strategy.ask(range(4, 8), STREAMS)[0].notes[NOTE]
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"population_size": 1}, ConfigError, r"population_size \(1\) must be at least 2"),
        ({"generations": 0}, ConfigError, r"generations \(0\) must be at least 1"),
        ({"crossover_probability": 1.5}, ConfigError, r"crossover_probability \(1.5\) must be between 0 and 1"),
        ({"mutation_probability": -1}, ConfigError, r"mutation_probability \(-1\) must be between 0 and 1"),
        ({"elites": 4}, ConfigError, r"elites \(4\) must be at least 0 and below population_size \(4\)"),
        ({"elimination_unit": "cell"}, ConfigError, r"elimination_unit \('cell'\) must be one of block, layer"),
        ({"genotype": "both"}, ConfigError, r"genotype \('both'\) must be one of lamarckian, baldwinian"),
        ({"learn_from_best": 0}, ConfigError, r"learn_from_best \(0\) must be at least 1, or null"),
        ({"generator": None}, CapabilityError, r"rate 0.5 and needs a generator .* got none; choose one"),
        ({"generator": Proposer()}, CapabilityError, "needs a generator that rebuilds, but Proposer only proposes"),
        (
            {"generator": Stubborn(), "learn_from_best": 3},
            CapabilityError,
            r"learn_from_best \(3\) needs a generator that learns, but Stubborn does not",
        ),
        ({"space": object()}, CapabilityError, "GptEvolution needs a space with Crossable, but object"),
    ],
)
def test_what_cannot_evolve_or_be_rebuilt_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        make(**changes)


def test_a_space_without_units_is_refused(line):
    with pytest.raises(CapabilityError, match="GptEvolution needs a space with Chained, but Line does not offer it"):
        make(space=line)
