"""What the identity of an archive depends on, and what it does not."""

import math
from dataclasses import replace

import pytest

from nasray.core.architecture import Architecture
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Cost, Failure, Measurement, Outcome
from nasray.core.proposal import Proposal
from nasray.search.archive import archive_hash

MEASURED = Outcome(Proposal(0, Architecture((1, 2))), Measurement(0.1))
FAILED = Outcome(Proposal(1, Architecture((3,))), Failure("timeout", "late", "story"))
ARCHIVE = [MEASURED, FAILED]


def changed(at, *, proposal=None, result=None):
    archive = list(ARCHIVE)
    one = archive[at]
    archive[at] = Outcome(one.proposal._replace(**(proposal or {})), replace(one.result, **(result or {})))
    return archive_hash(archive)


def test_a_frozen_hash():
    # printf '0 (1, 2) 0 0x1.999999999999ap-4\n1 (3,) 0 timeout\n' | sha256sum
    assert archive_hash(ARCHIVE) == "6290e28d90c3cc07f7f061d5152beda2eebec7001354bf05ec565b7b24f4a023"


@pytest.mark.parametrize(
    "again",
    [
        changed(0, result={"cost": Cost(5.0, 6.0)}),
        changed(0, result={"host": "elsewhere"}),
        changed(1, result={"cost": Cost(5.0, 6.0), "host": "elsewhere"}),
        changed(1, result={"traceback": "another line number"}),
        changed(1, result={"message": "later"}),
    ],
)
def test_durations_hosts_and_stories_do_not_count(again):
    assert again == archive_hash(ARCHIVE)


@pytest.mark.parametrize(
    "other",
    [
        changed(0, proposal={"slot": 7}),
        changed(0, proposal={"architecture": Architecture((2, 1))}),
        changed(0, proposal={"architecture": Architecture((12,))}),
        changed(0, proposal={"fidelity": Fidelity(1)}),
        changed(0, result={"value": math.nextafter(0.1, 1.0)}),
        changed(1, result={"kind": "exception"}),
        archive_hash([Outcome(MEASURED.proposal, FAILED.result), FAILED]),
        archive_hash(ARCHIVE[::-1]),
        archive_hash(ARCHIVE[:1]),
        archive_hash([]),
    ],
)
def test_everything_that_was_found_counts(other):
    assert other != archive_hash(ARCHIVE)
