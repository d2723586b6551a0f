"""How much of a search a worker is given at once."""

import pickle
from typing import Any

import orjson
import pytest

from nasray.core.architecture import Architecture
from nasray.core.executor import Chunk
from nasray.core.measurement import Failure, result_to_json
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams


class Slots:
    """A workload of eight open slots."""

    def __init__(self) -> None:
        self.left = [Proposal(slot, Architecture((slot,))) for slot in range(8)]
        self.delivered: list[int] = []

    @property
    def finished(self) -> bool:
        return len(self.delivered) == 8

    def take(self, limit: int) -> Chunk | None:
        taken, self.left = tuple(self.left[:limit]), self.left[limit:]
        return Chunk(taken[0].slot, taken) if taken else None

    def deliver(self, chunk: Chunk, results: list[Any]) -> None:
        assert len(results) == len(chunk.proposals)
        self.delivered += [one.slot for one in chunk.proposals]


class Hands:
    """A crew that fails everything at once."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.answers: list[tuple[int, bytes]] = []

    def begin(self, shift: Any) -> None:
        assert pickle.loads(shift.factory) is str

    def order(self, works: list[tuple[Any, int]], limit_seconds: float, delivered: int | None) -> list[int]:
        assert limit_seconds == 5.0
        for proposals, n in works:
            assert len(proposals) == n
            self.sizes.append(n)
            answer = orjson.dumps([result_to_json(Failure("exception", "no"))] * n)
            self.answers.append((len(self.sizes), answer))
        return [number for number, _ in self.answers[len(self.answers) - len(works) :]]

    def report(self) -> tuple[int, bytes]:
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("chunk_size", "evaluator_chunk_size", "workers", "sizes"),
    [
        (512, 1, 1, [1] * 8),  # trained one by one, however few the workers
        (512, 512, 1, [4, 4]),  # half a worker's share
        (512, 512, 2, [2] * 4),
        (3, 512, 1, [3, 3, 2]),
        (512, 512, 8, [1] * 8),
    ],
)
def test_chunks_are_as_large_as_settings_evaluator_and_width_allow(
    executor_with, chunk_size, evaluator_chunk_size, workers, sizes
):
    hands, slots, factory = Hands(), Slots(), str
    sizing = {"chunk_size": chunk_size, "evaluator_chunk_size": evaluator_chunk_size, "width": 8, "workers": workers}
    executor = executor_with(hands, time_limit_seconds=5.0, **sizing)
    executor.run(slots, factory, Streams(0, "evaluator"))
    assert hands.sizes == sizes
    assert sorted(slots.delivered) == list(range(8))
