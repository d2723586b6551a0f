"""What a Tune trial is here: a worker that evaluates chunk after chunk, each of them one Tune result."""

import tempfile
import traceback
from pathlib import Path
from typing import Any

import orjson
import ray
from ray import tune

from nasray import __version__
from nasray.core.errors import NasrayError, require
from nasray.core.evaluator import Evaluator
from nasray.core.executor import Chunk, EvaluatorFactory
from nasray.core.measurement import Failure, Result, result_to_json
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.guard import guarded
from nasray.tune.watchdog import Watchdog

NO_CHUNK = -1
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
        version: str = "",
    ) -> None:
        """Keep what the steps need; Tune calls it once a process.

        Args:
            config: Not used: a trial has nothing of its own.
            factory: Builds the evaluator.
            streams: The evaluator's randomness.
            desk: Handle of the Desk.
            time_limit_seconds: A candidate that takes longer loses its worker; None for no limit.
            max_attempts: How many workers a candidate may take down before it is given up.
            version: Of the search's nasray.
        """
        assert factory is not None
        assert streams is not None
        self._factory, self._streams, self._desk = factory, streams, desk
        self._max_attempts, self._version = max_attempts, version
        self._evaluator: Evaluator | None = None
        self._finished: int | None = None
        note = Path(tempfile.gettempdir()) / f"nasray-{desk._actor_id.hex()}-{self.trial_id}"
        self._watchdog = Watchdog(note, time_limit_seconds)

    def step(self) -> dict[str, Any]:
        """Take a chunk from the desk, waiting for one if need be; evaluate it; report it."""
        try:
            taken = ray.get(self._desk.take.remote(self.trial_id, self._finished))
            if taken is None:
                return {CHUNK: NO_CHUNK, "done": True}
            chunk, deaths = taken
            self._finished = chunk.number
            results = self._evaluate(chunk, deaths)
        except NasrayError as error:
            return {CHUNK: NO_CHUNK, USER_ERROR: str(error)}
        except Exception:  # noqa: BLE001 - reported to the driver, which ends the search; Tune would retry for ever
            return {CHUNK: NO_CHUNK, ERROR: traceback.format_exc()}
        return {CHUNK: chunk.number, RESULTS: orjson.dumps([result_to_json(result) for result in results])}

    def _evaluate(self, chunk: Chunk, deaths: int) -> list[Result]:
        """All at once; one by one when the chunk has taken a worker down before, to spare the innocent."""
        if self._evaluator is None:
            self._evaluator = self._built()
        if deaths:
            return [self._suspected(self._evaluator, proposal) for proposal in chunk.proposals]
        slot = chunk.proposals[0].slot if len(chunk.proposals) == 1 else -1
        with self._watchdog.watching(slot, len(chunk.proposals)):
            return guarded(self._evaluator, chunk.proposals, self._streams)

    def _built(self) -> Evaluator:
        """The evaluator; building it may take a worker down as well: data or a network that does not fit."""
        require(
            self._version == __version__,
            f"a worker on {ray.util.get_node_ip_address()} runs nasray {__version__}, but its search is nasray "
            f"{self._version}; they must be equal: install the search's version on every node",
        )
        before: Any = ray.get(self._desk.suspect.remote(self.trial_id))
        if before >= self._max_attempts:
            raise NasrayError(
                f"{before} workers died while they built the evaluator (killed, out of memory, or crashed), as many as "
                "max_attempts allows; give a worker more room (fewer executor.workers), or correct the evaluator"
            )
        evaluator = self._factory()
        self._desk.clear.remote(self.trial_id)
        return evaluator

    def _suspected(self, evaluator: Evaluator, proposal: Proposal) -> Result:
        """Evaluate a candidate that may be the one that kills workers, unless it is known to be."""
        if proposal.slot == self._watchdog.stuck_slot:
            return Failure("timeout", f"took longer than {self._watchdog.limit_seconds} s", self._watchdog.stack)
        before: Any = ray.get(self._desk.suspect.remote(proposal.slot))
        deaths = 1 + before
        if deaths >= self._max_attempts:
            return Failure("worker_died", f"{deaths} workers died on it: killed, out of memory, or crashed")
        with self._watchdog.watching(proposal.slot, 1):
            result = guarded(evaluator, [proposal], self._streams)[0]
        self._desk.clear.remote(proposal.slot)
        return result
