"""What a Tune trial is here: a worker that evaluates chunk after chunk, each of them one Tune result."""

import faulthandler
import tempfile
import traceback
from pathlib import Path
from typing import Any

import orjson
import ray
from ray import tune

from nasray.core.errors import NasrayError
from nasray.core.evaluator import Evaluator
from nasray.core.executor import Chunk, EvaluatorFactory
from nasray.core.measurement import Failure, Result, result_to_json
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.guard import guarded

CHUNK, RESULTS, ERROR, USER_ERROR = "chunk", "results", "error", "user_error"
"""Keys of a Tune result: chunk number; results as JSON; a traceback that ends the search; a NasrayError's message."""


class ChunkWorker(tune.Trainable):
    """Builds its evaluator once and reports one chunk a step."""

    def setup(
        self,
        config: dict[str, Any],
        factory: EvaluatorFactory | None = None,
        streams: Streams | None = None,
        desk: Any = None,
        time_limit_seconds: float | None = None,
        max_attempts: int = 1,
    ) -> None:
        """Keep what the steps need; Tune calls it once a process.

        Args:
            config: Not used: a trial has nothing of its own.
            factory: Builds the evaluator.
            streams: The evaluator's randomness.
            desk: Handle of the Desk.
            time_limit_seconds: A candidate that takes longer loses its worker; None for no limit.
            max_attempts: How often a chunk may lose its worker before it is given up.
        """
        assert factory is not None
        assert streams is not None
        self._factory, self._streams, self._desk = factory, streams, desk
        self._time_limit_seconds, self._max_attempts = time_limit_seconds, max_attempts
        self._evaluator: Evaluator | None = None
        self._finished: int | None = None

    def step(self) -> dict[str, Any]:
        """Take a chunk from the desk, waiting for one if need be; evaluate it; report it."""
        taken = ray.get(self._desk.take.remote(self.trial_id, self._finished))
        if taken is None:
            return {CHUNK: -1, "done": True}
        chunk, begun = taken
        self._finished = chunk.number
        try:
            results = self._evaluate(chunk, begun)
        except NasrayError as error:
            return {CHUNK: chunk.number, USER_ERROR: str(error)}
        except Exception:  # noqa: BLE001 - reported to the driver, which ends the search; Tune would retry for ever
            return {CHUNK: chunk.number, ERROR: traceback.format_exc()}
        return {CHUNK: chunk.number, RESULTS: orjson.dumps([result_to_json(result) for result in results])}

    def _evaluate(self, chunk: Chunk, begun: int) -> list[Result]:
        if begun >= self._max_attempts:
            return [self._given_up(proposal, begun) for proposal in chunk.proposals]
        if self._evaluator is None:
            self._evaluator = self._factory()
        if self._time_limit_seconds is None:
            return guarded(self._evaluator, chunk.proposals, self._streams)
        evaluator, limit = self._evaluator, self._time_limit_seconds
        return [self._watched(evaluator, proposal, limit) for proposal in chunk.proposals]

    def _watched(self, evaluator: Evaluator, proposal: Proposal, limit: float) -> Result:
        """Evaluate one candidate under a watchdog that ends this process when the time is up."""
        story = self._story(proposal)
        if story.exists():  # this worker's last process hung on it
            return self._given_up(proposal, 1)
        with story.open("w") as file:
            faulthandler.dump_traceback_later(limit, exit=True, file=file)
            try:
                return guarded(evaluator, [proposal], self._streams)[0]
            finally:
                faulthandler.cancel_dump_traceback_later()
                story.unlink()

    def _story(self, proposal: Proposal) -> Path:
        """Where the watchdog leaves the stack of a candidate that hangs."""
        return Path(tempfile.gettempdir()) / f"nasray-{self._desk._actor_id.hex()}-{self.trial_id}-{proposal.slot}"

    def _given_up(self, proposal: Proposal, begun: int) -> Failure:
        """The record of a candidate that took its worker down, with its last stack where this machine has it."""
        story = self._story(proposal)
        stack = story.read_text() if story.exists() else ""
        story.unlink(missing_ok=True)
        if stack:
            return Failure("timeout", f"took longer than {self._time_limit_seconds} s", stack)
        return Failure("worker_died", f"{begun} workers died on it: killed, out of memory, or crashed", stack)
