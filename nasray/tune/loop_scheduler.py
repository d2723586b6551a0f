"""Tune's side of the one loop: a Tune scheduler that delivers each result and hands out what may be asked next."""

from pathlib import Path
from typing import Any

import orjson
from ray import cloudpickle
from ray.exceptions import RayTaskError
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

from nasray.core.errors import NasrayError
from nasray.core.executor import Chunk, Workload
from nasray.core.measurement import result_from_json
from nasray.tune.chunk_worker import CHUNK, ERROR, RESULTS, USER_ERROR


class LoopScheduler(FIFOScheduler):
    """Runs inside Tune's event loop, in the driver.

    Args:
        work: The one loop.
        desk: Handle of the Desk.
        limit: Most proposals in a chunk.
    """

    def __init__(self, work: Workload, desk: Any, limit: int) -> None:
        """Hand out the first chunks."""
        super().__init__()
        self.error: BaseException | None = None
        self._work, self._desk, self._limit = work, desk, limit
        self._open: dict[int, Chunk] = {}
        self._hand_out(None)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Deliver a chunk; end everything when the search is finished or cannot go on."""
        if self.error is None:
            try:
                self._deliver(result)
            except BaseException as error:  # noqa: BLE001 - Tune would wrap it: raised again by the executor
                self.error = error
        if self.error is not None or self._work.finished:
            self._desk.close.remote()
            return self.STOP
        return self.CONTINUE

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """Tell the desk that a worker died; end everything when it could not even be set up, or Tune would go on so."""
        self._desk.bury.remote(trial.trial_id)
        file = trial.pickled_error_file
        error = cloudpickle.loads(Path(file).read_bytes()) if file else None
        if isinstance(error, RayTaskError) or getattr(error, "actor_init_failed", False):
            self.error = self.error or RuntimeError(f"a worker could not be set up:\n{error}")
            self._desk.close.remote()
            tune_controller.request_stop_experiment()

    def _deliver(self, result: dict[str, Any]) -> None:
        if USER_ERROR in result:
            raise NasrayError(result[USER_ERROR])
        if ERROR in result:
            raise RuntimeError(f"a worker could not evaluate:\n{result[ERROR]}")
        chunk = self._open.pop(result[CHUNK], None)
        if chunk is not None:
            self._work.deliver(chunk, [result_from_json(data) for data in orjson.loads(result.pop(RESULTS))])
            self._hand_out(chunk.number)

    def _hand_out(self, delivered: int | None) -> None:
        chunks: list[Chunk] = []
        while (chunk := self._work.take(self._limit)) is not None:
            self._open[chunk.number] = chunk
            chunks.append(chunk)
        self._desk.put.remote(chunks, delivered)

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune saves its scheduler, but Tune's state is scratch and the journal is the truth."""
        return {}
