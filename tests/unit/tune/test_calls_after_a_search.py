"""One answer or one error a job, whatever becomes of the crew."""

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from nasray.core.errors import JobLost, NasrayError


class Crew:
    """Reports what is written down."""

    def __init__(self, *reports: tuple[int, bytes | None] | Exception) -> None:
        self.reports, self.delivered = list(reports), list[int | None]()

    def order(self, works: Sequence[Any], limit: float | None, delivered: int | None = None) -> list[int]:
        self.delivered.append(delivered)
        return list(range(10, 10 + len(works)))

    def report(self) -> tuple[int, bytes | None]:
        report = self.reports.pop(0)
        if isinstance(report, Exception):
            raise report
        return report


@pytest.fixture
def answers(executor_with) -> Callable[..., Sequence[Any]]:
    """What three calls of a crew came to."""
    return lambda crew, limit=None: executor_with(crew, time_limit_seconds=limit).call(len, [("",)] * 3)


A, B, C = map(pickle.dumps, "abc")


def test_answers_come_in_the_order_of_their_jobs_and_count_once(answers):
    crew = Crew((12, C), (7, A), (12, A), (10, A), (11, B))
    assert answers(crew) == ["a", "b", "c"]
    assert crew.delivered == [None, 12, 7, 12, 10, 11]


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        (None, "killed, out of memory, crashed; the search itself is complete and kept: `nasray resume` does"),
        (60.0, r"crashed, or it took longer than 10 x executor.time_limit_seconds \(60\); the search itself"),
    ],
)
def test_a_lost_job_costs_no_other_one_its_answer(answers, limit: float | None, why: str):
    first, lost, last = answers(Crew((10, A), (11, None), (12, C)), limit)
    assert (first, last) == ("a", "c")
    with pytest.raises(JobLost, match=why):
        raise lost


@pytest.mark.parametrize("error", [RuntimeError("Ray Tune has ended"), NasrayError("a worker was refused")])
def test_what_ends_the_crew_is_the_answer_to_what_is_not_done(answers, error: Exception):
    assert answers(Crew((11, B), error)) == [error, "b", error]
