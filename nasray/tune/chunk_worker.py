"""What a Tune trial is here: a worker that does order after order, each of them one Tune result."""

import pickle
import platform
import tempfile
import traceback
from pathlib import Path
from typing import Any

import orjson
import ray
from ray import tune
from ray.cloudpickle.cloudpickle_fast import dumps

from nasray import __version__
from nasray.core.errors import NasrayError, require
from nasray.core.evaluator import Evaluator
from nasray.core.executor import EvaluatorFactory
from nasray.core.measurement import Failure, Result, result_to_json
from nasray.core.proposal import Proposal
from nasray.search.guard import guarded
from nasray.tune.order import Order, Work
from nasray.tune.shift import Shift
from nasray.tune.watchdog import Watchdog

ORDER, ANSWER, ERROR, USER_ERROR = "order", "answer", "error", "user_error"
"""Keys of a Tune result: number of an order, and its answer; what ends the search, or a NasrayError's message."""


class ChunkWorker(tune.Trainable):
    """Builds its evaluator once a search and does one order a step.

    The answer to proposals is their results as JSON; to something to call, what it returned, pickled, or None where it
    took a worker down: it is not tried again.
    """

    def setup(self, config: dict[str, Any], desk: Any = None) -> None:
        """Keep what the steps need; Tune calls it once a process.

        Args:
            config: Not used: a trial has nothing of its own.
            desk: Handle of the Desk.
        """
        self._desk, self._shift_number = desk, 0
        self._evaluator: Evaluator | None = None
        self._finished: int | None = None
        self._watchdog = Watchdog(Path(tempfile.gettempdir()) / f"nasray-{desk._actor_id.hex()}-{self.trial_id}")

    def step(self) -> dict[str, Any]:
        """Take an order from the desk, waiting for one if need be; do it; report it."""
        try:
            taken = ray.get(self._desk.take.remote(self.trial_id, self._finished))
            if taken is None:
                return {"done": True}
            order, deaths = taken
            self._finished = order.number
            return {ORDER: order.number, ANSWER: self._answer(order, deaths)}
        except NasrayError as error:
            return {USER_ERROR: str(error)}
        except Exception:  # noqa: BLE001 - reported to the driver, which ends the search; Tune would retry for ever
            return {ERROR: f"a worker could not do its work:\n{traceback.format_exc()}"}

    def _answer(self, order: Order, deaths: int) -> bytes | None:
        work: Work = pickle.loads(order.work)
        if not callable(work):
            self._enter(order.shift)
            return orjson.dumps([result_to_json(result) for result in self._evaluated(order, work, deaths)])
        self._evaluator = None  # the search is over, and what is called may need the room
        if deaths:
            return None
        with self._watchdog.watching("", order.seconds):
            return dumps(work())

    def _enter(self, shift: int) -> None:
        """Work for the search of this shift."""
        if shift != self._shift_number:
            self._shift: Shift = pickle.loads(ray.get(self._desk.shift.remote()))
            self._shift_number, self._evaluator = shift, None

    def _evaluated(self, order: Order, proposals: tuple[Proposal, ...], deaths: int) -> list[Result]:
        """All at once; one by one when the chunk has taken a worker down before, to spare the innocent."""
        if self._evaluator is None:
            self._evaluator = self._built()
        if deaths:
            return [self._suspected(self._evaluator, proposal, order) for proposal in proposals]
        mark = self._mark(proposals[0]) if len(proposals) == 1 else ""
        with self._watchdog.watching(mark, order.seconds):
            return guarded(self._evaluator, proposals, self._shift.streams)

    def _built(self) -> Evaluator:
        """The evaluator; building it may take a worker down as well: data or a network that does not fit."""
        require(
            self._shift.version == __version__,
            f"a worker on {ray.util.get_node_ip_address()} runs nasray {__version__}, but its search is nasray "
            f"{self._shift.version}; they must be equal: install the search's version on every node",
        )
        before: Any = ray.get(self._desk.suspect.remote(self.trial_id))
        if before >= self._shift.max_attempts:
            raise NasrayError(
                f"{before} workers died while they built the evaluator (killed, out of memory, or crashed), as many as "
                "max_attempts allows; give a worker more room (fewer executor.workers), or correct the evaluator"
            )
        factory: EvaluatorFactory = pickle.loads(self._shift.factory)  # imports what it needs, which can be deadly, too
        evaluator = factory()
        self._desk.clear.remote(self.trial_id)
        return evaluator

    def _suspected(self, evaluator: Evaluator, proposal: Proposal, order: Order) -> Result:
        """Evaluate a candidate that may be the one that kills workers, unless it is known to be."""
        mark = self._mark(proposal)
        if mark == self._watchdog.stuck_mark:
            message = f"took longer than {order.limit_seconds} s"
            return Failure("timeout", message, self._watchdog.stack, host=platform.node())
        before: Any = ray.get(self._desk.suspect.remote(mark))
        alone = order.candidates == 1
        deaths = before + alone  # in company it is not known whose death it was
        if deaths >= self._shift.max_attempts:
            message = f"{deaths} workers died on it: killed, out of memory, or crashed"
            return Failure("worker_died", message, host=platform.node())
        with self._watchdog.watching(mark, order.limit_seconds):
            result = guarded(evaluator, [proposal], self._shift.streams)[0]
        self._desk.clear.remote(mark)
        return result

    def _mark(self, proposal: Proposal) -> str:
        """A candidate's name among those of all searches that a crew works for."""
        return f"{self._shift_number}/{proposal.slot}"
