"""Who carries proposals to evaluators."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from nasray.core.evaluator import Evaluator
from nasray.core.measurement import Result
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams

Answer = TypeVar("Answer")


class Chunk(NamedTuple):
    """The unit of work: proposals that one worker evaluates in one go."""

    number: int
    proposals: tuple[Proposal, ...]


class Workload(Protocol):
    """What the one loop offers an executor: work to take, a place to deliver."""

    @property
    def finished(self) -> bool:
        """Whether everything that will ever be asked has been delivered."""
        ...

    def take(self, limit: int) -> Chunk | None:
        """Up to ``limit`` proposals, or None when nothing can be handed out until something is delivered."""
        ...

    def deliver(self, chunk: Chunk, results: Sequence[Result]) -> None:
        """One result a proposal, in the chunk's order. Chunks may be delivered in any order, each exactly once."""
        ...


EvaluatorFactory = Callable[[], Evaluator]
"""Builds an evaluator in the process that will use it; picklable."""


class Executor(Protocol):
    """Runs a workload to its end: on Ray Tune, or on a virtual clock."""

    def run(self, work: Workload, factory: EvaluatorFactory, streams: Streams) -> None:
        """Take, evaluate and deliver until ``work.finished``. Never asks twice for the same chunk's result."""
        ...

    def call(self, function: Callable[..., Answer], jobs: Sequence[tuple[Any, ...]]) -> Sequence[Answer | Exception]:
        """``function(*job)`` for every job, in order, where and with what evaluators run. Used after a search.

        Where a job could not be done, the error is in the place of its answer, and the others have theirs: ``JobLost``
        where its process was lost, another one where the machinery ended before it.
        """
        ...
