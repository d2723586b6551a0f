"""TEST after a search, where the machinery that carries it breaks."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nasray.app.finale import _tested, score
from nasray.core.architecture import Architecture
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


class Deadly:
    """A worker dies of every job that ``kills`` names, and takes with it what was sent along."""

    def __init__(self, kills: Callable[[Proposal], bool]) -> None:
        self.kills = kills

    def call(self, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> list[Any]:
        if any(self.kills(proposal) for _, proposal, _ in jobs):
            raise ConnectionError("the worker died")
        return [function(*job) for job in jobs]


def composed(sample: Callable[[np.random.Generator], Architecture]) -> Any:
    return SimpleNamespace(
        config=SimpleNamespace(seed=0, controls=3),
        space=SimpleNamespace(sample=sample),
        factory=Constant,
        describe=lambda architecture: architecture.key,
    )


def drawn(rng: np.random.Generator) -> Architecture:
    return Architecture((int(rng.integers(100)),))


def test_a_control_that_kills_its_worker_is_left_out_alone() -> None:
    executor: Any = Deadly(lambda proposal: proposal.operation == "control" and proposal.slot == 1)
    found = _tested(composed(drawn), WINNER, executor)["test"]
    assert (found["best"], found["controls"], found["control_valid"]) == (0.25, [0.25] * 2, [0.5] * 2)
    assert (len(found["control_texts"]), found["controls_failed"]) == (2, 1)


def test_a_winner_that_kills_its_worker_has_no_test() -> None:
    executor: Any = Deadly(lambda proposal: proposal is WINNER)
    assert _tested(composed(drawn), WINNER, executor) == {
        "test": None,
        "test_failure": "ConnectionError: the worker died",
    }


def test_controls_that_cannot_be_drawn_end_in_a_message() -> None:
    def broken(rng: np.random.Generator) -> Architecture:
        raise LookupError("empty space")

    executor: Any = Deadly(lambda _: False)
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
