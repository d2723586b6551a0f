"""Trainings that go on from another slot's, and candidates that begin with their parents' weights."""

import re
from functools import partial

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError
from nasray.core.fidelity import Fidelity
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.models.trainer import Trainer
from nasray.records.store import Store

STREAMS = Streams(7, "evaluator")
CELL, CHILD = Architecture((3, 1, 2, 1, 0, 3)), Architecture((3, 1, 2, 1, 3, 3))


@pytest.fixture
def training(small_training, tmp_path):
    return partial(small_training, tmp_path, noise=0.5, sizes=(24, 60, 60), recipe={})


@pytest.fixture
def epochs(monkeypatch):
    """The epochs that were trained."""
    trained = []
    original = Trainer._train_one_epoch

    def counted(self):
        original(self)
        trained.append(self.epoch)

    monkeypatch.setattr(Trainer, "_train_one_epoch", counted)
    return trained


def proposal(slot, n_epochs, architecture=CELL, **fields):
    return Proposal(slot, architecture, fidelity=Fidelity(n_epochs), **fields)


def facts(evaluator, *proposals):
    measured = evaluator.evaluate(proposals, STREAMS)
    return [(one.value, one.curve, dict(one.columns)) for one in measured]


def weights(evaluator, slot):
    family = evaluator._name(proposal(slot, 1), None, STREAMS).family
    return evaluator._checkpoints.of_slot(slot, family).state


def same(first, second):
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


RUNGS = (proposal(3, 1), proposal(9, 2, continues=3), proposal(12, 4, continues=3))


@pytest.mark.parametrize("reporting", [0, 1])
def test_rungs_give_the_numbers_of_one_uninterrupted_training(training, epochs, reporting, tmp_path):
    (whole,) = facts(training(report_every_epochs=reporting), proposal(3, 4))
    uninterrupted = weights(training(report_every_epochs=reporting), 3)
    there = {"store": Store(root=str(tmp_path / "b")), "checkpoint_folder": tmp_path / "c"}
    climbing = training(report_every_epochs=reporting, **there)
    del epochs[:]
    *_, last = facts(climbing, *RUNGS)
    assert epochs == [1, 2, 3, 4], "no epoch twice"
    assert last == whole
    assert same(weights(climbing, 12), uninterrupted)


def test_a_lost_checkpoint_costs_time_and_nothing_else(training, epochs):
    expected = facts(training(), *RUNGS)
    del epochs[:]
    nothing_kept = training(keep_weights=False, store=None, checkpoint_folder=None)
    assert facts(nothing_kept, *RUNGS) == expected
    assert epochs == [1, 1, 2, 1, 2, 3, 4]


def test_a_lost_blob_costs_time_and_nothing_else(training, epochs, tmp_path):
    expected = facts(training(), *RUNGS)
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            path.unlink()
    del epochs[:]
    assert facts(training(), *RUNGS) == expected
    assert epochs == [1, 2, 3, 4]


def test_the_test_score_of_a_promotion_needs_no_training(training, epochs):
    facts(training(), *RUNGS)
    del epochs[:]
    score = training().test(RUNGS[-1], STREAMS).value
    assert epochs == []
    assert score == training(keep_weights=False, store=None, checkpoint_folder=None).test(RUNGS[-1], STREAMS).value


def test_offspring_begin_with_their_parents_weights(training, monkeypatch):
    evaluator = training()
    facts(evaluator, proposal(3, 4))
    parent = weights(evaluator, 3)
    (plain,) = facts(training(), proposal(5, 1, CHILD))
    begun = []
    original = Trainer.run_to
    monkeypatch.setattr(Trainer, "run_to", lambda self, epoch: begun.append(self.state()) or original(self, epoch))
    (child,) = facts(evaluator, proposal(6, 1, CHILD, inherits=3))
    monkeypatch.undo()
    stem = "module.operators.0.0.weight"
    assert np.array_equal(begun[0][stem], parent[stem])
    assert int(begun[0]["epoch"]) == 0
    assert not any(name.startswith("optimizer.") for name in begun[0]), "the optimizer begins afresh"
    assert "inherited_share" not in plain[2]
    # stage widths 2, 4, 8: the child has one more 3x3 edge in each of three cells (weights 9 C^2 and batch norm 2 C)
    added = sum(9 * c * c + 2 * c for c in (2, 4, 8))
    assert child[2]["inherited_share"] == pytest.approx(1 - added / child[2]["parameters"])


def test_offspring_go_on_as_if_uninterrupted_whatever_becomes_of_their_checkpoints(training, epochs, tmp_path):
    facts(training(), proposal(3, 4))
    whole = proposal(6, 4, CHILD, inherits=3)
    (expected,) = facts(training(), whole)
    short, long = proposal(20, 1, CHILD, inherits=3), proposal(21, 4, CHILD, inherits=3, continues=20)
    (other, climbed) = facts(training(), short, long)
    assert climbed[2] == expected[2] == other[2]
    for path in (tmp_path / "checkpoints").glob("slot-2*"):
        path.unlink()
    del epochs[:]
    assert facts(training(), long) == [climbed]
    assert epochs == [1, 2, 3, 4]


def test_lost_weights_of_a_parent_are_an_error_with_a_remedy(training, tmp_path):
    child = proposal(6, 1, CHILD, inherits=3)
    message = "slot 6 inherits the weights of slot 3, but {} has none: set evaluator.keep_weights=true, and keep"
    with pytest.raises(DataError, match=re.escape(message.format(tmp_path / "checkpoints"))):
        facts(training(), child)
    with pytest.raises(DataError, match=r"slot 3, but none are kept: set evaluator.keep_weights=true"):
        facts(training(keep_weights=False, store=None, checkpoint_folder=None), child)
    facts(training(), proposal(3, 1))
    for path in (tmp_path / "store").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(DataError, match=r"slot 6 inherits the weights of slot 3, which cannot be read: .* has no blob"):
        facts(training(), child)
