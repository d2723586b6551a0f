"""Tune's side of a crew: a Tune scheduler that passes on what the workers report, and looks after them."""

from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ray import cloudpickle
from ray.exceptions import RayTaskError
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

from nasray.tune.chunk_worker import ERROR
from nasray.tune.worker_watch import WorkerWatch, say

_MOST_CHARACTERS = 300
"""Of Ray's account of a death: of one for want of memory it is a page."""

_MOST_DEATHS = 20
"""Of each worker, on average, since anything was reported: what dies before it takes an order is not counted there."""


class Relay(FIFOScheduler):
    """Called by Tune, in its thread.

    Args:
        desk: Handle of the Desk.
        reports: Where reports go.
        watch: Looks after the workers.

    Attributes:
        over: Whether Tune was told to end.
    """

    def __init__(self, desk: Any, reports: "SimpleQueue[dict[str, Any]]", watch: WorkerWatch) -> None:
        """Wait for Tune to begin."""
        super().__init__()
        self._desk, self._reports, self._watch = desk, reports, watch
        self._deaths = 0
        self.over = False

    def end(self) -> None:
        """Let Tune's loop come to its end, also while trials wait for resources."""
        self.over = True

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """Look after the workers: Tune asks this in every round of its loop, also while nothing comes."""
        if self.over:
            for trial in tune_controller.get_trials():
                tune_controller.stop_trial(trial)
            return None
        self._watch.look(tune_controller.get_trials())
        return super().choose_trial_to_run(tune_controller)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        """Pass it on."""
        self._deaths = 0
        self._reports.put(result)
        return self.CONTINUE

    def on_trial_error(self, tune_controller: Any, trial: Trial) -> None:
        """Tell the desk that a worker died; and the driver when it could not even be set up, or Tune would go on so."""
        self._desk.bury.remote(trial.trial_id)
        file = trial.pickled_error_file
        error = cloudpickle.loads(Path(file).read_bytes()) if file else None
        if isinstance(error, RayTaskError) or getattr(error, "actor_init_failed", False):
            self._reports.put({ERROR: f"a worker could not be set up:\n{error}"})
        else:
            why = " ".join(str(error).split())[:_MOST_CHARACTERS]
            self._deaths += 1
            if self._deaths > _MOST_DEATHS * len(tune_controller.get_trials()):
                self._reports.put({ERROR: f"{self._deaths} workers died and none brought anything; the last: {why}"})
                return
            say(f"worker {trial.trial_id} died, and another takes its place: {why}")

    def __getstate__(self) -> dict[str, Any]:
        """Nothing: Tune saves its scheduler, but Tune's state is scratch and the journal is the truth."""
        return {}
