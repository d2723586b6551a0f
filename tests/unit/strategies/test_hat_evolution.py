"""HAT's evolution on a ladder: what is measured, what is predicted, and what a restart knows."""

import copy
import logging
import math
from dataclasses import replace

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.measurement import Cost, Failure, Measurement, Outcome
from nasray.core.objective import Constraint
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.search import Search
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.hat_evolution import HatEvolution
from nasray.strategies.ladder import Ladder
from nasray.strategies.measured_rung import MeasuredRung
from nasray.strategies.predicted_limit import PredictedLimit
from nasray.strategies.predicted_rung import PredictedRung
from nasray.strategies.switch_by_cost import SwitchByCost
from nasray.strategies.switch_by_iteration import SwitchByIteration
from nasray.strategies.switch_by_tau import SwitchByTau
from nasray.strategies.variation import resampled
from nasray.testing.memory_log import MemoryLog

SPACE = NasBench201(channels=4, cells_per_stage=1)
FULL = MeasuredRung(epochs=None, seconds_per_measurement=0.0)


class Said:
    """Scores by a rule; counts what it is asked."""

    def __init__(self, rule, higher_is_better=True):
        self.rule, self.higher_is_better, self.asked = rule, higher_is_better, []

    def predict(self, architectures):
        self.asked += architectures
        return np.array([float(self.rule(one)) for one in architectures])


class Pupil(Said):
    """Learns the mean of what it is taught."""

    lessons = ()

    def fit(self, architectures, values):
        self.lessons = (*self.lessons, (list(architectures), list(values)))

    def state(self):
        return b""

    def load(self, state):
        """Nothing."""


def total(architecture):
    """0 to 24, and the first gene decides among equals."""
    return sum(architecture.genes) + architecture.genes[0] / 10


def evolution(predictor=None, end=2, **changes):
    rungs = {"cheap": PredictedRung(predictor=predictor or Said(total), seconds_per_score=1.0), "full": FULL}
    numbers = {"parents": 4, "mutations": 6, "crossovers": 6, "iterations": 4, "warm_up": 5}
    settings = {
        "space": SPACE,
        "rungs": rungs,
        "switch": SwitchByIteration(start=0, end=end),
        "mutation_probability": 0.3,
        "constraints": [],
        "limits": {},
        "released_code_best": False,
    }
    return HatEvolution(**(settings | numbers | changes))


def searched(strategy, value=total, budget=500, log=None, past=None):
    """What was measured, in slot order; a value may be a result."""
    search = Search(
        space=SPACE,
        strategy=strategy,
        budget=Budget(evaluations=budget),
        width=7,
        seed=0,
        log=log or MemoryLog(None),
        past=past,
    )
    while (chunk := search.take(1)) is not None:
        found = value(chunk.proposals[0].architecture)
        search.deliver(chunk, [Measurement(found) if isinstance(found, float | int) else found])
    return search.outcomes


def genes(outcomes):
    return [one.proposal.architecture for one in outcomes]


def test_scores_of_other_architectures_are_refused() -> None:
    strategy, streams = evolution(end=0), Streams(0, "strategy")
    population = strategy.ask(range(16), streams)
    for one, other in zip(population, [*population[1:], population[0]], strict=True):
        strategy.tell(Outcome(one._replace(architecture=other.architecture), Measurement(1.0)))
    with pytest.raises(CapabilityError, match="told of another architecture than it asked for in slot 0"):
        strategy.ask(range(len(population), len(population) + 1), streams)


@pytest.mark.parametrize("end", range(5))
def test_only_distinct_architectures_take_a_slot(end: int) -> None:
    said = Said(total)
    found = genes(searched(evolution(said, end)))
    assert len(set(found)) == len(found)
    assert len(set(said.asked)) == len(said.asked)
    assert (len(said.asked) == 0) == (end == 0)
    assert (len(found) == 1) == (end == 4)


def test_a_cheap_beginning_saves_measurements_and_parents_are_measured_at_the_switch() -> None:
    whole, half = searched(evolution(end=0)), searched(evolution(end=2))
    assert len(half) < len(whole)
    first = [one.proposal.operation for one in half[:4]]
    assert set(first) == {"parent"}
    noted = half[0].proposal.notes["hat_evolution"]
    assert [one["rung"] for one in noted["ladder"]] == ["cheap", "cheap"]
    assert noted["score"] == total(half[0].proposal.architecture)
    assert all(one.proposal.notes is None or "ladder" not in one.proposal.notes["hat_evolution"] for one in half[1:])


def test_the_best_found_is_as_good_as_its_fitness() -> None:
    assert max(one.value for one in searched(evolution(end=0, iterations=12))) > 20


def test_directions_are_respected() -> None:
    up, down = searched(evolution(Said(total), 4)), searched(evolution(Said(lambda one: -total(one), False), 4))
    assert genes(up) == genes(down)
    assert total(genes(searched(evolution(Said(total, False), 4)))[0]) < total(genes(up)[0])


def test_expensive_first_measures_the_winner_of_the_predictor() -> None:
    found = searched(evolution(Said(lambda one: -total(one)), switch=SwitchByIteration(start=2, end=4)))
    assert found[-1].proposal.operation == "winner"
    noted = found[-1].proposal.notes["hat_evolution"]
    assert noted["score"] == max(score for one in noted["ladder"] for score in one["scores"])


def test_the_released_code_takes_the_worst_parent_for_the_best_after_a_predicted_iteration() -> None:
    (right,), (wrong,) = (genes(searched(evolution(end=4, released_code_best=fault))) for fault in (False, True))
    assert total(wrong) < total(right)
    assert [genes(searched(evolution(end=2, released_code_best=fault))) for fault in (False, True)] == [
        genes(searched(evolution(end=2)))
    ] * 2


@pytest.mark.parametrize(
    ("score", "why"),
    [(math.nan, "no finite score for all of 16 architectures"), (3.0, r"the same score \(3\) for all of 16")],
)
def test_a_predictor_that_tells_nothing_is_stopped(score: float, why: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = searched(evolution(Said(lambda _: score), 2))
    assert genes(found) == genes(searched(evolution(end=0)))
    (stopped,) = [one for one in found[0].proposal.notes["hat_evolution"]["ladder"] if "stopped" in one]
    (said,) = caplog.messages
    assert stopped["stopped"] in said
    with pytest.raises(ValueError, match=why):
        raise ValueError(said)


def test_who_has_no_score_comes_last() -> None:
    said = Said(lambda one: math.nan if one.genes[0] < 4 else total(one))
    assert genes(searched(evolution(said, 4)))[0].genes[0] == 4


def test_a_restart_asks_no_predictor_again() -> None:
    log = MemoryLog(None)
    whole = genes(searched(evolution(end=2), log=log))

    def never(_):
        raise AssertionError("asked again")

    for n_events in range(1, log.n_events, 9):
        assert genes(searched(evolution(Said(never), 2), past=log.past(n_events))) == whole


def test_a_predictor_that_learns_is_taught_random_members_once() -> None:
    pupil = Pupil(total)
    found = searched(evolution(pupil, 2))
    assert [one.proposal.operation for one in found[:6]] == ["warm-up"] * 5 + ["parent"]
    assert pupil.lessons == ((genes(found[:5]), [one.value for one in found[:5]]),)
    ready = Pupil(total)
    assert genes(searched(evolution(ready, 2, warm_up=0))) == genes(searched(evolution(end=2)))
    assert ready.lessons == ()


def test_without_anything_to_learn_from_the_rung_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    pupil = Pupil(total)
    found = searched(evolution(pupil, 2), lambda _: Failure("exception", "on purpose"), budget=40)
    assert len(found) == 40
    assert pupil.lessons == ()
    assert "nothing was measured that it could learn from" in caplog.text


def test_a_reserved_sample_decides_whether_a_predictor_is_used() -> None:
    switch = SwitchByTau(sample=8, at_least=0.5, interval=False, end=3)
    good, bad = Said(total), Said(lambda one: -total(one))
    trusted, distrusted = (searched(evolution(one, switch=switch)) for one in (good, bad))
    assert [one.proposal.operation for one in trusted[:9]] == ["reserved"] * 8 + ["parent"]
    assert distrusted[8].proposal.operation == "random"
    assert genes(trusted[:8]) == genes(distrusted[:8])
    assert len(bad.asked) == 8


def test_cost_is_counted_by_rung() -> None:
    said = Said(total)  # a second each: 16 in the first iteration, so that the second one is measured
    searched(evolution(said, switch=SwitchByCost(seconds=16.0, latest=4)))
    assert len(said.asked) == 16


def test_a_measurement_costs_what_its_benchmark_or_its_rung_says_and_never_what_a_clock_says() -> None:
    ladder = Ladder({"short": MeasuredRung(epochs=12, seconds_per_measurement=2.0), "full": FULL}, ())
    for slot, cost in enumerate((Cost(wall_seconds=50.0, benchmark_seconds=7.0), Cost(wall_seconds=50.0))):
        proposal = Proposal(slot, Architecture((slot,)))
        ladder.measured(0, proposal.architecture, Outcome(proposal, Measurement(0.5, cost)))
    assert ladder.so_far(1, 0, ()).seconds == [9.0, 0.0]
    with pytest.raises(ConfigError, match=r"seconds_per_measurement \(-1.0\) must not be negative"):
        MeasuredRung(epochs=None, seconds_per_measurement=-1.0)


def test_a_ladder_of_measured_rungs_measures_again_above() -> None:
    rungs = {"short": MeasuredRung(epochs=12, seconds_per_measurement=0.0), "full": FULL}
    found = searched(evolution(rungs=rungs))
    by_rung = {12.0: set(), math.inf: set()}
    for one in found:
        assert one.proposal.architecture not in by_rung[one.rung]
        by_rung[one.rung].add(one.proposal.architecture)
    again = next(one for one in found if one.rung == math.inf)
    assert again.proposal.operation == "parent"
    assert found[again.proposal.parents[0]].proposal.architecture == again.proposal.architecture


def test_limits_are_kept_by_every_candidate() -> None:
    limits = {"size": PredictedLimit(name="size", predictor=Said(total), at_most=12.0)}
    found = genes(searched(evolution(end=2, limits=limits)))
    assert max(map(total, found)) <= 12
    with pytest.raises(ConfigError, match="limit size <= -1: of 1000 random members none keeps all limits; the least"):
        evolution(limits={"size": PredictedLimit(name="size", predictor=Said(total), at_most=-1.0)})
    hopeless = PredictedLimit(name="latency", predictor=Said(lambda _: 9.0), at_most=8.0)
    with pytest.raises(ConfigError, match=r"limit latency <= 8: .* the least latency among them is 9: loosen"):
        evolution(limits={**limits, "latency": hopeless})


def test_feasible_beats_better() -> None:
    def value(one):
        return Measurement(total(one), columns={"size": total(one)})

    bound = [Constraint(column="size", at_most=10.0)]
    found = searched(evolution(end=0, iterations=8, constraints=bound), value)
    assert np.mean([one.value <= 10 for one in found[-20:]]) > np.mean([one.value <= 10 for one in found[:16]])


def test_genes_are_drawn_anew_with_their_probability() -> None:
    rng = np.random.default_rng(0)
    parent = SPACE.sample(rng)
    assert resampled(SPACE, parent, 0.0, rng) == parent
    changed = [
        np.mean([a != b for a, b in zip(resampled(SPACE, parent, 0.5, rng).genes, parent.genes, strict=True)])
        for _ in range(400)
    ]
    assert np.mean(changed) == pytest.approx(0.5 * 4 / 5, abs=0.04)  # one draw in five gives the same value


def test_where_genes_hang_together_a_mutation_is_a_neighbour(line) -> None:
    class Picky(type(line)):
        def validate(self, architecture):
            if architecture.genes != (3,):
                super().validate(replace(architecture, genes=(-1,)))

    rng = np.random.default_rng(0)
    at = line.sample(rng)
    picky = Picky(64)
    assert abs(resampled(picky, at, 1.0, rng).genes[0] - at.genes[0]) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parents": 0}, r"parents \(0\) must be at least 1"),
        ({"parents": 1}, r"parents \(1\) must be at least 2: a crossover has two"),
        ({"mutations": -1}, r"mutations \(-1\) must not be negative"),
        ({"iterations": 0}, r"iterations \(0\) must be at least 1"),
        ({"mutation_probability": 1.5}, r"mutation_probability \(1.5\) must be between 0 and 1"),
        ({"rungs": {}}, r"rungs \(none\) must end with one that is measured"),
        (
            {"rungs": {"cheap": PredictedRung(predictor=Said(total), seconds_per_score=0.0)}},
            r"rungs \(cheap\) must end with one that is measured",
        ),
        (
            {"constraints": [Constraint(column="a", at_most=1.0), Constraint(column="a", at_least=2.0)]},
            "the constraints on a contradict each other",
        ),
    ],
)
def test_what_it_refuses(changes, message: str) -> None:
    with pytest.raises(ConfigError, match=f"HatEvolution.* ?{message}|HatEvolution: {message}"):
        evolution(**changes)


def test_what_its_parts_refuse(bare) -> None:
    with pytest.raises(CapabilityError, match="PredictedRung needs a predictor and got none; choose one"):
        PredictedRung(predictor=None, seconds_per_score=0.0)
    with pytest.raises(ConfigError, match=r"seconds_per_score \(-1.0\) must not be negative"):
        PredictedRung(predictor=Said(total), seconds_per_score=-1.0)
    with pytest.raises(ConfigError, match=r"fidelity epochs \(0\) must be at least 1"):
        MeasuredRung(epochs=0, seconds_per_measurement=0.0)
    with pytest.raises(ConfigError, match="limit size: needs a predictor of its own"):
        PredictedLimit(name="size", predictor=None, at_most=1.0)
    with pytest.raises(CapabilityError, match="HatEvolution cannot be the inner strategy of Screened"):
        copy.deepcopy(evolution())
    with pytest.raises(CapabilityError, match="HatEvolution needs a space with Crossable"):
        evolution(space=bare)
