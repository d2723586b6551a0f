import errno
import os

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import RecordError
from nasray.core.measurement import Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.records.janitor import Janitor
from nasray.records.journal import Journal


def outcome(slot, value):
    result = Failure("exception", "no") if value is None else Measurement(value)
    return Outcome(Proposal(slot, Architecture((slot,))), result)


def nothing():
    pass


@pytest.fixture
def sweeps():
    return []


@pytest.fixture
def janitor(sweeps):
    return Janitor(live=lambda: {7}, secure=nothing, sweep=lambda n_told, keep: sweeps.append((n_told, keep)))


def test_live_slots_and_the_earliest_best_are_kept(janitor, sweeps):
    janitor.told([outcome(0, None)])
    janitor.told([outcome(1, 5.0), outcome(2, 8.0)])
    janitor.told([outcome(3, 8.0)])
    janitor.told([outcome(4, 9.0)])
    janitor.close({})
    assert sweeps == [(1, {7}), (3, {7, 2}), (4, {7, 2}), (5, {7, 4}), (5, {7, 4})]


@pytest.mark.parametrize("error", [RecordError("refused"), OSError("refused")])
def test_a_sweep_that_fails_does_not_end_the_search(error, sweeps):
    def sweep(n_told, keep):
        sweeps.append(n_told)
        raise error

    janitor = Janitor(live=frozenset, secure=nothing, sweep=sweep)
    janitor.told([outcome(0, 1.0)])
    janitor.told([outcome(1, 1.0)])
    assert sweeps == [1, 2]


def test_nothing_is_deleted_before_what_was_told_is_safe(sweeps):
    def secure():
        raise RecordError("the disk is full")

    Janitor(live=frozenset, secure=secure, sweep=lambda *told: sweeps.append(told)).told([outcome(0, 1.0)])
    assert sweeps == []


def test_nothing_is_deleted_while_the_journal_is_broken(sweeps, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    journal = Journal(tmp_path / "journal.jsonl", fsync=True)
    janitor = Janitor(live=frozenset, secure=journal.flush, sweep=lambda *told: sweeps.append(told))
    monkeypatch.setattr("nasray.records.patience.PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr("nasray.records.journal.os.write", full)
    journal.arrived([0], [Measurement(1.0)], 1.0)
    with pytest.raises(RecordError, match="No space left on device"):
        journal.commit(durable=True)
    janitor.told([outcome(0, 1.0)])
    journal.close()
    assert sweeps == []
