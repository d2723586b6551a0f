"""Budget, fidelity, measurements, outcomes, images, plans, memories: what they refuse and what they add up to."""

import copy
import math
import pickle

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.budget import Budget
from nasray.core.errors import CapabilityError, ConfigError, DataError, InvalidArchitecture, NasrayError, NotFinite
from nasray.core.event_log import NoLog, Past
from nasray.core.fidelity import Fidelity
from nasray.core.image_set import Images, ImageSet
from nasray.core.measurement import (
    NO_COST,
    Cost,
    Failure,
    Measurement,
    Outcome,
    Split,
    result_from_json,
    result_to_json,
)
from nasray.core.network_plan import Layer, NetworkPlan
from nasray.core.proposal import Proposal
from nasray.core.space import Crossable, need

PROPOSAL = Proposal(0, Architecture((3, 1)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"evaluations": 0}, r"budget.evaluations \(0\) must be at least 1"),
        ({"evaluations": 5, "wall_seconds": 0.0}, r"budget.wall_seconds \(0.0\) must be positive, or null"),
        ({"evaluations": 5, "wall_seconds": -2.0}, r"budget.wall_seconds \(-2.0\) must be positive"),
    ],
)
def test_a_budget_that_buys_nothing(settings, message):
    with pytest.raises(ConfigError, match=message):
        Budget(**settings)


def test_the_smallest_budget():
    assert (Budget(evaluations=1).evaluations, Budget(evaluations=1).wall_seconds) == (1, None)


def test_a_fidelity_without_epochs():
    with pytest.raises(ConfigError, match=r"fidelity epochs \(0\) must be at least 1"):
        Fidelity(0)


def test_an_architecture_is_named_by_its_genes():
    assert Architecture((3, 1, 0)).key == "3.1.0"
    assert Architecture(()).key == ""
    assert len({Architecture((1, 2)), Architecture((1, 2)), Architecture((2, 1))}) == 2


def test_costs_add_up_field_by_field():
    assert Cost(1.5, 10.0) + Cost(0.25, 5.0) == Cost(wall_seconds=1.75, benchmark_seconds=15.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_a_value_that_cannot_be_ranked(value):
    with pytest.raises(NotFinite, match=r"a measured value \(-?(nan|inf)\) must be finite; report a Failure instead"):
        Measurement(value)


def test_not_finite_is_a_mistake_and_a_floating_point_error():
    assert issubclass(NotFinite, NasrayError)
    assert issubclass(NotFinite, FloatingPointError)


def test_curves_and_columns_must_be_finite_too():
    with pytest.raises(NotFinite, match=r"measured latency_ms \(inf\), curve at epoch 2 \(nan\) must be finite"):
        Measurement(1.0, curve=((1, 0.5), (2, math.nan)), columns={"parameters": 5.0, "latency_ms": math.inf})


@pytest.mark.parametrize("value", [np.float64(0.1), np.float32(0.5), 3, True])
def test_numbers_of_other_kinds_become_floats(value):
    measured = Measurement(value)
    assert type(measured.value) is float
    assert measured.value == value


def test_results_that_were_read_can_be_sent_on():
    read = result_from_json(93.25)
    assert pickle.loads(pickle.dumps(read)) == read == copy.deepcopy(read) == Measurement(93.25)


def test_a_bare_value_is_written_as_a_number():
    assert result_to_json(Measurement(93.25)) == 93.25
    assert result_to_json(Measurement(93.25, Cost(2.0), host="a")) == {"value": 93.25, "cost": [2.0, 0.0], "host": "a"}
    assert result_to_json(Failure("timeout", "late", "story", Cost(9.0), "b")) == {
        "failure": "timeout",
        "message": "late",
        "traceback": "story",
        "cost": [9.0, 0.0],
        "host": "b",
    }


def test_a_failure_loses_every_comparison():
    assert Outcome(PROPOSAL, Failure("timeout", "late")).value == -math.inf
    assert Outcome(PROPOSAL, Measurement(-1e300)).value == -1e300


def test_the_splits_are_written_as_in_column_names():
    assert [str(split) for split in Split] == ["valid", "test"]


def test_a_proposal_writes_only_what_is_not_default():
    assert PROPOSAL.to_json() == {"slot": 0, "genes": (3, 1), "op": "random"}
    full = Proposal(
        5, Architecture((1,)), "mutation", (2, 3), Fidelity(12), raw=Architecture((9,)), notes={"score": 0.5}
    )
    assert full.to_json() == {
        "slot": 5,
        "genes": (1,),
        "op": "mutation",
        "parents": (2, 3),
        "fidelity": {"epochs": 12},
        "raw": (9,),
        "notes": {"score": 0.5},
    }


def test_what_was_told_is_the_prefix_without_a_gap():
    assert Past().n_told == 0
    assert Past(results={0: Measurement(1.0), 1: Measurement(1.0), 3: Measurement(1.0)}).n_told == 2


def test_no_log_takes_everything():
    log = NoLog()
    log.asked(0, [PROPOSAL])
    log.arrived([0], [Measurement(1.0)], 0.5)
    log.stopped("clock")
    log.commit(durable=True)


def images(n_images, n_labels):
    return Images(np.zeros((n_images, 1, 2, 3), np.float32), np.zeros(n_labels, np.int64))


@pytest.mark.parametrize(("n_images", "n_labels"), [(0, 0), (2, 3)])
def test_images_without_labels(n_images, n_labels):
    with pytest.raises(DataError, match=r"images need \(B, C, H, W\) pixels and B > 0 labels, got"):
        images(n_images, n_labels)


def test_the_shape_of_an_image():
    part = images(2, 2)
    assert ImageSet("toy", 4, part, part, part).input_shape == (1, 2, 3)


def test_a_plan_is_in_order():
    stem = Layer("conv_bn", (-1,), 3, 8)
    assert NetworkPlan((stem, Layer("linear", (0,), 8, 4)), (3, 8, 8), 4).n_classes == 4
    with pytest.raises(ConfigError, match="a network plan needs at least one layer"):
        NetworkPlan((), (3, 8, 8), 4)
    for inputs in ((1,), (-2,), ()):
        with pytest.raises(ConfigError, match=r"layer 1 \(linear\) reads .*; it must read earlier layers, -1 = image"):
            NetworkPlan((stem, Layer("linear", inputs, 8, 4)), (3, 8, 8), 4)


def test_a_space_that_lacks_what_a_part_needs():
    with pytest.raises(CapabilityError, match="strategy x needs a space with Crossable, but object does not offer it"):
        need(object(), Crossable, "strategy x")


def test_every_error_is_the_users():
    for kind in (CapabilityError, ConfigError, DataError, InvalidArchitecture):
        assert issubclass(kind, NasrayError)


def test_failures_have_no_cost_unless_they_say_so():
    assert Failure("exception", "x").cost == NO_COST
