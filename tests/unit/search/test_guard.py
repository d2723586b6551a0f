"""What becomes of an evaluator's exceptions."""

import errno
import os
import platform

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import DataError, RecordError
from nasray.core.measurement import Failure, Measurement
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.guard import guarded

STREAMS = Streams(0, "evaluator")
PROPOSALS = [Proposal(slot, Architecture((slot,))) for slot in range(6)]


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


class Picky:
    """Raises ``error`` for some slots; ``batches`` is what it was asked."""

    metric, chunk_size = "score", 8

    def __init__(self, error, culprits):
        self.error, self.culprits, self.batches = error, culprits, []

    def evaluate(self, proposals, streams):
        self.batches.append([one.slot for one in proposals])
        if any(one.slot in self.culprits for one in proposals):
            raise self.error
        return [Measurement(float(one.slot)) for one in proposals]


def test_a_sound_batch_is_evaluated_once():
    evaluator = Picky(RuntimeError(), ())
    assert guarded(evaluator, PROPOSALS, STREAMS) == [Measurement(float(slot)) for slot in range(6)]
    assert evaluator.batches == [[0, 1, 2, 3, 4, 5]]


def test_the_culprits_of_a_batch_are_found_and_the_innocent_measured():
    evaluator = Picky(RuntimeError("exploded"), (1, 4))
    results = guarded(evaluator, PROPOSALS, STREAMS)
    assert [one.value if isinstance(one, Measurement) else one.kind for one in results] == [
        *[0.0, "exception", 2.0, 3.0, "exception", 5.0]
    ]
    assert evaluator.batches == [[0, 1, 2, 3, 4, 5], [0], [1], [2], [3], [4], [5]]


def test_a_single_culprit_is_not_tried_twice():
    evaluator = Picky(RuntimeError("exploded"), (1,))
    (failure,) = guarded(evaluator, PROPOSALS[1:2], STREAMS)
    assert evaluator.batches == [[1]], "a training that fails after an hour must not be begun again"
    assert (failure.kind, failure.message) == ("exception", "RuntimeError: exploded")
    assert failure.traceback.startswith("Traceback (most recent call last):")
    assert "raise self.error" in failure.traceback
    assert failure.cost.wall_seconds > 0
    assert failure.host == platform.node(), "a bad node must be found from the journal"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RuntimeError("x"), "exception"),
        (KeyError("x"), "exception"),
        (MemoryError(), "out_of_memory"),
        (OutOfMemoryError("CUDA out of memory"), "out_of_memory"),
        (FloatingPointError("loss is nan"), "not_finite"),
    ],
)
def test_kinds(error, kind):
    (failure,) = guarded(Picky(error, (0,)), PROPOSALS[:1], STREAMS)
    assert failure.kind == kind


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_measured_nan_is_a_failure_of_its_kind(value):
    class Sick(Picky):
        def evaluate(self, proposals, streams):
            return [Measurement(value) for _ in proposals]

    results = guarded(Sick(None, ()), PROPOSALS[:2], STREAMS)
    assert [one.kind for one in results] == ["not_finite", "not_finite"]
    assert "must be finite" in results[0].message


@pytest.mark.parametrize(("n", "batch"), [(0, 1), (2, 1), (1, 3)])
def test_measurements_that_are_not_one_a_proposal(n, batch):
    class Miscounting(Picky):
        def evaluate(self, proposals, streams):
            return [Measurement(1.0)] * n

    results = guarded(Miscounting(None, ()), PROPOSALS[:batch], STREAMS)
    assert len(results) == batch
    if n != 1:
        assert (
            results[0].message
            == f"ValueError: Miscounting gave {n} measurements for 1 proposals; it must give one each"
        )
    else:
        assert results == [Measurement(1.0)] * 3


def test_a_message_is_one_line_of_text_that_json_takes():
    error = RuntimeError("first line\n  second \udcff line")
    (failure,) = guarded(Picky(error, (0,)), PROPOSALS[:1], STREAMS)
    assert isinstance(failure, Failure)
    assert failure.message == "RuntimeError: first line second \\udcff line"
    failure.traceback.encode()


@pytest.mark.parametrize("batch", [1, 3])
def test_a_table_that_lacks_a_row_is_the_users_mistake(batch):
    with pytest.raises(DataError, match="no such row"):
        guarded(Picky(DataError("no such row"), (0,)), PROPOSALS[:batch], STREAMS)


def test_what_ends_a_process_is_not_caught():
    with pytest.raises(KeyboardInterrupt):
        guarded(Picky(KeyboardInterrupt(), (0,)), PROPOSALS[:2], STREAMS)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RecordError("the store cannot write 9 bytes"), "the store cannot write 9 bytes"),
        (
            OSError(errno.ENOSPC, "No space left on device", "w.bin"),
            r"w.bin cannot be used on .* \(No space left on device\); make room .*, then `nasray resume` the run: what",
        ),
        (OSError(errno.EROFS, "Read-only file system"), r"a file of the evaluator cannot be used on .* \(Read-only"),
    ],
)
def test_a_machine_that_refuses_is_no_failure_of_the_candidate(error, message):
    with pytest.raises(RecordError, match=message):
        guarded(Picky(error, (1,)), PROPOSALS, STREAMS)


def test_no_candidate_is_blamed_for_rights_that_one_node_lacks():
    error = OSError(errno.EACCES, os.strerror(errno.EACCES), "images.npy")
    assert isinstance(error, PermissionError)
    with pytest.raises(RecordError, match=r"images.npy cannot be used on .* \(Permission denied\)"):
        guarded(Picky(error, (1,)), PROPOSALS[1:2], STREAMS)


def test_other_errors_of_files_are_the_candidates():
    (failure,) = guarded(Picky(FileNotFoundError(errno.ENOENT, "no such file"), (1,)), PROPOSALS[1:2], STREAMS)
    assert failure.kind == "exception"
