"""Workers on a Ray cluster that evaluate for one search after the other: the trials of one Tune run."""

import os
import shutil
import socket
import tempfile
import threading
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

import ray
from ray import tune
from ray.cloudpickle.cloudpickle_fast import dumps
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from nasray.core.errors import NasrayError
from nasray.tune.chunk_worker import ANSWER, ERROR, ORDER, USER_ERROR, ChunkWorker
from nasray.tune.desk import NAMESPACE, Desk
from nasray.tune.order import Order, Work
from nasray.tune.relay import Relay
from nasray.tune.shift import Shift
from nasray.tune.worker_watch import WorkerWatch

_SETTINGS = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # five files a trial, of no use here
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",  # Tune's state is scratch, and writing it grows with every trial
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",  # the relay says it in one line
    "RAY_AIR_NEW_OUTPUT": "0",  # its reporter runs a thread; nasray reports progress itself
}


_CALLS_OF_OTHERS = 1000
"""Of a desk at once, by all but waiting workers."""


class Crew:
    """Tune runs in a thread of its own; a search stays in the thread that began it, and takes report after report.

    Args:
        size: How many workers.
        resources: Ray resources that each of them holds, e.g. ``{"CPU": 1.0, "GPU": 0.0}``.
    """

    def __init__(self, size: int, resources: Mapping[str, float]) -> None:
        """Start Tune."""
        self._reports: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._numbers, self._shift = count(), 0
        self._desk = _desk(size)
        self._relay = Relay(self._desk, self._reports, WorkerWatch(self._desk, resources))
        self._thread = threading.Thread(target=self._run, args=(size, resources), name="nasray-tune", daemon=True)
        self._thread.start()

    def begin(self, shift: Shift) -> None:
        """Work for another search; what was ordered before is done."""
        self._shift += 1
        self._desk.begin.remote(dumps(shift))

    def order(
        self, works: Sequence[tuple[Work, int]], limit_seconds: float | None, delivered: int | None = None
    ) -> list[int]:
        """Have work done; the numbers of the orders.

        Args:
            works: Pieces of work, and how many candidates' time each may take.
            limit_seconds: Longest time for one candidate; None for no limit.
            delivered: The order that was reported last, if any.
        """
        packed = [(n, limit_seconds, dumps(work)) for work, n in works]
        orders = [Order(next(self._numbers), self._shift, *one) for one in packed]
        self._desk.put.remote(orders, delivered)
        return [one.number for one in orders]

    def report(self) -> tuple[int, Any]:
        """Wait for the next one: the number of an order, perhaps of one that was reported before, and its answer.

        Raises:
            NasrayError: A worker was refused something by the evaluator, or by its settings.
            RuntimeError: A worker could not do its work, or Tune ended.
        """
        while True:
            result = self._reports.get()
            if USER_ERROR in result:
                raise NasrayError(result[USER_ERROR])
            if ERROR in result:
                raise RuntimeError(result[ERROR])
            if ORDER in result:
                return result[ORDER], result.pop(ANSWER)

    def dismiss(self) -> None:
        """End the workers and Tune."""
        self._desk.close.remote()
        self._relay.end()
        self._thread.join()
        ray.kill(self._desk)

    def _run(self, size: int, resources: Mapping[str, float]) -> None:
        """Tune, until the crew is dismissed."""
        scratch = Path(tempfile.mkdtemp(prefix="nasray-tune-"))
        worker = tune.with_parameters(ChunkWorker, desk=self._desk)
        try:
            with _environment(_SETTINGS):
                tune.Tuner(
                    tune.with_resources(worker, {kind.lower(): amount for kind, amount in resources.items()}),
                    tune_config=tune.TuneConfig(num_samples=size, scheduler=self._relay),
                    run_config=tune.RunConfig(
                        storage_path=str(scratch),
                        name="scratch",
                        verbose=0,
                        checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                        failure_config=tune.FailureConfig(max_failures=-1),  # the desk counts attempts
                    ),
                ).fit()
        except RuntimeError:  # Tune's summary cannot be made of trials that were dismissed before they began
            if not self._relay.over:
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            self._reports.put({ERROR: "Ray Tune has ended; what it said is above"})


def _desk(size: int) -> Any:
    """A new Desk beside this process: elsewhere it could die with a node of workers.

    Every worker that has nothing to do waits in a call, and so does the last one of each that died: more than Ray's
    thousand would leave no room for the call that brings new orders.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    settings = {"scheduling_strategy": here, "name": name, "namespace": NAMESPACE}
    return cast(Any, Desk).options(**settings, max_concurrency=2 * size + _CALLS_OF_OTHERS).remote()


@contextmanager
def _environment(settings: dict[str, str]) -> Generator[None]:
    """Tune reads some of its settings from the environment only; put them back afterwards."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
