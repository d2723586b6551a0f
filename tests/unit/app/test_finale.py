"""TEST after a search, where the machinery that carries it breaks."""

import errno
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nasray.app.finale import _tested, score
from nasray.core.architecture import Architecture
from nasray.core.errors import JobLost, RecordError
from nasray.core.measurement import Measurement, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams

WINNER = Proposal(7, Architecture((0,)), "mutate")


class Constant:
    """Everything is worth 0.5 on VALID and 0.25 on TEST."""

    def evaluate(self, proposals: Sequence[Proposal], streams: Streams) -> list[Measurement]:
        return [Measurement(0.5) for _ in proposals]

    def test(self, proposal: Proposal, streams: Streams) -> TestScore:
        return TestScore(0.25)


def nth_control(n: int) -> Callable[[Proposal], bool]:
    return lambda proposal: proposal.operation == "control" and proposal.slot == n


class Deadly:
    """Jobs that ``kills`` names have ``error`` in place of an answer, in the first calls."""

    def __init__(self, kills: Callable[[Proposal], bool], times: int, error: Exception | None = None) -> None:
        self.kills, self.times, self.calls = kills, times, list[list[int]]()
        self.error = error or JobLost("the worker died")

    def call(self, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> list[Any]:
        self.calls.append([proposal.slot for _, proposal, _ in jobs])
        lost = [self.kills(proposal) and len(self.calls) <= self.times for _, proposal, _ in jobs]
        return [self.error if one else function(*job) for one, job in zip(lost, jobs, strict=True)]


def composed(sample: Callable[[np.random.Generator], Architecture]) -> Any:
    return SimpleNamespace(
        config=SimpleNamespace(seed=0, controls=3),
        space=SimpleNamespace(sample=sample),
        factory=Constant,
        describe=lambda architecture: architecture.key,
    )


def drawn(rng: np.random.Generator) -> Architecture:
    return Architecture((int(rng.integers(100)),))


@pytest.mark.parametrize("error", [JobLost("the worker died"), RuntimeError("Ray Tune has ended")])
def test_what_was_lost_is_done_again_and_nothing_else(error: Exception) -> None:
    executor: Any = Deadly(nth_control(1), 1, error)
    found = _tested(composed(drawn), WINNER, executor)["test"]
    assert (found["best"], found["controls"], found["controls_failed"]) == (0.25, [0.25] * 3, 0)
    assert executor.calls == [[7, 0, 1, 2], [1]]


def test_a_control_that_kills_its_worker_again_is_left_out_alone() -> None:
    executor: Any = Deadly(nth_control(1), 2)
    found = _tested(composed(drawn), WINNER, executor)["test"]
    assert (found["best"], found["controls"], found["control_valid"]) == (0.25, [0.25] * 2, [0.5] * 2)
    assert (len(found["control_texts"]), found["controls_failed"]) == (2, 1)
    assert executor.calls == [[7, 0, 1, 2], [1]]


def test_a_winner_that_is_lost_again_leaves_the_run_to_be_resumed() -> None:
    executor: Any = Deadly(lambda proposal: proposal is WINNER, 2)
    with pytest.raises(JobLost, match="the worker died"):
        _tested(composed(drawn), WINNER, executor)
    assert executor.calls == [[7, 0, 1, 2], [7]]


@pytest.mark.parametrize("kills", [nth_control(1), lambda _: True])
def test_machinery_that_fails_again_leaves_the_run_to_be_resumed(kills: Callable[[Proposal], bool]) -> None:
    executor: Any = Deadly(kills, 2, RuntimeError("Ray Tune has ended"))
    with pytest.raises(RuntimeError, match="Ray Tune has ended"):
        _tested(composed(drawn), WINNER, executor)


def test_controls_that_cannot_be_drawn_end_in_a_message() -> None:
    def broken(rng: np.random.Generator) -> Architecture:
        raise LookupError("empty space")

    executor: Any = Deadly(lambda _: False, 0)
    found = _tested(composed(broken), WINNER, executor)
    assert found == {"test": None, "test_failure": "LookupError: empty space"}


@pytest.mark.parametrize(("operation", "valid"), [("control", Measurement(0.5)), ("mutate", None)])
def test_valid_is_measured_for_controls_only(operation: str, valid: Measurement | None) -> None:
    job = Proposal(0, Architecture((0,)), operation)
    assert score(Constant, job, Streams(0, "evaluator")) == (valid, TestScore(0.25))


def test_an_evaluator_that_cannot_be_built_is_a_message() -> None:
    def broken() -> None:
        raise ValueError("half a character: \udc80")

    told = score(broken, WINNER, Streams(0, "evaluator"))
    assert told == "ValueError: half a character: \\udc80"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ESTALE, "Stale file handle", "images.npy"), r"images.npy cannot be used on .* \(Stale file"),
        (RecordError("the store cannot write"), "the store cannot write"),
    ],
)
def test_a_machine_that_refuses_is_not_recorded_as_a_test_that_failed(error: Exception, message: str) -> None:
    def broken() -> None:
        raise error

    there = composed(drawn)
    there.factory = broken
    executor: Any = Deadly(lambda _: False, 0)
    with pytest.raises(RecordError, match=message):
        _tested(there, WINNER, executor)
    assert executor.calls == [[7, 0, 1, 2], [7]]
