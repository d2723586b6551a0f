"""One answer or one error a job, whatever becomes of the crew."""

import pickle
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from nasray.core.errors import JobLost, NasrayError
from nasray.tune.tune_executor import TuneExecutor


class Crew:
    """Reports what is written down; itself the KeptCrew that has it."""

    def __init__(self, *reports: tuple[int, bytes | None] | Exception) -> None:
        self.reports, self.delivered = list(reports), list[int | None]()

    @contextmanager
    def at_work(self, size: int, resources: dict[str, float]) -> Generator["Crew"]:
        yield self

    def order(self, works: Sequence[Any], limit: float | None, delivered: int | None = None) -> list[int]:
        self.delivered.append(delivered)
        return list(range(10, 10 + len(works)))

    def report(self) -> tuple[int, bytes | None]:
        report = self.reports.pop(0)
        if isinstance(report, Exception):
            raise report
        return report


def answers(crew: Any, time_limit_seconds: float | None = None) -> Sequence[Any]:
    executor = TuneExecutor(
        workers=1,
        cpus_per_worker=1.0,
        gpus_per_worker=0.0,
        time_limit_seconds=time_limit_seconds,
        max_attempts=1,
        chunk_size=1,
        evaluator_chunk_size=1,
        width=1,
        crew=crew,
    )
    return executor.call(len, [("",)] * 3)


A, B, C = map(pickle.dumps, "abc")


def test_answers_come_in_the_order_of_their_jobs_and_count_once():
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
def test_a_lost_job_costs_no_other_one_its_answer(limit: float | None, why: str):
    first, lost, last = answers(Crew((10, A), (11, None), (12, C)), limit)
    assert (first, last) == ("a", "c")
    with pytest.raises(JobLost, match=why):
        raise lost


@pytest.mark.parametrize("error", [RuntimeError("Ray Tune has ended"), NasrayError("a worker was refused")])
def test_what_ends_the_crew_is_the_answer_to_what_is_not_done(error: Exception):
    assert answers(Crew((11, B), error)) == [error, "b", error]
